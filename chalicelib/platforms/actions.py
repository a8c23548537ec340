"""Admitting, suspending and vetoing members of a sub-platform, and taking their offers down."""

from dataclasses import replace
from datetime import timedelta

from chalicelib.errors import InvalidRequest, InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, AnyAccount, Merchant
from chalicelib.ledger.standing import acting, turned, unturned
from chalicelib.mall.catalogue import takedown
from chalicelib.mall.items import Offer
from chalicelib.merchants import actions as merchants
from chalicelib.merchants.actions import AlreadyMerchant, admission
from chalicelib.merchants.history import member_line
from chalicelib.merchants.members import Membership, joins, leaves
from chalicelib.merchants.model import OTHER, SUB_PLATFORM_OPERATOR, VETOED, suspenders
from chalicelib.platforms.model import Grounds, MemberAnswer, NewMember, to_member
from chalicelib.settings import settings
from chalicelib.table.write import Write, update


class VetoOver(InvalidState):
    detail = Text(
        "The exchange could veto this admission until {veto_until}.",
        "上海环交所可否决该入驻的期限为 {veto_until}，现已届满。",
    )
    remedy = Text("Suspend the merchant, if need be.", "如有需要，请暂停该权益方。")


class ReviewedBefore(InvalidState):
    detail = Text(
        "The exchange reviewed this member's application itself, so there is nothing to veto.",
        "该权益方的入驻申请已由上海环交所审查，不适用否决。",
    )
    remedy = Text("Suspend the merchant, if need be.", "如有需要，请暂停该权益方。")


def admit(command: Command[NewMember], operator: str, account: Account | None) -> Decision:
    """An institution becomes a merchant beneath the sub-platform at its operator's word, within its plan.

    Refuses InvalidRequest for an account that is none, closed or a person's, AlreadyMerchant, AccountFrozen (either
    party), PlanFull, InvalidState while the operator is suspended or where the exchange vetoed the institution before.
    """
    body = command.body
    if account is None or account.kind != INSTITUTION:
        raise _no_institution(None)
    if account.id == operator:
        raise AlreadyMerchant()
    merchant = Merchant(
        mode=OTHER, status="active", since=command.at, turn=command.id, sub_platform=operator, counted=True
    )
    membership = Membership(
        merchant=account.id,
        since=command.at,
        admitted_by="operator",
        reason=body.reason,
        veto_until=stamp(command.now + timedelta(days=settings().veto_days)),
    )
    writes = (admission(account.id, merchant, refuse=_no_institution), *joins(command, operator, membership))
    answer = to_member(membership, replace(account, merchant=merchant), command.at)
    return Decision("member_admitted", answer, writes, Facts(merchant=account.id, reason=body.reason))


def turn(command: Command[Grounds], operator: str, membership: Membership, account: Account, action: str) -> Decision:
    """Suspend a member, or lift the operator's own suspension of it (``action``). The exchange's stays.

    Raises InvalidState, NotFound; refuses AccountFrozen where the operator is frozen.
    """
    _present(membership, account, operator, action)
    decide = {"suspend": merchants.suspend, "reinstate": merchants.reinstate}[action]
    decision = decide(command, account, SUB_PLATFORM_OPERATOR)
    others = suspenders(account.as_merchant) - {SUB_PLATFORM_OPERATOR}
    by = sorted({*others, SUB_PLATFORM_OPERATOR} if action == "suspend" else others)
    after = {"suspended_by": by, "status": "suspended" if by else "active"}
    answer: MemberAnswer = to_member(membership, account, command.at).model_copy(update=after)
    return replace(decision, answer=answer, writes=(acting(operator), *decision.writes))


def veto(command: Command[Grounds], operator: str, membership: Membership, account: Account) -> Decision:
    """The member ceases to be a merchant: its offers leave the shelf (a reaction does that), its orders and points
    stay, and its place in the plan is free. Raises InvalidState where it is none any more, or the time is over.
    """
    _present(membership, account, operator, "veto")
    if membership.veto_until is None:
        raise ReviewedBefore(state="active", action="veto")
    if membership.veto_until <= command.at:
        raise VetoOver(state="active", action="veto", veto_until=membership.veto_until)
    merchant, note = turned(command, account, status="ended", suspended_by=(), counted=None, veto=command.body.reason)
    writes = (
        update(account.key, assign={"merchant": merchant}, require=unturned(account)),
        note,
        *leaves(command, account, "vetoed", command.body.reason),
    )
    left = replace(membership, status="vetoed", until=command.at)
    answer = to_member(left, replace(account, merchant=merchant), command.at)
    return Decision(
        VETOED,
        answer,
        writes,
        Facts(merchant=account.id, counterparty=operator, reason=command.body.reason),
        publish=True,
    )


def take_down(command: Command[Grounds], operator: str, offer: Offer) -> Decision:
    """An offer of a member leaves the shelf, and only the operator or the exchange lets it back. Refuses NotFound,
    InvalidState, AccountFrozen where the operator is frozen.
    """
    note = _about(command, operator, offer, "take-down", "off_shelf")
    return takedown.take_down(command, offer, operator, command.body.reason, (acting(operator), note))


def allow(command: Command[Grounds], operator: str, offer: Offer) -> Decision:
    """Its merchant may put it on the shelf again. Refuses InvalidState; AccountFrozen where the operator is frozen."""
    note = _about(command, operator, offer, "allow", offer.status)
    own = (acting(operator),) if command.caller.role == INSTITUTION else ()
    return takedown.allow(command, offer, operator, command.body.reason, (*own, note))


def _about(command: Command[Grounds], operator: str, offer: Offer, action: str, status: str) -> Write:
    """The line of an offer in its merchant's history."""
    comment = f"{offer.id}: {command.body.reason}"
    return member_line(command, (operator, offer.merchant), action, status=status, comment=comment)


def _present(membership: Membership, account: Account, operator: str, action: str) -> None:
    """Raises InvalidState where the membership is over; NotFound where the account has left since it was read."""
    if membership.status != "active":
        raise InvalidState(state=membership.status, action=action)
    if account.as_merchant.sub_platform != operator:
        raise NotFound()


def _no_institution(_: AnyAccount | None) -> Refusal:
    return InvalidRequest.at("/account", "Is no open account of an institution", "不是有效的机构账户")
