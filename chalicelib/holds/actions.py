"""Holding points for an order, capturing, releasing, refunding them."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from chalicelib.errors import AlreadyRefunded, Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.grants.items import Grant
from chalicelib.holds.items import STEPS, Hold, Payer, Seller, Status
from chalicelib.holds.limits import count, usable
from chalicelib.holds.model import Capture, HoldRefund, NewHold, give_up, pay_back, reserve, take, to_answer
from chalicelib.holds.refusals import (
    GrantInactive,
    MerchantSuspended,
    NotHersYet,
    OrderReferenceUsed,
    PayerClosed,
    PayerLacksPoints,
)
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.actions import AccountCondition, AccountFrozen, post
from chalicelib.ledger.model import Transfer
from chalicelib.merchants.model import MALL, SUB_PLATFORM
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Item, Write, absent, seen
from chalicelib.transitions import step

PERSON_WAITS = timedelta(hours=24)  # after the expiry that did not run


def place(command: Command[NewHold], grant: Grant | None, seller: Seller | None) -> Decision:
    """Points of the person who granted it are held for the merchant's order. ``seller``: the caller's account.

    Raises RoleNotAllowed, AccountFrozen, MerchantSuspended, GrantInactive, LimitReached; refuses OrderReferenceUsed,
    PayerLacksPoints.
    """
    _may_hold(command, seller)
    grant = usable(command, grant)
    hold = _new(command, grant)
    payer = keys.holder(hold.account)
    terms = {
        hold.name: AccountCondition(),
        payer: AccountCondition(kind=INDIVIDUAL, add={"held": hold.amount}, refuse=seen(Payer, _cannot_pay)),
    }
    writes, facts = _post(command, hold, reserve(hold), terms)
    opened = partial(replace, require=absent(), refuse=seen(Hold, _used), assign=dump(hold))
    return Decision("hold_placed", to_answer(hold), (*_at(hold, writes, opened), count(command, grant)), facts)


def _may_hold(command: Command[Any], seller: Seller | None) -> None:
    selling = seller.merchant if seller and seller.kind == INSTITUTION and seller.status != "closed" else None
    if seller is None or selling is None or selling.mode not in (MALL, SUB_PLATFORM):
        raise RoleNotAllowed(allowed="a merchant with a mall of its own", role=command.caller.role)
    if seller.status == "frozen":
        raise AccountFrozen()
    if selling.status != "active":
        raise MerchantSuspended()


def _new(command: Command[NewHold], grant: Grant) -> Hold:
    body = command.body
    return Hold(
        id=hold_id(command),
        status="held",
        account=grant.account,
        merchant=grant.partner,
        grant=grant.id,
        order_reference=body.order_reference,
        title=body.title,
        amount=body.points,
        placed_at=command.at,
        expires_at=stamp(command.now + timedelta(seconds=body.expires_in_seconds)),
    )


def hold_id(command: Command[NewHold]) -> str:
    """A merchant's reference names one hold for ever, so the hold itself is the guard."""
    return keys.digest("hold", command.caller.account, command.body.order_reference)


def _used(hold: Hold | None) -> Refusal:
    return OrderReferenceUsed(hold=hold.id if hold else "?")


def _cannot_pay(payer: Payer | None) -> Refusal:
    return PayerLacksPoints() if payer and payer.status == "active" else GrantInactive()


def capture(command: Command[Capture], hold: Hold) -> Decision:
    """The merchant takes what it may, once; the rest goes back. Raises InvalidState, InvalidRequest over what is held.

    Neither a withdrawn grant nor a suspended merchant is in the way, nor is a person who was frozen since: the points
    left her balance when they were held.
    """
    points, status = command.body.points, _step(command, hold, "capture")
    if hold.expires_at <= command.at:
        raise InvalidState(state="expired", action="capture")
    if points > hold.amount:
        raise InvalidRequest.at("/points", f"At most {hold.amount} are held", f"最多为已预授权的 {hold.amount} 积分")
    after = replace(hold, status=status, captured_points=points, ended_at=command.at)
    terms = {hold.name: _still_held(), keys.holder(hold.merchant): AccountCondition()} | _let_go(hold)
    writes, facts = _post(command, hold, take(hold, points), terms)
    return Decision(
        "hold_captured", to_answer(after), _end(after, writes), replace(facts, payer=keys.holder(hold.account))
    )


