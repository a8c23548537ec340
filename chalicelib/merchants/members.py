"""Merchants beneath a sub-platform (guide §7.1 b): who is one, and that there are no more than its plan says."""

from dataclasses import dataclass
from typing import Any, Literal

from chalicelib import errors
from chalicelib.errors import Contended, InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.merchants.history import member_line
from chalicelib.merchants.model import SUB_PLATFORM, SUB_PLATFORM_OPERATOR
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, absent, present, put, seen, update

Admitted = Literal["operator", "application"]
MemberStatus = Literal["active", "vetoed", "ended"]


class PlanFull(errors.LimitReached):
    title = Text("The sub-platform's plan is full", "分平台计划入驻数量已满")
    detail = Text(
        "Its plan is for {limit} merchants; it has {held}.", "该分平台计划入驻权益方 {limit} 家，已入驻 {held} 家。"
    )
    remedy = Text(
        "Ask the exchange: more than planned takes a new application of the operator.",
        "请联系上海环交所：超出计划数量的，分平台建设单位须重新申请。",
    )


class VetoedBefore(InvalidState):
    detail = Text(
        "The exchange vetoed this institution's admission: the operator cannot admit it again.",
        "上海环交所曾否决该机构入驻，分平台不能再次准予其入驻。",
    )
    remedy = Text(
        "The institution may apply itself with POST /v1/applications; the exchange reviews that.",
        "该机构可通过 POST /v1/applications 自行申请入驻，由上海环交所审查。",
    )


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A merchant beneath a sub-platform, since when and how it was admitted; ``until`` when it ceased to be one.

    ``veto_until``: the exchange may veto it before then; None where it had reviewed the member's application itself.
    """

    merchant: str
    since: str
    admitted_by: Admitted
    status: MemberStatus = "active"
    reason: str | None = None
    veto_until: str | None = None
    until: str | None = None


def joins(command: Command[Any], operator: str, membership: Membership) -> tuple[Write, ...]:
    """One member more, with its history. Refuses PlanFull; where the operator itself admits it, also NotFound,
    AccountFrozen and InvalidState for one that may not, and InvalidState for a merchant that the exchange vetoed.
    """
    own = membership.admitted_by == SUB_PLATFORM_OPERATOR
    free = absent() | Attr("status").eq("ended") if own else absent() | Attr("status").is_in(["ended", "vetoed"])
    place = (operator, membership.merchant)
    return (
        _one_more(operator, own),
        put(keys.member(*place), membership, require=free, refuse=seen(Membership, _not_again)),
        member_line(command, place, "admit", status="active", comment=membership.reason),
    )


def leaves(command: Command[Any], account: Account, status: MemberStatus, reason: str | None) -> tuple[Write, ...]:
    """One member less (``account``, as read and counted): its place in the plan is free again."""
    merchant = account.as_merchant
    place = (str(merchant.sub_platform), account.id)
    ended = {"status": status, "until": command.at}
    return (
        update(keys.account(keys.holder(place[0])), add={"members": -1}, require=present()),
        update(keys.member(*place), assign=ended, require=Attr("status").eq("active")),
        member_line(command, place, {"vetoed": "veto"}.get(status, "end"), status="ended", comment=reason),
    )


def _one_more(operator: str, own: bool) -> Write:
    """Within its plan, where that has a number; ``own``: by the operator's own word, for which it must be active."""
    require = _room() & Attr("merchant.status").ne("leaving") & Attr("merchant.status").ne("left")
    if own:
        require &= Attr("status").eq("active") & Attr("merchant.status").eq("active")
        require &= Attr("merchant.mode").eq(SUB_PLATFORM)

    def refuse(stored: Account | None) -> Refusal:
        merchant = stored.merchant if stored else None
        if stored is None or merchant is None or merchant.mode != SUB_PLATFORM:
            return NotFound()
        if own and stored.status != "active":
            return AccountFrozen()
        if merchant.status in ("leaving", "left") or (own and merchant.status != "active"):
            return InvalidState(state=merchant.status, action="admit")
        if merchant.planned_merchants is not None and stored.members >= merchant.planned_merchants:
            return PlanFull(limit=merchant.planned_merchants, held=stored.members)
        return Contended()

    key = keys.account(keys.holder(operator))
    return update(key, add={"members": 1}, require=require, refuse=seen(Account, refuse))


def _room() -> ConditionBase:
    planned = Attr("merchant.planned_merchants")
    return planned.not_exists() | Attr("members").not_exists() | Attr("members").lt(planned)


def _not_again(stored: Membership | None) -> Refusal:
    if stored and stored.status == "vetoed":
        return VetoedBefore(state="vetoed", action="admit")
    return Contended()
