"""After the sale: an order is fulfilled, or refunded."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
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
from chalicelib.mall.items import OfferTerms, OrderState, Till
from chalicelib.mall.orders import STEPS, Fulfilment, Redemption, Refund
from chalicelib.mall.tills import TillEmpty
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, present, seen, update
from chalicelib.transitions import step


class BuyerClosed(AccountClosed):
    detail = Text(
        "The buyer has closed the account that the points go back to. The buyer opens it again with POST /v1/accounts;"
        " then send the refund again.",
        "买方已注销账户，积分无法退回。请联系买方通过 POST /v1/accounts 重新开户，随后重新提交退款。",
    )


class AlreadyRefunded(Refusal):
    status, code = 409, "already_refunded"
    title = Text("Refunded already", "已退回")
    detail = Text("The points went back before; nothing was done again.", "积分此前已退回，未重复执行。")
    remedy = Text("Nothing to fix: read the order.", "无需处理：请查询该订单。")


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
    return Decision("redemption_fulfilled", answer, tuple(writes))


def refund(
    command: Command[Refund],
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

    Raises AlreadyRefunded, and InvalidRequest where the exchange gives no reason. Refuses AccountFrozen,
    InsufficientPoints where the merchant's points were bought back, and BuyerClosed until the buyer has opened the
    account again: the points stay with the merchant meanwhile.
    """
    if order.status == "refunded":
        raise AlreadyRefunded()
    status = step(STEPS, order.status, "refund", command.caller.role)
    by_exchange, reason = command.caller.role == EXCHANGE, command.body.reason
    if by_exchange and reason is None:
        raise InvalidRequest.at("/reason", "The exchange gives a reason for a refund", "上海环交所退还碳积分须说明原因")
    buyer, answer = keys.holder(order.account), order.model_copy(update={"status": status, "reason": reason})
    placed = order.status == "placed"
    conditions = {till: _from_till(record, till, held) for till, held in in_tills.items()}
    if placed and record.counted_at:
        conditions[record.counted_at] = replace(conditions[record.counted_at], add={"orders": -1})
    conditions[str(record.holder)] = AccountCondition(even_frozen=by_exchange)
    conditions[buyer] = AccountCondition(refuse=seen(Account, _buyer_cannot), add={"pending": -1} if placed else {})
    transfer = transfers.refund(record, in_tills)
    accounts = {name for posting in transfer.postings for name in posting[:2]} | {buyer}
    needed = {name: condition for name, condition in conditions.items() if name in accounts}
    writes, facts = post(transfer, record=command.id, terms=needed)
    if record.limited:
        writes += (update(keys.purchases(person, terms.counted), add=terms.units(-order.quantity)),)
    if not by_exchange and record.holder not in accounts:
        writes += (acting(order.merchant),)
    facts = replace(facts, holder=record.holder, reference=order.id, reason=reason)
    return Decision("redemption_refunded", answer, (_advance(order, answer, command.at), *writes), facts)


def _from_till(record: Record, till: str, held: int) -> AccountCondition:
    """A till that holds less than the sale paid it must stay as it was read: the merchant's account pays the rest, and
    would be found short although the till has the points by now.
    """
    paid = sum(amount for _, taker, amount, asset in record.postings if taker == till and asset == POINTS)
    return AccountCondition(require=Attr("points").eq(held) if held < paid else None, refuse=seen(Till, _till_moved))


def _buyer_cannot(account: Account | None) -> Refusal:
    """Why the buyer's account takes no points: it only gains, so nothing but its state is in the way."""
    if account is None:
        return AccountNotOpen()
    return BuyerClosed() if account.status == "closed" else inactive(account) or Contended()


def _till_moved(till: Till | None) -> Refusal:
    """The till was swept or sold between reading it and the commit: decide again."""
    return TillEmpty() if till else InsufficientPoints(needed=0, available=0)


def _advance(order: Redemption, answer: Redemption, at: str) -> Write:
    """The order's state, from the one that was read to the new one; it has no item while placed."""
    as_read = Attr("status").not_exists() if order.status == "placed" else Attr("status").eq(order.status)

    def refuse(state: OrderState | None) -> Refusal:
        status = state.status if state else "placed"
        return AlreadyRefunded() if status == "refunded" else InvalidState(state=status, action=answer.status)

    fields = {name: getattr(answer, name) for name in ("status", "voucher", "note", "reason")}
    after = OrderState(at=at, **fields)
    return update(keys.order(order.id), assign=vars(after), require=as_read, refuse=seen(OrderState, refuse))
