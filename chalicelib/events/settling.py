"""After its time: the list of a draw is closed, it is drawn, and each entry is settled."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.draws.items import LANES, Draw, OfferDraw
from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.events.entries import DrawStep, entry_answer
from chalicelib.events.items import DrawEntry, EntryStatus
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import POINTS, Posting, Transfer
from chalicelib.mall import transfers
from chalicelib.mall.items import OfferTerms
from chalicelib.mall.offers import memory
from chalicelib.mall.orders import NewRedemption
from chalicelib.mall.pools import HandOut
from chalicelib.mall.redemptions.actions import fulfilled, placed
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, update


def close(command: Command[Any], draw: Draw) -> Decision:
    """From here on the list takes no entry: each lane says so, in whose transaction an entry would come. Raises
    InvalidState.
    """
    if draw.status != "open" or command.at < draw.draws_at:
        raise InvalidState(state=draw.status, action="close")
    lanes = (update(keys.draw_lane(draw.id, number), assign={"closed": True}) for number in range(LANES))
    after = replace(draw, status="closed", closed_at=command.at)
    return Decision("draw_closed", DrawStep.of(after), (_moved(draw, after), *lanes))


def publish(
    command: Command[Any], draw: Draw, offers: Mapping[str, OfferDraw], *, entries: int, list_digest: str, seed: str
) -> Decision:
    """The seed, and who won by it: what the closed list and the stock of each offer make of it. Raises InvalidState."""
    if draw.status != "closed":
        raise InvalidState(state=draw.status, action="close")
    drawn = {"offers": offers, "entries": entries, "list_digest": list_digest, "seed": seed}
    after = replace(draw, status="drawn", drawn_at=command.at, **drawn)  # type: ignore[arg-type]  # each its own type
    return Decision("draw_published", DrawStep.of(after), (_moved(draw, after, drawn_at=command.at, **drawn),))


def _moved(draw: Draw, after: Draw, **changes: Any) -> Write:
    """To the next state, from the one that was read."""
    assign = {"status": after.status, "closed_at": after.closed_at, **changes}
    return update(keys.draw(draw.id), assign=assign, require=Attr("status").eq(draw.status))


def award(
    command: Command[Any],
    entry: DrawEntry,
    terms: OfferTerms,
    units: Mapping[str, int],
    handed: Mapping[str, HandOut],
) -> Decision:
    """The entry wins ``units`` (of each till): an order as if they were sold to her now, at the price and under the
    title that she entered for. What she reserved for more than she wins comes back.

    Neither a shelf state nor a suspension is in the way, nor is a person who was frozen since: the points left her
    balance when she entered. ``handed``: the next codes, of an offer that has codes. Raises InvalidState where the
    entry is settled; refuses TillEmpty.
    """
    _unsettled(entry)
    won = sum(units.values())
    body = NewRedemption(offer=entry.offer, quantity=won, points=won * entry.price)
    order = placed(command, replace(terms, title=entry.title), body, entry.account)
    counted_at = None if handed else next(iter(units))
    transfer = transfers.award(entry.name, entry.amount, transfers.sale(entry.holder, entry.offer, units, entry.price))
    conditions = {till: _at_till(terms, till, handed.get(till), counts=till == counted_at) for till in units}
    conditions |= _released(command, entry, pending=1 if counted_at else 0)
    writes, facts = post(transfer, record=command.id, terms=conditions)
    facts = replace(facts, holder=keys.holder(entry.merchant), payer=entry.holder, limited=False, counted_at=counted_at)
    facts = replace(facts, reference=entry.id)
    after = replace(entry, status="won", awarded=won, order=command.id, settled_at=command.at)
    answer = fulfilled(order, handed.values()) if handed else order
    return Decision("redemption", answer, _settled(after, writes), facts)


def give_back(command: Command[Any], entry: DrawEntry) -> Decision:
    """The entry did not win: all points go back, also to an account that was frozen since. Raises InvalidState."""
    _unsettled(entry)
    transfer = Transfer("draw_return", (Posting(entry.name, entry.holder, entry.amount, POINTS),))
    writes, facts = post(transfer, record=command.id, terms=_released(command, entry))
    after = replace(entry, status="lost", settled_at=command.at)
    facts = replace(facts, counterparty=entry.merchant, reference=entry.id)
    return Decision("draw_lost", entry_answer(after), _settled(after, writes), facts)


def _unsettled(entry: DrawEntry) -> None:
    if entry.status != "entered":
        raise InvalidState(state=entry.status, action="close")


def _released(command: Command[Any], entry: DrawEntry, *, pending: int = 0) -> dict[str, AccountCondition]:
    """The entry's Account, which is settled once, and the person's, which holds these points no more. Her statement
    knows of it at once, though a sale that costs all she reserved moves nothing of her balance.
    """
    once = AccountCondition(require=Attr("status").eq("entered"), refuse=lambda _: Contended())
    let_go = {"held": -entry.amount, "unfiled": {command.id}} | ({"pending": pending} if pending else {})
    return {entry.name: once, entry.holder: AccountCondition(add=let_go, even_frozen=True)}


def _settled(after: DrawEntry, writes: tuple[Write, ...]) -> tuple[Write, ...]:
    """``writes``, of which the one to the entry's Account also gives it its last state."""
    status: EntryStatus = after.status
    changes = {"status": status, "awarded": after.awarded, "order": after.order, "settled_at": after.settled_at}
    kept = {name: value for name, value in changes.items() if value is not None}
    return tuple(replace(each, assign=kept) if each.key == after.key else each for each in writes)


def _at_till(terms: OfferTerms, name: str, hand: HandOut | None, *, counts: bool) -> AccountCondition:
    """A till has enough units (the ledger asks that), and where it hands out codes, it stands as it was read."""

    def refuse(_: object) -> Refusal:
        memory.remember_empty(terms, name)
        memory.outdated(terms.id)  # it may have got codes meanwhile
        return memory.TillEmpty()

    require: ConditionBase = Attr("codes").not_exists()
    if hand:
        require = Attr("units").eq(hand.till.units) & Attr("codes").eq(hand.till.codes)
    return AccountCondition(require=require, refuse=refuse, add={"orders": 1} if counts else {})
