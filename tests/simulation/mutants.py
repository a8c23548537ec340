"""Faults planted into the platform, each by one patch: the simulator must find every one."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from unittest.mock import patch

from boto3.dynamodb.conditions import Attr

from chalicelib import log
from chalicelib.buyback import actions as buyback
from chalicelib.buyback import model as lots
from chalicelib.buyback.items import RunSums
from chalicelib.campaigns import queries as campaigns
from chalicelib.cancellation import actions as cancellation
from chalicelib.departures import model as leaving
from chalicelib.disputes import actions as disputes
from chalicelib.disputes import reactions as resolving
from chalicelib.disputes import rulings
from chalicelib.draws import model as draws
from chalicelib.edge import endpoints, events
from chalicelib.errors import Contended, Unavailable
from chalicelib.grants.items import Grant
from chalicelib.holds import actions as holds
from chalicelib.holds import refunds as hold_refunds
from chalicelib.holds import worker as expiry
from chalicelib.kernel import settle
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.record import Facts
from chalicelib.ledger import actions as ledger
from chalicelib.ledger import debts
from chalicelib.ledger import projection as statements
from chalicelib.ledger.model import Transfer
from chalicelib.mall import transfers
from chalicelib.mall.items import OfferTerms
from chalicelib.mall.offers import queries as offers
from chalicelib.mall.redemptions import actions as sales
from chalicelib.mall.redemptions import aftersales
from chalicelib.mall.tills import following, sizes, terms
from chalicelib.openness import projection as supply
from chalicelib.procedures import effects as procedures
from chalicelib.provenance import projection as provenance
from chalicelib.reductions import actions as reductions
from chalicelib.reductions import caps, reversal
from chalicelib.table.commit import commit
from chalicelib.table.write import present
from chalicelib.triggers import stream

ANYWAY = Attr("pk").exists() | Attr("pk").not_exists()
MALL = frozenset({"redeem", "fulfil", "refund", "order_refund", "cancel_order", "report"})
HOLDS = frozenset({"hold", "capture", "release", "refund_hold", "report"})
TRIPS = frozenset({"report", "judge", "reverse", "cancel_points"})
DRAWS = frozenset({"enter"})
CLAIMS = MALL | {"dispute", "answer_dispute", "rule", "order_refund"}
LEAVES = frozenset({"redeem", "leave", "terminate", "new_offer", "admit"})
REBINDS = frozenset({"rebind", "decide", "report", "reverse"})


@dataclass(frozen=True)
class Mutant:
    """``rules``: those that it breaks, any of them. ``operations``, ``focus``, ``steps``: where to look, and for how
    long. A third of all seeds should find it, because any change of the code makes other stories of them.
    """

    what: str
    plant: Callable[[], AbstractContextManager[Any]]
    rules: tuple[str, ...]
    operations: frozenset[str] = MALL
    seed: int = 0  # the first that is tried
    focus: str = ""
    steps: int = 3000


def around(module: Any, name: str, change: Callable[..., Any]) -> Callable[[], AbstractContextManager[Any]]:
    """Plant a function that gets the real one before its arguments."""
    real = getattr(module, name)

    @wraps(real)
    def changed(*args: Any, **options: Any) -> Any:
        return change(real, *args, **options)

    return lambda: patch.object(module, name, changed)


def _swallowing(*kinds: type[Exception]) -> Callable[..., Any]:
    def commit(real: Any, writes: Any) -> None:
        try:
            real(writes)
        except kinds:
            return

    return commit


def anyway(real: Any, *args: Any, **options: Any) -> Any:
    """The Write without its condition."""
    return replace(real(*args, **options), require=ANYWAY)


def _each_anyway(real: Any, *args: Any) -> Any:
    return tuple(replace(each, require=ANYWAY) for each in real(*args))


def _unconditional(real: Any, *args: Any, **options: Any) -> Any:
    return ANYWAY


def _no_floor(real: Any, *args: Any, **options: Any) -> Any:
    return replace(real(*args, **options), require=present())


def _short_postings(real: Any, *args: Any, **options: Any) -> Any:
    writes, facts = real(*args, **options)
    return writes, replace(facts, postings=facts.postings[:-1]) if len(facts.postings) > 1 else facts


def _any_price(real: Any, command: Any, terms: Any, name: str, price: int, hand: Any) -> Any:
    condition = real(command, terms, name, price, hand)
    return replace(condition, require=Attr("status").eq("on_shelf"))


def _late(real: Any, command: Any, hold: Any) -> Any:
    return real(command, replace(hold, expires_at="9999-01-01T00:00:00.000Z"))


@contextmanager
def _no_day() -> Iterator[None]:
    def count(real: Any, command: Any, grant: Any) -> Any:
        return replace(real(command, grant), require=ANYWAY)

    with patch.object(Grant, "used_on", lambda *_: 0), around(holds, "count", count)():
        yield


@contextmanager
def _own_debts() -> Iterator[None]:
    with (
        patch.object(debts, "repaying", lambda transfer, gains: transfer),
        patch.object(debts, "as_known", lambda _: []),
    ):
        yield


@contextmanager
def _counted_again() -> Iterator[None]:
    def put(real: Any, *args: Any, **options: Any) -> Any:
        return real(*args, **options, require=ANYWAY)

    with around(statements, "put", put)():
        yield


@contextmanager
def _half_supply() -> Iterator[None]:
    def less(records: Any) -> Any:
        return supply.supply(records[:1])

    rest = tuple(less if each is supply.supply else each for each in stream.PROJECTIONS)
    with patch.object(stream, "PROJECTIONS", rest):
        yield


def _record_again(real: Any, key: Any, noun: Any, **options: Any) -> Any:
    return real(key, noun, **options, require=ANYWAY)


def _talking(real: Any, model: Any, request: Any) -> Any:
    body = real(model, request)
    log.annotate(body=body.model_dump_json())
    return body


def _few_stripes(real: Any, id: str) -> Any:
    found = real(id)
    return dict(list(found.items())[:2])


PROVEN = "what moves stands in a Record"
ANSWER = "an answer is what was committed"
ONCE = "it happens once"
SUPPLY = "the supply is what the Records say"
NEGATIVE = "no balance is below zero"

MUTANTS: dict[str, Mutant] = {
    "sums: what a trip moved by itself is projected, too": Mutant(
        "projections add to an account what its trip has added",
        around(events, "load", lambda real, *a: replace(real(*a), summed=None)),
        ("totals are projected once", "grams by colour are the Records'"), TRIPS,
    ),
    "sums: what is filed is remembered for ever": Mutant(
        "accounts do not forget what is filed", lambda: patch.object(stream, "CLEARING", lambda _: []),
        ("statements are filed once",), TRIPS,
    ),
    "sums: what is on a page stays on its account": Mutant(
        "grams by colour stand on their account and beside it",
        around(provenance, "_folded", lambda real, account: real(account)[:1]),
        ("grams by colour are the Records'",), TRIPS,
    ),
    "commit: an unknown outcome counts as done": Mutant(
        "a time-out of a commit is taken for success", around(settle, "commit", _swallowing(Unavailable)),
        ("what is acknowledged is committed",), steps=20_000,
    ),
    "commit: a conflict counts as done": Mutant(
        "a cancelled transaction is taken for success", around(settle, "commit", _swallowing(Contended)),
        ("what is acknowledged is committed",), seed=1,
    ),
    "idempotency: a Record replaces another": Mutant(
        "a Record is put whether or not one stands", around(settle, "put", _record_again),
        ("a Record stands for ever",),
    ),
    "idempotency: a refusal asks for no Record": Mutant(
        "a refusal leaves before the Record is looked for",
        lambda: patch.object(settle, "_replayed", _raising), ("a key answers for ever",),
    ),
    "idempotency: a replay has another status": Mutant(
        "a replay answers 200",
        around(settle, "_stored", lambda real, *a: real(*a)._replace(status=200)), (ANSWER,),
    ),
    "floors: balances have none": Mutant(
        "a balance is not compared before it falls", around(ledger, "_balance", _no_floor), (NEGATIVE,)
    ),
    "log: a posting is left out": Mutant(
        "the Record lacks the last posting of its Transfer", around(sales, "post", _short_postings), (PROVEN,)
    ),
    "log: a line quotes the body": Mutant(
        "the request's line holds what the caller sent", around(endpoints, "_parse", _talking),
        ("logs hold nothing personal",), frozenset({"close"}),
    ),
    "tills: a sale at any price": Mutant(
        "the till does not compare its price", around(sales, "_at_till", _any_price), ("a price is the till's",),
        MALL | {"change_offer"},
    ),
    "tills: a change is answered before they follow": Mutant(
        "nobody waits for the tills", lambda: patch.object(following, "follow", lambda *_: True),
        ("what is answered is so at every till",), MALL | {"change_offer"},
    ),
    "tills: they follow whoever comes": Mutant(
        "a till does not compare the version", around(terms, "following", anyway),
        ("a till never goes back to earlier terms",), frozenset({"redeem", "change_offer", "report"}),
    ),
    "tills: units go without a Record": Mutant(
        "the Record of units that move lacks its posting",
        around(sizes, "post", lambda real, *a, **o: (real(*a, **o)[0], Facts())), (PROVEN,),
    ),
    "tills: a sale gives less": Mutant(
        "of several units one stays in the till",
        around(transfers, "sale", lambda real, person, offer, parts, price: replace(
            found := real(person, offer, parts, price),
            postings=tuple(p._replace(amount=p.amount - ("units" in p.asset) or 1) for p in found.postings),
        )),
        (ANSWER,),
    ),
    "limits: they are counted only": Mutant(
        "the count of a person is not compared", around(sales, "_within_limit", anyway), ("limits are by person",)
    ),
    "limits: a refund gives nothing back": Mutant(
        "the count of a person stays after a refund",
        lambda: patch.object(OfferTerms, "units", lambda self, quantity: {"units": max(0, quantity)}),
        ("limits are by person",),
    ),
    "caps: they are counted only": Mutant(
        "the sum of a day is not compared", around(caps, "_fits", _unconditional), ("a day's cap is by person",), TRIPS
    ),
    "refund: twice at once": Mutant(
        "the state of an order is not compared", around(aftersales, "_unchanged", _unconditional),
        (ONCE, "states never skip", NEGATIVE),
    ),
    "refund: what was swept is forgotten": Mutant(
        "points that left the till are not given back", lambda: patch.object(transfers, "swept", lambda *_: 0),
        ("a refund gives everything back", "the platform has no faults"), seed=1,
    ),
    "buy-back: a point too few": Mutant(
        "a lot is a point less than its tonnes",
        around(lots, "exchange", lambda real, merchant, tonnes: replace(
            found := real(merchant, tonnes), postings=tuple(p._replace(amount=p.amount - 1) for p in found.postings)
        )),
        ("a lot is whole tonnes",), MALL | {"start_run"},
    ),
    "buy-back: a run forgets its lots": Mutant(
        "the sums of the lanes are not added up", lambda: patch.object(buyback, "total", lambda _: RunSums()),
        ("a run is the sum of its lots",), MALL | {"start_run"},
    ),
    "holds: more comes back than was taken": Mutant(
        "a refund does not look at what is left", around(hold_refunds, "refundable", lambda *_: None),
        ("a hold gives back what was captured", "it happens once"), HOLDS,
    ),
    "holds: the rest stays": Mutant(
        "a capture in part gives nothing back",
        around(holds, "take", lambda real, hold, points: replace(
            found := real(hold, points), postings=found.postings[:1]
        )),
        ("a hold that ended keeps nothing",), HOLDS,
    ),
    "holds: captured too late": Mutant(
        "the end of a hold is not looked at", around(holds, "capture", _late),
        ("nothing is captured after its time",), HOLDS,
    ),
    "holds: no limit a day": Mutant(
        "a grant's day is not counted", _no_day, ("a grant bounds a day",), HOLDS
    ),
    "holds: they never expire": Mutant(
        "the schedule sees what is due and does nothing", lambda: patch.object(expiry, "expire", lambda _: False),
        ("every hold ends",), HOLDS,
    ),
    "reversal: no debt": Mutant(
        "what she has not any more is forgotten",
        lambda: patch.object(debts, "reversal", lambda name, asset, amount, held: _taken(name, min(amount, held))),
        ("a reversal takes everything back",), TRIPS,
    ),
    "debts: never repaid": Mutant("gains repay no debt", _own_debts, ("a debt is repaid first",), TRIPS),
    "trips: reported twice": Mutant(
        "a record is not unique for ever", around(reductions, "_guard", anyway), (ONCE, "states never skip"), TRIPS
    ),
    "reversal: twice": Mutant(
        "the state of a reduction is not compared", around(reversal, "_guard", anyway),
        (ONCE, "states never skip"), TRIPS,
    ),
    "projection: counted again": Mutant(
        "the mark of a projected Record is not looked at", _counted_again,
        (SUPPLY, "totals are projected once"), TRIPS,
    ),
    "projection: half a batch": Mutant(
        "the supply counts the first Record of a batch", _half_supply, (SUPPLY,), TRIPS
    ),
    "projection: a failed batch is passed over": Mutant(
        "a conflict ends a projection", lambda: patch.object(events, "commit", _events_swallow),
        ("statements are filed once", SUPPLY), TRIPS, seed=1,
    ),
    "campaigns: a closing forgets stripes": Mutant(
        "only some of a campaign's accounts are emptied", around(campaigns, "campaign_accounts", _few_stripes),
        ("a closed campaign keeps nothing",), frozenset({"donate", "close_campaign", "report"}), seed=3,
    ),
    "draws: ranks without the seed": Mutant(
        "an entry's place follows from its id alone",
        lambda: patch.object(draws, "rank", lambda seed, digest, id: hashlib.sha256(id.encode()).hexdigest()),
        ("a draw is what anyone computes",), DRAWS,
    ),
    "draws: the rest stays": Mutant(
        "what an entry reserved beyond what it won is not given back",
        around(transfers, "award", lambda real, entry, amount, bought: real(
            entry, sum(each.amount for each in bought.postings if each.asset == "points"), bought
        )),
        ("an entry that is settled keeps nothing",), DRAWS,
    ),
    "disputes: a ruling carries nothing out": Mutant(
        "what was upheld is not given back", lambda: patch.object(rulings, "carry_out", lambda *_: None),
        ("a ruling does what it says",), CLAIMS,
    ),
    "disputes: two at a time": Mutant(
        "an object's open dispute is not looked at", around(disputes, "_claim", anyway),
        ("one dispute at a time",), CLAIMS - {"rule", "answer_dispute"}, steps=9000,
    ),
    "disputes: ruled twice": Mutant(
        "the state of a dispute is not compared", around(rulings, "advance", _each_anyway),
        (ONCE, "states never skip"), CLAIMS,
    ),
    "disputes: about nothing": Mutant(
        "a dispute stays open where all came back", lambda: patch.object(resolving, "_resolve", lambda _: None),
        ("a dispute about nothing ends",), CLAIMS - {"rule"},
    ),
    "departures: a point stays": Mutant(
        "the final buy-back takes a point too few",
        around(leaving, "final_exchange", lambda real, merchant, points: real(merchant, points - (points > 1))),
        ("a merchant that left keeps nothing", "a final buy-back is 1 gram for 1 point"), LEAVES | HOLDS,
        seed=2, focus="departures",
    ),
    "departures: before its orders are served": Mutant(
        "what a merchant owes is not looked at", lambda: patch.object(offers, "owes", lambda *_: False),
        ("a merchant that left owes nothing", "a merchant that left keeps nothing"), LEAVES, steps=9000,
    ),
    "procedures: one official is enough": Mutant(
        "who proposed may approve", lambda: patch.object(Caller, "signs_in_as", lambda *_: False),
        ("two officials decide",), REBINDS,
    ),
    "procedures: debts stay behind": Mutant(
        "what is owed does not move to the new account",
        lambda: patch.object(procedures, "debts_to", lambda *_: Transfer("account_transfer", ())),
        ("a rebinding moves everything",), REBINDS | {"cancel_points"},
    ),
    "cancellation: a gram stays": Mutant(
        "the Record of a cancellation moves nothing",
        around(cancellation, "post", lambda real, *a, **o: (real(*a, **o)[0], Facts())), (PROVEN,), TRIPS,
    ),
}  # fmt: skip


def _raising(command: Any, fingerprint: Any, refusal: Any) -> Any:
    raise refusal


def _events_swallow(writes: Any) -> None:
    try:
        commit(writes)
    except Contended:
        return


def _taken(name: str, amount: int) -> Any:
    return Transfer("reversal", debts._leaving(name, "points", amount) if amount else ())
