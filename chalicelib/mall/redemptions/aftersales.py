"""After the sale: an order is fulfilled, refunded, cancelled by its buyer, or refunded because nobody fulfilled it."""

from dataclasses import replace
from typing import Any

from chalicelib.errors import AlreadyRefunded, InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Record
from chalicelib.ledger import refunds
from chalicelib.ledger.actions import AccountCondition, InsufficientPoints, post
from chalicelib.ledger.model import POINTS
from chalicelib.ledger.standing import acting
from chalicelib.mall import transfers
from chalicelib.mall.items import OrderState, Sale, Till
from chalicelib.mall.offers.memory import TillEmpty
from chalicelib.mall.orders import STEPS, Fulfilment, Redemption, Refund
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, present, seen, update
from chalicelib.transitions import step


class NotCancellable(InvalidState):
    """The buyer's time is over, or the offer never gave any."""

    detail = Text(
        "The buyer can cancel an order only before it is fulfilled, and within the time that the offer gives.",
        "兑换人只能在核销前且在权益规定的取消时限内取消订单。",
    )
    remedy = Text(
        "Ask the merchant for a refund. The order shows cancellable_until, if there is such a time.",
        "请联系权益方退还碳积分。订单的 cancellable_until 字段为取消时限（如有）。",
    )


def fulfil(command: Command[Fulfilment], order: Redemption, record: Record) -> Decision:
    """The merchant has delivered. Raises InvalidState, and InvalidRequest where a voucher was sold and none is given.

    A frozen merchant may still deliver: the points are paid already, and the delivery is what the buyer waits for.
    """
    status = step(STEPS, order.status, "fulfil", command.caller.role)
    if order.fulfilment == "voucher" and command.body.voucher is None:
        raise InvalidRequest.at("/voucher", "This order is for a voucher: name it", "该订单须交付兑换券，请填写券码")
    answer = order.model_copy(update={"status": status} | command.body.model_dump())
    writes = [
        _advance(order, answer, command.at),
        update(keys.account(keys.holder(order.account)), add={"pending": -1}, require=present()),
    ]
    if record.counted_at:  # not on orders from before they were counted
        writes.append(update(keys.served(record.counted_at), add={"orders": 1}))
    return Decision("redemption_fulfilled", answer, tuple(writes), publish=True)


def refund(command: Command[Refund], sale: Sale) -> Decision:
    """Points back to the buyer, units back to stock, once; by the merchant, or by the exchange with a reason.

    A frozen merchant cannot refund. The exchange can, from the till and from what was swept into the frozen account
    alike: freezing ties the merchant's hands, and a buyer's claim does not wait for it. So the exchange need not
    release the account first, which would let everything out. A frozen buyer gets them into her frozen account.

    Raises AlreadyRefunded, and InvalidRequest where the exchange gives no reason. Refuses AccountFrozen,
    InsufficientPoints where the merchant has neither the points nor grams for them, and PayeeClosed until the
    buyer has opened the account again: the points stay with the merchant meanwhile.
    """
    if sale.order.status == "refunded":
        raise AlreadyRefunded()
    status = step(STEPS, sale.order.status, "refund", command.caller.role)
    if command.caller.role == EXCHANGE and command.body.reason is None:
        raise InvalidRequest.at("/reason", "The exchange gives a reason for a refund", "上海环交所退还碳积分须说明原因")
    return _give_back(command, sale, status, command.body.reason)


def cancel(command: Command[Empty], sale: Sale) -> Decision:
    """The buyer takes back what is not fulfilled, within the time that the offer gave, frozen or not: it only comes
    back. Raises InvalidState; refuses as a refund by the exchange does.
    """
    until = sale.order.cancellable_until
    if until is None or until <= command.at:
        raise NotCancellable(state=sale.order.status, action="cancel", cancellable_until=until)
    status = step(STEPS, sale.order.status, "cancel", command.caller.role)
    return _give_back(command, sale, status, "兑换人取消 (cancelled by the buyer)")


def expire(command: Command[Empty], sale: Sale) -> Decision:
    """An order that was not fulfilled in the time that the offer promised is refunded. Raises InvalidState; refuses as
    a refund by the exchange does.
    """
    status = step(STEPS, sale.order.status, "expire", command.caller.role)
    if sale.order.fulfil_by is None or sale.order.fulfil_by > command.at:
        raise InvalidState(state=sale.order.status, action="expire")
    return _give_back(command, sale, status, "未按期核销 (not fulfilled in time)")


