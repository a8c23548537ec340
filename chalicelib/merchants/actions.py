"""Admitting, suspending and reinstating merchants."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, AnyAccount, Merchant
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.ledger.standing import turned, unturned
from chalicelib.merchants import history
from chalicelib.merchants.model import KINDS, MALL, STEPS, SUB_PLATFORM, Admission, own_state, suspenders, to_answer
from chalicelib.merchants.validity import validities
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Refuse, Write, check, seen, update
from chalicelib.transitions import step


class AlreadyMerchant(Refusal):
    status, code = 409, "already_merchant"
    title = Text("A merchant already", "已是碳普惠权益方")
    detail = Text("The institution was admitted before.", "该机构此前已入驻。")
    remedy = Text(
        "Read it with GET /v1/merchants/{id}. Beside its mode it can apply for an event: the mode event.",
        "请通过 GET /v1/merchants/{id} 查询。权益方可在现有模式之外申请举办特定活动（mode 为 event）。",
    )


class SuspendedByOthers(InvalidState):
    detail = Text(
        "The merchant is suspended, but not by this party: {suspended_by}. Each lifts its own suspension.",
        "该权益方的暂停并非由本方作出（{suspended_by}），须由作出暂停的一方恢复。",
    )
    remedy = Text("Ask those that suspended it, or wait until they lift it.", "请联系作出暂停的一方。")


def admit(command: Command[Admission], account: Account | None) -> Decision:
    """An institution becomes a merchant at the word of the exchange; mode and reason stay on the Record.

    Refuses AlreadyMerchant, AccountFrozen, and InvalidRequest for an account that is none, closed or a person's.
    """
    body = command.body
    if account is None or account.kind != INSTITUTION:
        raise _no_institution(None)
    merchant = Merchant(mode=body.mode, status="active", since=command.at, turn=command.id)
    return Decision(
        kind="merchant_admitted",
        answer=to_answer(replace(account, merchant=merchant), command.at),
        writes=(
            admission(body.account, merchant, refuse=_no_institution),
            *validities(command, body.account, agreement=body.agreement_ends_on, licence=body.licence_ends_on),
        ),
        facts=Facts(reason=body.reason),
    )


def admission(account: str, merchant: Merchant, *, refuse: Callable[[AnyAccount | None], Refusal]) -> Write:
    """The Write that makes an open account a merchant. Refuses AlreadyMerchant, AccountFrozen, or what ``refuse`` says
    if it is not open.
    """
    return update(
        keys.account(keys.holder(account)),
        assign={"merchant": merchant},
        listed=Listing(lists.MERCHANTS, f"{merchant.since}:{account}"),
        require=may_be_admitted(merchant.since),
        refuse=not_free(refuse),
    )


def not_free(otherwise: Callable[[AnyAccount | None], Refusal]) -> Refuse:
    """Why an account may not be admitted: a merchant already, frozen, or what ``otherwise`` says of one not open."""

    def refuse(stored: AnyAccount | None) -> Refusal:
        kind = {"active": AlreadyMerchant, "frozen": AccountFrozen}.get(stored.status) if stored else None
        return kind() if kind else otherwise(stored)

    return seen(AnyAccount, refuse)


def may_be_admitted(at: str) -> ConditionBase:
    """An open account that is no merchant any more, or never was: its event is over, it was vetoed, or it has left.

    An event's beneath a sub-platform first gives its place in the plan back, which the schedule sees to in minutes.
    """
    over = Attr("merchant.event.ends_at").lte(at) & Attr("merchant.counted").not_exists()
    over &= Attr("merchant.status").ne("leaving")
    over &= Attr("merchant.events_until").not_exists() | Attr("merchant.events_until").lte(at)
    free = reduce(or_, (Attr("merchant").not_exists(), over, Attr("merchant.status").is_in(["ended", "left"])))
    return Attr("status").eq("active") & free


def remains(account: str, application: str | None, action: str) -> Write:
    """The condition of an ``action`` by which a merchant changes its own system: it was admitted by ``application``, or
    outside the platform in a mode that has one.

    A suspended merchant may, and one that leaves, because their orders stay. Refuses AccountFrozen, AccountClosed,
    InvalidState.
    """

    def refuse(stored: AnyAccount | None) -> Refusal:
        kind = {"frozen": AccountFrozen, "closed": AccountClosed}.get(stored.status) if stored else None
        return kind() if kind else InvalidState(state="ended", action=action)

    by = Attr("merchant.application").eq(application) if application else _with_system()
    admitted = Attr("status").eq("active") & by
    admitted &= Attr("merchant.status").is_in(["active", "suspended", "leaving"])
    return check(keys.account(keys.holder(account)), admitted, seen(AnyAccount, refuse))


def _with_system() -> ConditionBase:
    return Attr("merchant.application").not_exists() & Attr("merchant.mode").is_in([MALL, SUB_PLATFORM])


def suspend(command: Command[Any], account: Account, party: str = "") -> Decision:
    """Its offers are to leave the shelf (a reaction does that); orders and points stay. ``party``: who does it, if that
    is the sub-platform's operator and not the caller's role. Raises InvalidState.
    """
    return _turn(command, account, "suspend", party or command.caller.role)


def reinstate(command: Command[Any], account: Account, party: str = "") -> Decision:
    """The offers that suspension took down are to come back, once nobody else suspends it. Raises InvalidState."""
    return _turn(command, account, "reinstate", party or command.caller.role)


def _turn(command: Command[Any], account: Account, action: str, party: str) -> Decision:
    """A turn of the merchant's state, which its offers follow. Contended where it turned since it was read."""
    merchant, reason = account.as_merchant, command.body.reason
    if action == "reinstate" and merchant.status == "suspended" and party not in suspenders(merchant):
        raise SuspendedByOthers(
            state=merchant.status, action=action, suspended_by=", ".join(sorted(suspenders(merchant)))
        )
    target = step(STEPS, own_state(merchant, party), action, party)
    by = {*suspenders(merchant), party} if target == "suspended" else {*suspenders(merchant)} - {party}
    status = "suspended" if by else "active"
    after, note = turned(command, account, status=status, suspended_by=tuple(sorted(by)))
    writes = [update(account.key, assign={"merchant": after}, require=unturned(account)), note]
    writes += _lines(command, account, action, status, reason)
    answer, facts = to_answer(replace(account, merchant=after), command.at), Facts(merchant=account.id, reason=reason)
    return Decision(f"{KINDS[party]}_{target}", answer, tuple(writes), facts, publish=True)


def _lines(command: Command[Any], account: Account, action: str, status: str, reason: str | None) -> Iterator[Write]:
    """Where the step stands: in the history of its application, and of its membership in a sub-platform."""
    merchant = account.as_merchant
    if merchant.application:
        yield history.line(command, merchant.application, action, status=status, comment=reason)
    if merchant.sub_platform:
        place = (merchant.sub_platform, account.id)
        yield history.member_line(command, place, action, status=status, comment=reason)


def _no_institution(_: AnyAccount | None) -> Refusal:
    return InvalidRequest.at("/account", "Is no open account of an institution", "不是有效的机构账户")
