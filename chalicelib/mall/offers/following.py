"""What the schedule and reactions do: offers follow their merchants, and members their sub-platform."""

import time
from functools import partial
from random import getrandbits
from typing import Any

from chalicelib.agenda.attempts import attempt_each
from chalicelib.agenda.walks import go_round
from chalicelib.errors import InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import derive, derive_each, perform
from chalicelib.ledger.account import Account
from chalicelib.mall.items import Offer
from chalicelib.mall.offers import queries, shelving
from chalicelib.mall.offers.shelving import Standing
from chalicelib.mall.tills import following as tills
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.model import SUB_PLATFORM
from chalicelib.table import keys, lists
from chalicelib.table.lists import SHELVING, Listing, Place
from chalicelib.table.write import Attr, Write, delete, update

SHELVING_SECONDS_MAX, EACH_SECONDS_MAX = 60, 15  # what is left then is for the schedule's next firing


def shelve_due() -> None:
    """What the schedule does: offers that have not followed yet, because a worker was lost or out of time."""
    go_round(lists.SHELVING, _shelve_one, until=time.monotonic() + SHELVING_SECONDS_MAX)


def _shelve_one(place: Place) -> None:
    shelve(place.key.pk.removeprefix(keys.shelving("").pk), time.monotonic() + EACH_SECONDS_MAX)


def shelve(merchant: str, until: float) -> None:
    """A merchant's offers follow it, and where it is a sub-platform those of its members, until ``until``
    (time.monotonic). What is not done then has a note, so that the schedule continues.
    """
    note = queries.shelving_note(merchant)  # read before the state: a later turn writes another one
    account = merchants.item(merchant)
    members = list(merchants.members(merchant)) if account.as_merchant.mode == SUB_PLATFORM else []
    derive_each(_note(member, account) for member in members)
    if _all_follow(account, until) and note:
        derive(delete(keys.shelving(merchant), require=Attr("turn").eq(note)))
    attempt_each(members, lambda member: shelve(member, until), what="member", name=str, until=until)


def _note(member: str, above: Account) -> Write:
    """That a member's offers are to follow the turn of the sub-platform ``above`` it. It differs from every other note,
    so that whoever works on an earlier one leaves this one.
    """
    turn = f"{above.as_merchant.turn}/{getrandbits(64):x}"
    return update(keys.shelving(member), assign={"turn": turn}, listed=Listing(SHELVING, f"{turn}:{member}"))


def _all_follow(account: Account, until: float) -> bool:
    """Offer by offer, each once a turn: whether all have followed in time.

    A merchant that may not sell can put nothing on the shelf, so what is found there now is all there is. A turn that
    comes meanwhile makes the rest of this one void, and has a note of its own.
    """
    standing = Standing(account, merchants.above(account))
    offers = (each for each in queries.offers_of(account.id) if not standing.follows(each))
    follow = partial(_follow, standing, until)
    outcomes = attempt_each(offers, follow, what="offer", name=lambda offer: offer.id, until=until)
    return all(outcomes) and time.monotonic() <= until


def _follow(standing: Standing, until: float, offer: Offer) -> bool:
    """Whether the offer has followed its merchant, or need not any more. Of many tills those that have not are noted by
    then (tills/terms.py), and keep no other offer waiting.
    """
    down = shelving.put_away if standing.ended else shelving.hold_back
    step: Any = shelving.bring_back if standing.sells else down

    def decide(command: Command[Any]) -> Decision:
        return step(command, queries.find_offer(offer.id) or offer, standing)  # type: ignore[no-any-return]

    try:
        perform(keys.digest("shelve", offer.id, standing.turn), decide)
    except InvalidState:
        return True
    except Refusal:  # others are in the way: the ledger's stream must not wait for this
        return False
    tills.follow(offer.id, until)
    return True
