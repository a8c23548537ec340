"""Entering a draw, and why an entry is not taken."""

from dataclasses import replace

from chalicelib.draws import items as draws
from chalicelib.draws.items import Draw, EntryPlace
from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.events.entries import NewDrawEntry, entry_answer
from chalicelib.events.items import DrawEntry
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import POINTS, Posting, Transfer
from chalicelib.mall.items import Offer
from chalicelib.mall.offers.windows import OfferOffShelf
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, absent, put, update


class NotADraw(InvalidState):
    detail = Text(
        "The goods of this event go to whom comes first: redeem them with POST /v1/redemptions.",
        "该活动权益先到先得，不设抽签，请通过 POST /v1/redemptions 兑换。",
    )
    remedy = Text(
        "Choose an event whose allocation is draw from GET /v1/events.",
        "请从 GET /v1/events 选择 allocation 为 draw 的活动。",
    )


class EntriesClosed(Refusal):
    status, code = 409, "entries_closed"
    title = Text("The draw takes no entries now", "当前不在报名时间内")
    detail = Text(
        "Entries are taken from {opens_at} until {draws_at}.", "报名时间为 {opens_at} 至 {draws_at}（不含）。"
    )
    remedy = Text(
        "Enter in this time, or choose another event from GET /v1/events.",
        "请在报名时间内提交，或从 GET /v1/events 选择其他活动。",
    )


class EnteredAlready(Refusal):
    status, code = 409, "entered_already"
    title = Text("This person has entered already", "已报名")
    detail = Text(
        "One person has one entry in an event: {entry}. Nothing was reserved again.",
        "每人每场活动限报名一次，已有报名 {entry}，未重复预留碳积分。",
    )
    remedy = Text(
        "Read it with GET /v1/events/{id}/entries/{entry}.", "请通过 GET /v1/events/{id}/entries/{entry} 查询。"
    )


def enter(command: Command[NewDrawEntry], draw: Draw, offer: Offer | None, entry_id: str) -> Decision:
    """The caller's points for what she would get are reserved until the draw: in an Account of its own, which is the
    entry. ``entry_id`` follows from event and person, so the item itself is the guard: she enters once.

    Raises EntriesClosed, InvalidRequest for an offer of another event, a price that changed and more than the limit,
    OfferOffShelf; refuses EntriesClosed, EnteredAlready, and what the ledger refuses.
    """
    if not draw.opens_at <= command.at < draw.draws_at:
        raise _closed(draw)
    entry = _new(command, draw, _as_asked(command.body, draw, offer), entry_id)
    transfer = Transfer("draw_entry", (Posting(entry.holder, entry.name, entry.amount, POINTS),))
    terms = {
        entry.name: AccountCondition(),
        entry.holder: AccountCondition(kind=INDIVIDUAL, add={"held": entry.amount}),
    }
    (opened, *paid), facts = post(transfer, record=command.id, terms=terms)
    again = replace(opened, require=absent(), refuse=lambda _: EnteredAlready(entry=entry_id), assign=dump(entry))
    facts = replace(facts, counterparty=entry.merchant, reference=entry.id)
    return Decision("draw_entered", entry_answer(entry), (again, *paid, *_listed(draw, entry)), facts)


def _closed(draw: Draw) -> EntriesClosed:
    return EntriesClosed(opens_at=draw.opens_at, draws_at=draw.draws_at)


def _as_asked(body: NewDrawEntry, draw: Draw, offer: Offer | None) -> Offer:
    """The offer, if what was asked for is what it offers."""
    if offer is None or offer.event is None or offer.event.id != draw.id:
        raise InvalidRequest.at("/offer", "Is no offer of this event", "不是本活动的权益")
    limit = min(offer.event.limit, offer.per_account_limit or offer.event.limit)
    if body.quantity > limit:
        raise InvalidRequest.at("/quantity", f"One person may have {limit}", f"每人限兑 {limit} 件")
    if body.points != offer.points * body.quantity:
        en = f"One costs {offer.points} points now, {offer.points * body.quantity} in all"
        zh = f"现价每件 {offer.points} 碳积分，共 {offer.points * body.quantity} 碳积分"
        raise InvalidRequest.at("/points", en, zh)
    if offer.status != "on_shelf":
        raise OfferOffShelf()
    return offer


def _new(command: Command[NewDrawEntry], draw: Draw, offer: Offer, entry_id: str) -> DrawEntry:
    return DrawEntry(
        id=entry_id,
        event=draw.id,
        account=command.caller.account,
        merchant=offer.merchant,
        offer=offer.id,
        title=offer.title,
        quantity=command.body.quantity,
        amount=command.body.points,
        entered_at=command.at,
    )


def _listed(draw: Draw, entry: DrawEntry) -> tuple[Write, Write]:
    """Its place in the list, on condition that the list is open: what closes it closes each lane."""
    number = draws.lane(entry.id)
    place = EntryPlace(entry.id, entry.offer, entry.quantity)
    still_open = Attr("closed").not_exists()
    counted = update(
        keys.draw_lane(draw.id, number), add={"entries": 1}, require=still_open, refuse=lambda _: _closed(draw)
    )
    return counted, put(keys.draw_place(draw.id, number, entry.id), place)
