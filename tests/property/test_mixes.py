"""Whatever is issued, reversed, spent, given, bought back and retired: each colour that was issued is held or was used.

Histories are of Records, made by the Transfers of their rooms; they come to the projections in any order.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import shanghai
from chalicelib.buyback.model import retirement
from chalicelib.campaigns import model as campaigns
from chalicelib.cancellation.model import cancellation
from chalicelib.kernel.record import Record
from chalicelib.ledger import debts
from chalicelib.ledger.model import DEBT, GRAMS, POINTS, Posting, Transfer
from chalicelib.provenance import mix, queries, worker
from chalicelib.provenance.apportion import between
from chalicelib.provenance.mix import Row
from chalicelib.provenance.model import NONE, Colour, used
from chalicelib.provenance.projection import colours, uses
from chalicelib.reductions.transfers import conversion, recording
from chalicelib.supervision.audit.colours import Colours
from chalicelib.supervision.audit.colours import credited as credited_grams
from chalicelib.supervision.audit.stored import plain
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.row import dump
from tests.unit.decisions import record
from tests.world import World
from tests.worlds import quick_world

LATER = datetime(2099, 1, 1, tzinfo=UTC)
MONTHS = ("2026-01", "2026-02", "2026-03")
WAYS = ("convert", "convert", "record", "spend", "cancel", "cancel", "donate", "close", "buy back", "retire", "reverse")
STEPS = st.lists(
    st.tuples(st.sampled_from(WAYS), st.integers(1, 60), st.sampled_from("ab"), st.sampled_from(("walk", "bike"))),
    min_size=1,
    max_size=24,
)


@dataclass
class History:
    """A little ledger that says what can happen next; the Records are what it leaves."""

    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    reductions: list[tuple[Record, str, str, int]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    month: str = MONTHS[0]

    def step(self, way: str, amount: int, who: str, scenario: str) -> None:
        person, shop = keys.holder(who), keys.holder("shop")
        if way in ("convert", "record"):
            self._credit(way, amount, who, scenario)
        elif way == "reverse" and self.reductions:
            self._reverse(self.reductions.pop(amount % len(self.reductions)))
        elif way == "retire" and (grams := min(amount, self.held[shop, GRAMS])):
            self._post(retirement(shop, grams))
        elif way == "buy back" and (points := min(amount, self.held[shop, POINTS])):
            taken = Posting(shop, keys.POOL, points, POINTS)
            self._post(Transfer("buy_back", (taken, Posting(keys.POOL, shop, points, GRAMS))))
        elif way == "close" and (points := self.held[keys.campaign_account("c", 0), POINTS]):
            self._post(campaigns.retirement({keys.campaign_account("c", 0): points}))
        elif points := min(amount, self.held[person, POINTS]):
            self._use(way, person, points)

    def _use(self, way: str, person: str, points: int) -> None:
        if way == "cancel":
            self._post(cancellation(person, points))
        elif way == "donate":
            self._post(campaigns.gift(person, keys.campaign_account("c", 0), points), counterparty="c")
        elif way == "spend":
            self._post(Transfer("redemption", (Posting(person, keys.holder("shop"), points, POINTS),)))

    def _credit(self, way: str, amount: int, who: str, scenario: str) -> None:
        account, asset, make = (who, POINTS, conversion) if way == "convert" else ("shop", GRAMS, recording)
        name = keys.holder(account)
        transfer = make(account, amount)
        if owed := min(amount, self.held[name, DEBT[asset]]):
            transfer = Transfer(transfer.kind, (*transfer.postings, *debts.repayment(name, asset, owed)))
        made = self._post(transfer, scenario=scenario, methodology="m", month=self.month)
        self.reductions.append((made, name, asset, amount))

    def _reverse(self, reduction: tuple[Record, str, str, int]) -> None:
        made, name, asset, amount = reduction
        transfer = debts.reversal(name, asset, amount, self.held[name, asset])
        self._post(transfer, scenario=made.scenario, methodology=made.methodology, month=made.month)

    def _post(self, transfer: Transfer, **facts: Any) -> Record:
        number = len(self.records)
        id, at = keys.digest("step", str(number)), f"{self.month}-15T08:{number:02d}:00.000Z"
        made = record(transfer.kind, id=id, at=at, movement=transfer.kind, postings=transfer.postings, **facts)
        for source, destination, moved, asset in transfer.postings:
            self.held[source, asset] -= moved
            self.held[destination, asset] += moved
        self.records.append(made)
        return made


def lived(months: list[Any]) -> History:
    """Months of steps, and a last one whose only use closes what a campaign holds."""
    history = History()
    for month, steps in zip(MONTHS, months, strict=False):
        history.month = month
        for step in steps:
            history.step(*step)
    history.step("close", 1, "a", "walk")
    return history


def projected(world: World, records: list[Record]) -> None:
    """As the stream's consumer does, a few at a time."""
    world.store.items.clear()
    for start in range(0, len(records), 3):
        some = records[start : start + 3]
        if writes := [*colours(some), *uses(some)]:
            commit(writes)