def release(command: Command[Empty], hold: Hold) -> Decision:
    """The merchant gives the points back; the person does it herself where the expiry did not run for a day.

    Raises InvalidState.
    """
    hers = stamp(datetime.fromisoformat(hold.expires_at) + PERSON_WAITS)
    status = _step(command, hold, "release")
    if command.caller.role == INDIVIDUAL and command.at < hers:
        raise NotHersYet(state=hold.status, action="release", ends_at=hers)
    return _release(command, hold, status)


def expire(command: Command[Empty], hold: Hold) -> Decision:
    """The schedule gives the points back when the time is over. Raises InvalidState."""
    status = _step(command, hold, "expire")
    if command.at < hold.expires_at:
        raise InvalidState(state=hold.status, action="expire")
    return _release(command, hold, status)


def _release(command: Command[Empty], hold: Hold, status: Status) -> Decision:
    after = replace(hold, status=status, ended_at=command.at)
    writes, facts = _post(command, hold, give_up(hold), {hold.name: _still_held()} | _let_go(hold))
    return Decision(f"hold_{status}", to_answer(after), _end(after, writes), facts)


def refund(command: Command[HoldRefund], hold: Hold) -> Decision:
    """Captured points go back to the person, in parts, never more than were captured.

    As with orders, a frozen merchant cannot refund, and the exchange can. Raises InvalidState, AlreadyRefunded,
    InvalidRequest over what is left; refuses InsufficientPoints, PayerClosed.
    """
    points, role = command.body.points, command.caller.role
    _refundable(command, hold)
    after = replace(hold, refunded_points=hold.refunded_points + points)
    as_read = Attr("refunded_points").eq(hold.refunded_points)
    terms = {
        hold.name: AccountCondition(require=as_read, refuse=_moved, add={"refunded_points": points}),
        keys.holder(hold.merchant): AccountCondition(even_frozen=role == EXCHANGE),
        keys.holder(hold.account): AccountCondition(refuse=seen(Payer, _cannot_get)),
    }
    writes, facts = _post(command, hold, pay_back(hold, points), terms)
    return Decision("hold_refunded", to_answer(after), writes, replace(facts, reason=command.body.reason))


def _refundable(command: Command[HoldRefund], hold: Hold) -> None:
    _step(command, hold, "refund")
    if command.caller.role == EXCHANGE and command.body.reason is None:
        raise InvalidRequest.at("/reason", "The exchange gives a reason", "交易所退还积分须说明原因")
    left = hold.captured_points - hold.refunded_points
    if not left:
        raise AlreadyRefunded()
    if command.body.points > left:
        raise InvalidRequest.at("/points", f"At most {left} are left to refund", f"最多可退还 {left} 积分")


def _cannot_get(payer: Payer | None) -> Refusal:
    if payer and payer.status == "frozen":
        return AccountFrozen()
    return PayerClosed() if payer and payer.status == "closed" else Contended()


def _step(command: Command[Any], hold: Hold, action: str) -> Status:
    """The state that ``action`` leads to. Raises InvalidState."""
    return cast(Status, step(STEPS, hold.status, action, command.caller.role))


def _still_held() -> AccountCondition:
    """Who comes second reads the hold again, and is refused by its new state."""
    return AccountCondition(require=Attr("status").eq("held"), refuse=_moved)


def _moved(_: Item | None) -> Refusal:
    return Contended()


def _let_go(hold: Hold) -> dict[str, AccountCondition]:
    """What the person's account counts as held; even if it is frozen, for nothing leaves it."""
    return {keys.holder(hold.account): AccountCondition(add={"held": -hold.amount}, even_frozen=True)}


def _end(after: Hold, writes: tuple[Write, ...]) -> tuple[Write, ...]:
    changed = {"status": after.status, "captured_points": after.captured_points, "ended_at": after.ended_at}
    return _at(after, writes, partial(replace, assign=changed))


def _at(hold: Hold, writes: tuple[Write, ...], change: Any) -> tuple[Write, ...]:
    """The hold's item is its Account: what else changes of it is part of the ledger's Write."""
    return tuple(change(each) if each.key == hold.key else each for each in writes)


def _post(
    command: Command[Any], hold: Hold, transfer: Transfer, terms: dict[str, AccountCondition]
) -> tuple[tuple[Write, ...], Facts]:
    """The Transfer's Writes, and what every Record of a hold keeps."""
    writes, facts = post(transfer, record=command.id, terms=terms)
    return writes, replace(facts, hold=hold.id, holder=keys.holder(hold.merchant))
