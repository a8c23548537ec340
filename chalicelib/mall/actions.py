"""Redeeming, fulfilling, refunding, sweeping."""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import Any

from chalicelib import errors
from chalicelib.errors import AlreadyRefunded, Contended, InvalidRequest, InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.actions import (
    AccountClosed,
    AccountCondition,
    AccountNotOpen,
    InsufficientPoints,
    inactive,
    post,
)
from chalicelib.ledger.model import POINTS
from chalicelib.ledger.standing import acting
from chalicelib.mall import transfers
from chalicelib.mall.model import STEPS, Fulfilment, NewRedemption, OfferTerms, Redemption, Swept
from chalicelib.mall.terms import moved
from chalicelib.mall.tills import SoldOut, TillEmpty, disappointed
from chalicelib.mall.windows import unavailable
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, Write, seen, update
from chalicelib.transitions import step


class PriceChanged(Refusal):
    status, code = 409, "price_changed"
    title = Text("The price has changed", "价格已变动")
    detail = Text(
        "One costs {price} points now, {points} in all. Show it and ask again.",
        "现价每件 {price} 积分，共 {points} 积分。请向用户展示后重新提交。",
    )


class LimitReached(errors.LimitReached):
    title = Text("The limit for one person is reached", "已达每人限兑数量")
    detail = Text("One person may have {limit}; this person has {held}.", "每人限兑 {limit} 件，已兑 {held} 件。")
    remedy = Text("Ask for fewer, or choose another offer.", "请减少数量，或选择其他权益。")


class BuyerClosed(AccountClosed):
    detail = Text(
        "The buyer has closed the account that the points go back to. The buyer opens it again with POST /v1/accounts;"
        " then send the refund again.",
        "买方账户已销户，碳积分无法退还。请联系买方通过 POST /v1/accounts 重新开户，随后重新提交退款。",
    )


