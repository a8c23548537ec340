"""The event that a new offer belongs to, and what it takes over from it (guide §7.1 c)."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.errors import InvalidRequest, InvalidState, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import EventTerms
from chalicelib.mall.items import Offer, OfferEvent, Pointer
from chalicelib.mall.model import NewOffer, OfferChange
from chalicelib.mall.offers.sellers import Seller, Selling, outside
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.table import keys
from chalicelib.table.write import Write, put


class PriceFrozen(InvalidState):
    detail = Text(
        "This offer of an event is open since {starts_at}: its price stays as it was announced.",
        "该活动权益已于 {starts_at} 开放兑换，价格以公示内容为准，不可变更。",
    )
    remedy = Text("Leave points out. All else can change.", "请勿填写 points；其他内容可以变更。")


def frozen(offer: Offer, body: OfferChange, at: str) -> None:
    """Once an offer of an event is open, everybody pays what was announced (guide §7.2 c). Raises PriceFrozen."""
    repriced = body.points not in (None, offer.points)
    if repriced and offer.event and offer.starts_at and offer.starts_at <= at:
        raise PriceFrozen(state="open", action="change", starts_at=offer.starts_at)


def at_event(command: Command[NewOffer], offer: Offer, seller: Seller | None, named: MerchantEvent | None) -> Offer:
    """``offer`` at the event that is its merchant's mode, or at the one beside it that the body names (``named``, as
    read), with the event's own times and limit where it names none.

    Raises InvalidRequest for an event that is not the seller's or has ended, and for what is outside the terms of one
    beside its mode; those of its own event the transaction confirms.
    """
    selling, wanted = seller.merchant if seller else None, command.body.event
    if selling is None:
        return offer  # no merchant: the transaction refuses it
    if selling.event and wanted in (None, selling.application):
        return _with(offer, str(selling.application), selling.event)
    if wanted is None:
        return offer
    event = _own(command, selling, named)
    new = _with(offer, event.id, event.terms, beside=event.since)
    if reason := outside(event.terms, new):
        raise reason
    return new


def _own(command: Command[NewOffer], selling: Selling, named: MerchantEvent | None) -> MerchantEvent:
    if named is None or not command.caller.holds(INSTITUTION, named.merchant) or named.since < selling.since:
        raise InvalidRequest.at("/event", "Is no event of yours", "不是您举办的特定活动")
    if named.terms.ends_at <= command.at:
        ends_at = named.terms.ends_at
        raise InvalidRequest.at("/event", f"The event ended at {ends_at}", f"该活动已于 {ends_at} 结束")
    return named


def _with(offer: Offer, id: str, event: EventTerms, *, beside: str | None = None) -> Offer:
    return replace(
        offer,
        event=OfferEvent(id, event.per_account_limit, event.quantity, event.draws_at, beside),
        starts_at=offer.starts_at or event.starts_at,
        ends_at=offer.ends_at or event.ends_at,
        per_account_limit=offer.per_account_limit or event.per_account_limit,
    )


def listed(offer: Offer) -> Iterator[Write]:
    """Where an event beside a mode finds its offers: its merchant may have thousands of others."""
    if offer.event and offer.event.beside:
        yield put(keys.event_offer(offer.event.id, offer.id), Pointer(offer.id))
