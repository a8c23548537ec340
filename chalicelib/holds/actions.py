"""Holding points for an order, capturing them, giving them back."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed, Text
from chalicelib.grants.items import Grant
from chalicelib.holds.items import Hold, Payer, Seller, Status
from chalicelib.holds.model import Capture, NewHold, give_up, reserve, take, to_answer
from chalicelib.holds.rules.limits import count, usable
from chalicelib.holds.rules.parts import ended, let_go, posted, step_from, still_held, with_state
from chalicelib.holds.rules.refusals import (
    GrantInactive,
    MerchantLeaves,
    MerchantSuspended,
    NotHersYet,
    OrderReferenceUsed,
    PayerLacksPoints,
)
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.ledger.actions import AccountClosed, AccountCondition, AccountFrozen
from chalicelib.ledger.standing import sells
from chalicelib.merchants.model import GONE, MALL, SUB_PLATFORM
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, absent, seen

PERSON_WAITS = timedelta(hours=24)  # after the expiry that did not run


def place(
    command: Command[NewHold], grant: Grant | None, seller: Seller | None, above: Seller | None = None
) -> Decision:
    """Points of the person who granted it are held for the merchant's order. ``seller``: the caller's account, and
    ``above`` that of the sub-platform it sells under.

    Raises RoleNotAllowed, AccountFrozen, MerchantSuspended, GrantInactive, LimitReached; refuses OrderReferenceUsed,
    PayerLacksPoints.
    """
    _may_hold(command, seller, above)
    grant = usable(command, grant)
    hold = _new(command, grant)
    payer = keys.holder(hold.account)
    terms = {
        hold.name: AccountCondition(),
        payer: AccountCondition(kind=INDIVIDUAL, add={"held": hold.amount}, refuse=seen(Payer, _cannot_pay)),
    }
    writes, facts = posted(command, hold, reserve(hold), terms)
    opened = partial(replace, require=absent(), refuse=seen(Hold, _used), assign=dump(hold))
    return Decision("hold_placed", to_answer(hold), (*with_state(hold, writes, opened), count(command, grant)), facts)


_WITH_A_MALL = Text("a merchant with a mall of its own", "拥有自有商城的权益方")


def _may_hold(command: Command[Any], seller: Seller | None, above: Seller | None) -> None:
    selling = seller.merchant if seller and seller.kind == INSTITUTION and seller.status != "closed" else None
    if seller is None or selling is None or selling.mode not in (MALL, SUB_PLATFORM):
        raise RoleNotAllowed(allowed=_WITH_A_MALL, role=command.caller.role)
    if seller.status == "frozen":
        raise AccountFrozen()
    if selling.status in GONE:
        raise MerchantLeaves()
    if not sells(seller, above):
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
    left her balance when they were held. Nothing comes to a merchant that has left, so that no point is stranded.
    """
    points, status = command.body.points, step_from(command, hold, "capture")
    if hold.expires_at <= command.at:
        raise InvalidState(state="expired", action="capture")
    if points > hold.amount:
        raise InvalidRequest.at("/points", f"At most {hold.amount} are held", f"最多为已预授权的 {hold.amount} 碳积分")
    after = replace(hold, status=status, captured_points=points, ended_at=command.at)
    stays = AccountCondition(require=Attr("merchant.left_at").not_exists(), refuse=seen(Seller, _takes_none))
    terms = {hold.name: still_held(), keys.holder(hold.merchant): stays} | let_go(hold)
    writes, facts = posted(command, hold, take(hold, points), terms)
    return Decision(
        "hold_captured", to_answer(after), ended(after, writes), replace(facts, payer=keys.holder(hold.account))
    )


def _takes_none(seller: Seller | None) -> Refusal:
    """Why a merchant's account takes no points: it only gains, so nothing but its state is in the way."""
    if seller and seller.merchant and seller.merchant.left_at:
        return InvalidState(state="left", action="capture")
    stopped = {"frozen": AccountFrozen, "closed": AccountClosed}.get(seller.status) if seller else None
    return stopped() if stopped else Contended()


def release(command: Command[Empty], hold: Hold) -> Decision:
    """The merchant gives the points back; the person does it herself where the expiry did not run for a day.

    Raises InvalidState.
    """
    hers = stamp(datetime.fromisoformat(hold.expires_at) + PERSON_WAITS)
    status = step_from(command, hold, "release")
    if command.caller.role == INDIVIDUAL and command.at < hers:
        raise NotHersYet(state=hold.status, action="release", ends_at=hers)
    return _release(command, hold, status)


def expire(command: Command[Empty], hold: Hold) -> Decision:
    """The schedule gives the points back when the time is over. Raises InvalidState."""
    status = step_from(command, hold, "expire")
    if command.at < hold.expires_at:
        raise InvalidState(state=hold.status, action="expire")
    return _release(command, hold, status)


def _release(command: Command[Empty], hold: Hold, status: Status) -> Decision:
    after = replace(hold, status=status, ended_at=command.at)
    writes, facts = posted(command, hold, give_up(hold), {hold.name: still_held()} | let_go(hold))
    return Decision(f"hold_{status}", to_answer(after), ended(after, writes), facts)
