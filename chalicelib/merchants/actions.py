"""Admitting, suspending and reinstating merchants."""

from dataclasses import replace
from functools import reduce
from operator import or_

from chalicelib.errors import InvalidRequest, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, AnyAccount, EventTerms, Merchant
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.ledger.standing import turned, unturned
from chalicelib.merchants import history
from chalicelib.merchants.model import STEPS, Admission, Cause, Mode, shown
from chalicelib.table import keys, lists
from chalicelib.table.write import Attr, ConditionBase, Item, Refuse, Write, seen_first, update
from chalicelib.transitions import step


class AlreadyMerchant(Refusal):
    status, code = 409, "already_merchant"
    title = Text("A merchant already", "已是权益方")
    detail = Text("The institution was admitted before.", "该机构此前已入驻。")
    remedy = Text(
        "Nothing to fix: read it with GET /v1/merchants/{id}.", "无需处理：请通过 GET /v1/merchants/{id} 查询。"
    )


def admit(command: Command[Admission], account: Account | None) -> Decision:
    """An institution becomes a merchant at the word of the exchange; mode and reason stay on the Record.

    Refuses AlreadyMerchant, AccountFrozen, and InvalidRequest for an account that is none, closed or a person's.
    """
    body = command.body
    if account is None or account.kind != "institution":
        raise _no_institution(None)
    merchant = admitted(command.id, command.at, mode=body.mode)
    return Decision(
        kind="merchant_admitted",
        answer=shown(replace(account, merchant=merchant), command.at),
        writes=(admission(body.account, merchant, refuse=_no_institution),),
        facts=Facts(reason=body.reason),
    )


def admitted(
    turn: str,
    at: str,
    *,
    mode: Mode,
    sub_platform: str | None = None,
    application: str | None = None,
    event: EventTerms | None = None,
) -> Merchant:
    """What an account keeps of its merchant. ``turn`` names the latest change of its state."""
    above = {"sub_platform": sub_platform, "application": application}
    return Merchant(mode=mode, status="active", since=at, turn=turn, event=event, **above)


def admission(account: str, merchant: Merchant, *, refuse: Refuse) -> Write:
    """The Write that makes an open account a merchant. Refuses AlreadyMerchant, AccountFrozen, or what ``refuse`` says
    if it is not open.
    """
    at = merchant.since
    return update(
        keys.account(keys.holder(account)),
        assign={"merchant": merchant, "list": lists.MERCHANTS, "rank": f"{at}:{account}"},
        require=may_be_admitted(at),
        refuse=not_free(refuse),
    )


def not_free(otherwise: Refuse) -> Refuse:
    """Why an account may not be admitted: a merchant already, frozen, or what ``otherwise`` says of one not open."""

    def why(account: AnyAccount | None) -> Refusal | None:
        known = {"active": AlreadyMerchant, "frozen": AccountFrozen}.get(account.status) if account else None
        return known() if known else None

    return seen_first(AnyAccount, why, otherwise)


def may_be_admitted(at: str) -> ConditionBase:
    """An open account that is no merchant, or one whose event is over."""
    free = reduce(or_, (Attr("merchant").not_exists(), Attr("merchant.event.ends_at").lte(at)))
    return Attr("status").eq("active") & free


def suspend(command: Command[Cause], account: Account) -> Decision:
    """Its offers are to leave the shelf (a reaction does that); orders and points stay. Raises InvalidState."""
    return _turn(command, account, "suspend")


def reinstate(command: Command[Cause], account: Account) -> Decision:
    """The offers that suspension took down are to come back. Raises InvalidState."""
    return _turn(command, account, "reinstate")


def _turn(command: Command[Cause], account: Account, action: str) -> Decision:
    """A turn of the merchant's state, which its offers follow."""
    merchant, reason = account.as_merchant, command.body.reason
    status = step(STEPS, merchant.status, action, command.caller.role)
    after, note = turned(command, account, status=status)
    writes = [
        update(account.key, assign={"merchant": after}, require=unturned(account)),
        note,
    ]
    if merchant.application:
        writes.append(history.line(command, merchant.application, action, status=status, comment=reason))
    answer, facts = shown(replace(account, merchant=after), command.at), Facts(merchant=account.id, reason=reason)
    return Decision(f"merchant_{status}", answer, tuple(writes), facts, publish=True)


def _no_institution(_: Item | None) -> Refusal:
    return InvalidRequest.at("/account", "Is no open account of an institution", "不是有效的机构账户")