def leave_behind(command: Command[Empty], sale: Sale) -> Decision:
    """An order that a merchant which leaves has not fulfilled in its time is refunded. Raises InvalidState; refuses
    as a refund by the exchange does.
    """
    status = step(STEPS, sale.order.status, "leave behind", command.caller.role)
    return _give_back(command, sale, status, "权益方退出商城 (the merchant leaves the mall)")


def _give_back(command: Command[Any], sale: Sale, status: str, reason: str | None) -> Decision:
    """The sale reversed. A limited purchase is given back to the count of the person.

    Only the merchant's own refund needs a merchant that is not frozen.
    """
    order, record = sale.order, sale.record
    by_merchant = command.caller.role == INSTITUTION
    buyer = keys.holder(order.account)
    owed = transfers.refund(record, sale.in_tills, sale.merchant, pooled=sale.pooled)
    transfer = refunds.brought_to(sale.payee, owed, buyer)
    conditions = _conditions(sale, command.caller.role)
    counted = [record.counted_at] if record.counted_at and order.status == "placed" else []
    needed = refunds.touched(conditions, transfer, *counted)
    writes, facts = post(transfer, record=command.id, terms=needed)
    if record.limited:
        count = keys.purchases(sale.person, sale.terms.counted)
        writes += (update(count, add=sale.terms.units(-order.quantity)),)
    if by_merchant and _payer(sale) not in needed:
        writes += (acting(command.caller.account),)
    answer = order.model_copy(update={"status": status, "reason": reason})
    facts = replace(facts, holder=record.holder, reference=order.id, reason=reason, owner=sale.payee.owner(buyer))
    return Decision("redemption_refunded", answer, (_advance(order, answer, command.at), *writes), facts)


def _conditions(sale: Sale, role: str) -> dict[str, AccountCondition]:
    """What each account that may be touched adds to the refund, by the role of who asks for it."""
    order, record = sale.order, sale.record
    placed = order.status == "placed"
    conditions = {till: _from_till(sale, till, held) for till, held in sale.in_tills.items()}
    if placed and record.counted_at:
        conditions[record.counted_at] = replace(conditions[record.counted_at], add={"orders": -1})
    rest = transfers.swept(record, sale.in_tills)
    conditions[_payer(sale)] = refunds.condition(
        rest, sale.merchant, even_frozen=role != INSTITUTION, to_buyer=role == INDIVIDUAL
    )
    return conditions | sale.payee.conditions({"pending": -1} if placed else {})


def _payer(sale: Sale) -> str:
    """The account that pays what the tills hold no more."""
    return sale.merchant.holder if sale.merchant else str(sale.record.holder)


def _from_till(sale: Sale, till: str, held: int) -> AccountCondition:
    """A till that holds less than the sale paid it must stay as it was read: the merchant's account pays the rest, and
    would be found short although the till has the points by now. One that had no codes still has none.
    """
    paid = sum(amount for _, taker, amount, asset in sale.record.postings if taker == till and asset == POINTS)
    require: ConditionBase = Attr("codes").exists() if sale.pooled else Attr("codes").not_exists()
    if held < paid:
        require &= Attr("points").eq(held)
    return AccountCondition(require=require, refuse=seen(Till, _till_moved))


def _till_moved(till: Till | None) -> Refusal:
    """The till was swept or sold between reading it and the commit: decide again."""
    return TillEmpty() if till else InsufficientPoints(needed=0, available=0)


def _advance(order: Redemption, answer: Redemption, at: str) -> Write:
    """The order's state, from the one that was read to the new one; it has no item before its first change."""

    def refuse(state: OrderState | None) -> Refusal:
        status = state.status if state else "placed"
        return AlreadyRefunded() if status == "refunded" else InvalidState(state=status, action=answer.status)

    fields = {name: getattr(answer, name) for name in ("status", "voucher", "note", "reason")}
    after = OrderState(at=at, **fields)
    return update(keys.order(order.id), assign=vars(after), require=_unchanged(order), refuse=seen(OrderState, refuse))


def _unchanged(order: Redemption) -> ConditionBase:
    """What is fulfilled at the sale has no item yet; what is fulfilled later has one for ever."""
    none = Attr("status").not_exists()
    if order.status == "placed":
        return none
    return none | Attr("status").eq(order.status)
