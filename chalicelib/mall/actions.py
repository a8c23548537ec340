"""Redeeming, fulfilling, refunding, sweeping."""

from collections.abc import Mapping
from typing import Any

from chalicelib.accounts.queries import person as counted_as
from chalicelib.errors import InvalidState, Refusal, Text
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import AccountCondition, InsufficientPoints, post
from chalicelib.ledger.model import POINTS
from chalicelib.ledger.standing import acting
from chalicelib.mall import model
from chalicelib.mall.model import (
    ALWAYS,
    NEVER_ENDS,
    STEPS,
    Fulfilment,
    NewRedemption,
    OfferTerms,
    OfferUnavailable,
    Redemption,
    Swept,
)
from chalicelib.mall.tills import SoldOut, TillEmpty, disappointed
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, Write, update
from chalicelib.transitions import step


class PriceChanged(Refusal):
    status, code = 409, "price_changed"
    title = Text("The price has changed", "价格已变动")
    detail = Text(
        "One costs {price} points now, {points} in all. Show it and ask again.",
        "现价每件 {price} 积分，共 {points} 积分。请向用户展示后重新提交。",
    )


class LimitReached(Refusal):
    status, code = 409, "limit_reached"
    title = Text("The limit for one account is reached", "已达每账户限额")
    detail = Text("One account may have {limit}; this one has {held}.", "每个账户限 {limit} 件，已兑 {held} 件。")
    remedy = Text("Ask for fewer, or choose another offer.", "请减少数量，或选择其他权益。")


class AlreadyRefunded(Refusal):
    status, code = 409, "already_refunded"
    title = Text("Refunded already", "已退回")
    detail = Text("The points went back before; nothing was done again.", "积分此前已退回，未重复执行。")
    remedy = Text("Nothing needs mending: read the order.", "无需处理：请查询该订单。")


def redeem(command: Command[NewRedemption], terms: OfferTerms, taken: Mapping[str, int]) -> Decision:
    """Points for units at the quoted price: the person, one till, the Record.

    Nothing is read: the till checks price, state, window and stock inside the transaction. Refuses PriceChanged,
    OfferUnavailable, SoldOut, LimitReached, InsufficientPoints.
    """
    body, account = command.body, command.caller.account
    person = keys.holder(account)
    price = -(-body.points // body.quantity)  # a total that does not divide matches no price: refused below
    exact = body.points % body.quantity == 0
    posted = {till: _at_till(command, terms, till, price if exact else -1) for till in taken}
    posted[person] = AccountCondition(kind=INDIVIDUAL, add={"pending": 1})
    writes, facts = post(model.sale(person, body.offer, taken, price), record=command.id, terms=posted)
    if terms.per_account_limit is not None:
        writes = (*writes[:-1], _within_limit(command, terms, terms.per_account_limit), writes[-1])
    answer = Redemption(
        id=command.id, status="placed", at=command.at, account=account, merchant=terms.merchant, **body.model_dump()
    )
    facts |= {"holder": keys.holder(terms.merchant), "limited": terms.per_account_limit is not None}
    return Decision("redemption", answer, writes, facts)


def _at_till(command: Command[NewRedemption], terms: OfferTerms, till: str, price: int) -> AccountCondition:
    now, quantity = command.at, command.body.quantity

    def refuse(item: Item | None) -> Refusal:
        if item is None or item["status"] != "on_shelf" or not item["starts_at"] <= now < item["ends_at"]:
            shown = item or {"starts_at": ALWAYS, "ends_at": NEVER_ENDS}
            return OfferUnavailable(starts_at=shown["starts_at"], ends_at=shown["ends_at"])
        if item["price"] != price:
            return PriceChanged(price=item["price"], points=item["price"] * quantity)
        if terms.stripes == 1:
            return SoldOut(available=item["units"], needed=quantity)
        disappointed(terms, till)
        return TillEmpty()

    on_sale = Attr("status").eq("on_shelf") & Attr("starts_at").lte(now) & Attr("ends_at").gt(now)
    return AccountCondition(require=on_sale & Attr("price").eq(price), refuse=refuse)


def _within_limit(command: Command[NewRedemption], terms: OfferTerms, limit: int) -> Write:
    quantity = command.body.quantity
    if quantity > limit:
        raise LimitReached(limit=limit, held=0)
    return update(
        keys.purchases(counted_as(command.caller.account), terms.offer),
        add={"units": quantity},
        require=Attr("units").not_exists() | Attr("units").lte(limit - quantity),
        refuse=lambda item: LimitReached(limit=limit, held=item["units"] if item else 0),
    )


def fulfil(command: Command[Fulfilment], order: Redemption) -> Decision:
    """The merchant has delivered. Raises InvalidState.

    A frozen merchant may still deliver: the points are paid already, and the delivery is what the buyer waits for.
    """
    status = step(STEPS, order.status, "fulfil", command.caller.role)
    answer = order.model_copy(update={"status": status} | command.body.model_dump())
    delivered = update(keys.account(keys.holder(order.account)), add={"pending": -1}, require=Attr("pk").exists())
    return Decision("redemption_fulfilled", answer, (_advance(order, answer, command.at), delivered))


def refund(command: Command[Any], order: Redemption, record: Item, in_tills: Mapping[str, int]) -> Decision:
    """Points back to the person, units back to stock, once. ``in_tills`` is what each till holds, as read.

    A frozen merchant cannot refund. The exchange can, from the till and from what was swept into the frozen account
    alike: freezing ties the merchant's hands, and a buyer's claim does not wait for it. So the exchange need not
    release the account first, which would let everything out. A frozen buyer gets nothing until she is released.

    Raises AlreadyRefunded; refuses AccountFrozen, and InsufficientPoints where the merchant's points were bought back.
    """
    if order.status == "refunded":
        raise AlreadyRefunded()
    status = step(STEPS, order.status, "refund", command.caller.role)
    person, answer = keys.holder(order.account), order.model_copy(update={"status": status})
    posted = {till: _from_till(record, till, held) for till, held in in_tills.items()}
    ordered = command.caller.role == EXCHANGE
    posted[record["holder"]] = AccountCondition(even_frozen=ordered)
    posted[person] = AccountCondition(add={"pending": -1} if order.status == "placed" else {})
    transfer = model.refund(record, in_tills)
    touched = {name for posting in transfer.postings for name in posting[:2]} | {person}
    kept = {name: terms for name, terms in posted.items() if name in touched}
    writes, facts = post(transfer, record=command.id, terms=kept)
    if record["limited"]:
        writes += (update(keys.purchases(counted_as(order.account), order.offer), add={"units": -order.quantity}),)
    if not ordered and record["holder"] not in touched:
        writes += (acting(order.merchant),)
    facts |= {"holder": record["holder"], "reference": order.id}
    return Decision("redemption_refunded", answer, (_advance(order, answer, command.at), *writes), facts)


def _from_till(record: Item, till: str, held: int) -> AccountCondition:
    """A till that holds less than the sale paid it must stay as it was read: the merchant's account pays the rest, and
    would be found short although the till has the points by now.
    """
    paid = sum(amount for _, taker, amount, asset in record["postings"] if taker == till and asset == POINTS)
    return AccountCondition(require=Attr("points").eq(held) if held < paid else None, refuse=tills_moved)


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
    writes, facts = post(model.sweep(till, merchant, amount), record=command.id, terms=terms)
    answer = Swept(till=till, merchant=merchant, points=amount)
    return Decision("sweep", answer, writes, facts | {"holder": keys.holder(merchant), "reference": till})