def everything(months: list[Any], order: Any) -> list[list[Row]]:
    """The rows of all months, once everything is checked that must hold."""
    history = lived(months)
    seen = [month for month in MONTHS if any(each.at.startswith(month) for each in history.records)]
    with quick_world() as world, patch.object(queries, "first_month", lambda: seen[0]):
        projected(world, order(history.records))
        found = [mix.read(worker.month_mix(month, LATER).rows) for month in between_months(seen)]
        for month, rows in zip(between_months(seen), found, strict=True):
            certificates(month, history.records, rows)
        audited(world, history)
    balanced(history, found)
    return found


def between_months(seen: list[str]) -> list[str]:
    first, last = (shanghai.number(each) for each in (seen[0], seen[-1])) if seen else (1, 0)
    return [shanghai.named(each) for each in range(first, last + 1)]


def certificates(month: str, records: list[Record], rows: list[Row]) -> None:
    """The parts of all uses of the month together are its mix."""
    stock = mix.used(rows)
    named: Counter[Colour] = Counter()
    for each in records:
        if (use := used(each)) and use.of == month:
            place = queries.place(month, each.id)
            assert place
            part = between(stock, place.before, place.grams)
            assert sum(part.values()) == use.grams
            named.update(part)
    assert named == Counter(stock)


def audited(world: World, history: History) -> None:
    judge = Colours()
    for each in history.records:
        record = dump(each)
        judge.record(shanghai.month(datetime.fromisoformat(each.at)), record, credited_grams(record))
    for item in map(plain, world.items()):
        judge.add(item["pk"], item["sk"], item)
    assert list(judge.differences()) == []


def balanced(history: History, found: list[list[Row]]) -> None:
    """To the gram, by colour, and all colours together are what the ledger holds."""
    if not found:
        return
    issued, gone = Counter[Colour](), Counter[Colour]()
    for rows in found:
        for row in rows:
            issued[row.colour] += row.issued - row.reversed
            gone[row.colour] += row.used
            assert row.used == 0 or row.closing >= 0 or row.colour == NONE
    left = mix.closing(found[-1])
    assert {each: issued[each] - gone[each] for each in issued if issued[each] != gone[each]} == left
    held = sum(amount for (name, asset), amount in history.held.items()
               if asset == GRAMS and name not in (keys.ISSUED, keys.RETIRED))  # fmt: skip
    assert (sum(left.values()), sum(gone.values())) == (held, history.held[keys.RETIRED, GRAMS])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_each_colour_that_was_issued_is_held_or_was_used(months: list[Any], random: Any) -> None:
    def shuffled(records: list[Record]) -> list[Record]:
        return random.sample(records, len(records))  # type: ignore[no-any-return]

    assert everything(months, list) == everything(months, shuffled)
