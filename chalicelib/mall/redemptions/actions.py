"""Redeeming, and sweeping what it brought. What follows for an order is in aftersales.py."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import and_
from typing import Any

from chalicelib import errors
from chalicelib.errors import InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.mall import transfers
from chalicelib.mall.items import OfferTerms, Purchases, Till
from chalicelib.mall.model import Swept
from chalicelib.mall.offers import memory
from chalicelib.mall.offers.windows import OfferDrawn, unavailable
from chalicelib.mall.orders import NewRedemption, Redemption
from chalicelib.mall.pools import HandOut
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, seen, update


class PriceChanged(Refusal):
    status, code = 409, "price_changed"
    title = Text("The price has changed", "价格已变动")
    detail = Text(
        "One costs {price} points now, {points} in all. Show it and ask again.",
        "现价每件 {price} 碳积分，共 {points} 碳积分。请向用户展示后重新提交。",
    )


class LimitReached(errors.LimitReached):
    title = Text("The limit for one person is reached", "已达每人限兑数量")
    detail = Text("One person may have {limit}; this person has {held}.", "每人限兑 {limit} 件，已兑 {held} 件。")
    remedy = Text("Ask for fewer, or choose another offer.", "请减少数量，或选择其他权益。")


def redeem(
    command: Command[NewRedemption],
    terms: OfferTerms,
    units: Mapping[str, int],
    person: str,
    handed: Mapping[str, HandOut] | None = None,
) -> Decision:
    """Points for units at the quoted price: the buyer, its tills (``units`` of each), the Record. Limits count by
    ``person``.

    Nothing is read: the till checks price, title, state, window and stock inside the transaction. But an offer with
    codes hands out those that were read (``handed``), if each till still stands as it did: see catalogue/vouchers.py.
    Raises OfferDrawn; refuses PriceChanged, OfferUnavailable, SoldOut, LimitReached, InsufficientPoints.
    """
    first_come(terms)
    body, buyer = command.body, keys.holder(command.caller.account)
    price = -(-body.points // body.quantity)  # a total that does not divide matches no price: refused below
    asked = price if body.points % body.quantity == 0 else -1
    handed = handed or {}
    conditions = {till: _at_till(command, terms, till, asked, handed.get(till)) for till in units}
    counted_at = (
        None if handed else next(iter(units))
    )  # with its codes an order is fulfilled: there is nothing to serve
    if counted_at:
        conditions[counted_at] = replace(conditions[counted_at], add={"orders": 1})
    conditions[buyer] = AccountCondition(kind=INDIVIDUAL, add={"pending": 1} if counted_at else {})
    writes, facts = post(transfers.sale(buyer, terms.id, units, price), record=command.id, terms=conditions)
    limited = terms.per_account_limit is not None
    if limited:
        writes = (*writes[:-1], _within_limit(command, terms, person), writes[-1])
    facts = replace(facts, holder=keys.holder(terms.merchant), limited=limited, counted_at=counted_at)
    order = placed(command, terms, body, command.caller.account)
    return Decision("redemption", fulfilled(order, handed.values()) if handed else order, writes, facts)


def first_come(terms: OfferTerms) -> None:
    """Raises OfferDrawn where nothing of an offer is sold: its event draws."""
    if terms.event and terms.event.draws_at:
        raise OfferDrawn(event=terms.event.id)


def fulfilled(order: Redemption, handed: Iterable[HandOut]) -> Redemption:
    """The order, fulfilled by the codes of its vouchers."""
    codes = [code for hand in handed for code in hand.codes]
    fulfilled = {"status": "fulfilled", "voucher": next(iter(codes), None), "vouchers": codes}
    return order.model_copy(update=fulfilled | {"cancellable_until": None, "fulfil_by": None})


def placed(command: Command[Any], terms: OfferTerms, body: NewRedemption, account: str) -> Redemption:
    """The order of the person with ``account``, with what was sold as it was at the sale."""
    return Redemption(
        id=command.id,
        status="placed",
        at=command.at,
        account=account,
        merchant=terms.merchant,
        **body.model_dump(),
        title=terms.title,
        unit_points=-(-body.points // body.quantity),
        fulfilment=terms.fulfilment,
        cancellable_until=_later(command.now, minutes=terms.cancellable_minutes),
        fulfil_by=_later(command.now, days=terms.fulfil_within_days),
    )


def _later(now: datetime, *, minutes: int | None = None, days: int | None = None) -> str | None:
    return stamp(now + timedelta(minutes=minutes or 0, days=days or 0)) if minutes or days else None


def _at_till(
    command: Command[NewRedemption], terms: OfferTerms, name: str, price: int, hand: HandOut | None
) -> AccountCondition:
    """``hand``: its next codes; the till must stand as it did when they were read, or they are not the next ones."""
    now, quantity = command.at, command.body.quantity

    def refuse(till: Till | None) -> Refusal:
        if till is None:
            return NotFound()
        if reason := _other_terms(command, terms, till, price):
            return reason
        moved = hand is not None and (till.units, till.codes) != (hand.till.units, hand.till.codes)
        return memory.TillEmpty() if moved else _short(terms, name, till, quantity)  # moved: it has other next codes

    on_sale = Attr("status").eq("on_shelf") & Attr("starts_at").lte(now) & Attr("ends_at").gt(now)
    edition = Attr("edition")
    as_titled = edition.eq(terms.edition) if terms.edition else edition.not_exists()
    require = on_sale & Attr("price").eq(price) & as_titled
    if hand:
        require &= Attr("units").eq(hand.till.units) & Attr("codes").eq(hand.till.codes)
    return AccountCondition(require=require, refuse=seen(Till, refuse), held=partial(memory.remember_conflict, terms))


def _other_terms(command: Command[NewRedemption], terms: OfferTerms, till: Till, price: int) -> Refusal | None:
    """Why a till, as it stood, sells nothing at this price and under this title; None where it would."""
    quantity, stale = command.body.quantity, memory.compare(terms, till)
    if reason := unavailable(till, command.at):
        return stale or reason
    if till.price != price:
        return stale or PriceChanged(price=till.price, points=till.price * quantity)
    return (stale or memory.outdated(terms.id)) if till.edition != terms.edition else None


def _short(terms: OfferTerms, name: str, till: Till, quantity: int) -> Refusal:
    """What it means that a till has too few units: another may have them."""
    if terms.stripes > 1:
        memory.remember_empty(terms, name)
        return memory.TillEmpty()
    return memory.outdated(terms.id) if till.first else memory.SoldOut(available=till.units, needed=quantity)


def _within_limit(command: Command[NewRedemption], terms: OfferTerms, person: str) -> Write:
    """One Write counts the offer and, where it is an event's, all offers of the event."""
    quantity, limits = command.body.quantity, terms.limits
    if quantity > min(limits.values()):
        raise LimitReached(limit=min(limits.values()), held=0)

    def refuse(purchases: Purchases | None) -> Refusal:
        held = {name: (purchases or {}).get(name, 0) for name in limits}
        name = next((each for each in limits if held[each] + quantity > limits[each]), "units")
        return LimitReached(limit=limits[name], held=held[name])

    room = [Attr(name).not_exists() | Attr(name).lte(limit - quantity) for name, limit in limits.items()]
    purchases = keys.purchases(person, terms.counted)
    return update(purchases, add=terms.units(quantity), require=reduce(and_, room), refuse=refuse)


def sweep(command: Command[Any], name: str, till: Till, merchant: str) -> Decision:
    """What a till holds (``till``, as read) goes to its merchant. Refuses InvalidState if swept meanwhile."""

    def refuse(_: object) -> Refusal:
        return InvalidState(state="swept", action="sweep")

    once = AccountCondition(require=Attr("sweeps").eq(till.sweeps), refuse=refuse, add={"sweeps": 1})
    conditions = {name: once, keys.holder(merchant): AccountCondition(add={"swept": till.points})}
    writes, facts = post(transfers.sweep(name, merchant, till.points), record=command.id, terms=conditions)
    answer = Swept(till=name, merchant=merchant, points=till.points)
    return Decision("sweep", answer, writes, replace(facts, holder=keys.holder(merchant), reference=name))