def redeem(command: Command[NewRedemption], terms: OfferTerms, taken: Mapping[str, int], person: str) -> Decision:
    """Points for units at the quoted price: the buyer, one till, the Record. Limits count by ``person``.

    Nothing is read: the till checks price, title, state, window and stock inside the transaction. Refuses PriceChanged,
    OfferUnavailable, SoldOut, LimitReached, InsufficientPoints.
    """
    body, account = command.body, command.caller.account
    buyer = keys.holder(account)
    price = -(-body.points // body.quantity)  # a total that does not divide matches no price: refused below
    exact = body.points % body.quantity == 0
    posted = {till: _at_till(command, terms, till, price if exact else -1) for till in taken}
    posted[buyer] = AccountCondition(kind=INDIVIDUAL, add={"pending": 1})
    writes, facts = post(transfers.sale(buyer, body.offer, taken, price), record=command.id, terms=posted)
    if terms.per_account_limit is not None:
        writes = (*writes[:-1], _within_limit(command, terms, person), writes[-1])
    sold = {"title": terms.title, "unit_points": price, "fulfilment": terms.fulfilment}
    answer = Redemption(
        id=command.id,
        status="placed",
        at=command.at,
        account=account,
        merchant=terms.merchant,
        **(body.model_dump() | sold),
    )
    limited = terms.per_account_limit is not None
    facts = replace(facts, holder=keys.holder(terms.merchant), limited=limited)
    return Decision("redemption", answer, writes, facts)


def _at_till(command: Command[NewRedemption], terms: OfferTerms, till: str, price: int) -> AccountCondition:
    now, quantity = command.at, command.body.quantity

    def refuse(item: Item | None) -> Refusal:
        if item is None:
            return NotFound()
        if reason := unavailable(item, now):
            return reason
        if item["price"] != price:
            return PriceChanged(price=item["price"], points=item["price"] * quantity)
        if item.get("edition") != terms.edition:
            return moved(terms.offer)
        if terms.stripes == 1:
            return SoldOut(available=item["units"], needed=quantity)
        disappointed(terms, till)
        return TillEmpty()

    on_sale = Attr("status").eq("on_shelf") & Attr("starts_at").lte(now) & Attr("ends_at").gt(now)
    edition = Attr("edition")
    as_titled = edition.eq(terms.edition) if terms.edition else edition.not_exists()
    return AccountCondition(require=on_sale & Attr("price").eq(price) & as_titled, refuse=refuse)


def _within_limit(command: Command[NewRedemption], terms: OfferTerms, person: str) -> Write:
    """One Write counts the offer and, where it is an event's, all offers of the event."""
    quantity, limits = command.body.quantity, terms.limits
    if quantity > min(limits.values()):
        raise LimitReached(limit=min(limits.values()), held=0)

    def refuse(item: Item | None) -> Refusal:
        held = {name: (item or {}).get(name, 0) for name in limits}
        name = next((each for each in limits if held[each] + quantity > limits[each]), "units")
        return LimitReached(limit=limits[name], held=held[name])

    room = [Attr(name).not_exists() | Attr(name).lte(limit - quantity) for name, limit in limits.items()]
    purchases = keys.purchases(person, terms.counted)
    return update(purchases, add=terms.units(quantity), require=reduce(and_, room), refuse=refuse)


def fulfil(command: Command[Fulfilment], order: Redemption) -> Decision:
    """The merchant has delivered. Raises InvalidState, and InvalidRequest where a voucher was sold and none is given.

    A frozen merchant may still deliver: the points are paid already, and the delivery is what the buyer waits for.
    """
    status = step(STEPS, order.status, "fulfil", command.caller.role)
    if order.fulfilment == "voucher" and command.body.voucher is None:
        raise InvalidRequest.at("/voucher", "This order is for a voucher: name it", "该订单须交付兑换券，请填写券码")
    answer = order.model_copy(update={"status": status} | command.body.model_dump())
    delivered = update(keys.account(keys.holder(order.account)), add={"pending": -1}, require=Attr("pk").exists())
    return Decision("redemption_fulfilled", answer, (_advance(order, answer, command.at), delivered))


def refund(
    command: Command[Any],
    order: Redemption,
    record: Record,
    in_tills: Mapping[str, int],
    terms: OfferTerms,
    person: str,
) -> Decision:
    """Points back to the buyer, units back to stock, once. ``in_tills`` is what each till holds, as read; a limited
    purchase is given back to the count of ``person``.

    A frozen merchant cannot refund. The exchange can, from the till and from what was swept into the frozen account
    alike: freezing ties the merchant's hands, and a buyer's claim does not wait for it. So the exchange need not
    release the account first, which would let everything out. A frozen buyer gets nothing until she is released.

    Raises AlreadyRefunded; refuses AccountFrozen, and InsufficientPoints where the merchant's points were bought back.
    Refuses BuyerClosed until the buyer has opened the account again: the points stay with the merchant meanwhile.
    """
    if order.status == "refunded":
        raise AlreadyRefunded()
    status = step(STEPS, order.status, "refund", command.caller.role)
    buyer, answer = keys.holder(order.account), order.model_copy(update={"status": status})
    posted = {till: _from_till(record, till, held) for till, held in in_tills.items()}
    ordered = command.caller.role == EXCHANGE
    posted[str(record.holder)] = AccountCondition(even_frozen=ordered)
    settled = {"pending": -1} if order.status == "placed" else {}
    posted[buyer] = AccountCondition(refuse=seen(AnyAccount, _buyer_cannot), add=settled)
    transfer = transfers.refund(record, in_tills)
    touched = {name for posting in transfer.postings for name in posting[:2]} | {buyer}
    kept = {name: condition for name, condition in posted.items() if name in touched}
    writes, facts = post(transfer, record=command.id, terms=kept)
    if record.limited:
        writes += (update(keys.purchases(person, terms.counted), add=terms.units(-order.quantity)),)
    if not ordered and record.holder not in touched:
        writes += (acting(order.merchant),)
    facts = replace(facts, holder=record.holder, reference=order.id)
    return Decision("redemption_refunded", answer, (_advance(order, answer, command.at), *writes), facts)


def _from_till(record: Record, till: str, held: int) -> AccountCondition:
    """A till that holds less than the sale paid it must stay as it was read: the merchant's account pays the rest, and
    would be found short although the till has the points by now.
    """
    paid = sum(amount for _, taker, amount, asset in record.postings if taker == till and asset == POINTS)
    return AccountCondition(require=Attr("points").eq(held) if held < paid else None, refuse=tills_moved)


def _buyer_cannot(buyer: AnyAccount | None) -> Refusal:
    """Why the buyer's account takes no points: it only gains, so nothing but its state is in the way."""
    if buyer is None:
        return AccountNotOpen()
    return BuyerClosed() if buyer.status == "closed" else inactive(buyer) or Contended()


def tills_moved(item: Item | None) -> Refusal:
    """The till was swept or sold between reading it and the commit: decide again."""
    return TillEmpty() if item else InsufficientPoints(needed=0, available=0)


def _advance(order: Redemption, answer: Redemption, at: str) -> Write:
    """The order's state, from the one that was read to the new one; it has no item while placed."""
    seen = Attr("status").not_exists() if order.status == "placed" else Attr("status").eq(order.status)

    def refuse(item: Item | None) -> Refusal:
        state = item["status"] if item else "placed"
        return AlreadyRefunded() if state == "refunded" else InvalidState(state=state, action=answer.status)

    kept = {"status": answer.status, "at": at, "voucher": answer.voucher, "note": answer.note}
    return update(keys.order(order.id), assign=kept, require=seen, refuse=refuse)


def sweep(command: Command[Any], till: str, item: Item, merchant: str) -> Decision:
    """What ``till`` holds (``item``, as read) goes to its merchant. Refuses InvalidState if swept meanwhile."""
    amount = item["points"]

    def refuse(_: Item | None) -> Refusal:
        return InvalidState(state="swept", action="sweep")

    once = AccountCondition(require=Attr("sweeps").eq(item["sweeps"]), refuse=refuse, add={"sweeps": 1})
    terms = {till: once, keys.holder(merchant): AccountCondition(add={"swept": amount})}
    writes, facts = post(transfers.sweep(till, merchant, amount), record=command.id, terms=terms)
    answer = Swept(till=till, merchant=merchant, points=amount)
    return Decision("sweep", answer, writes, replace(facts, holder=keys.holder(merchant), reference=till))
