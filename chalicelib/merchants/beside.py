"""An event that a merchant runs beside its mode (guide §7.1 c): whose it is, and its terms. Pure."""

from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Contended, InvalidState, Refusal, Text
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account, EventTerms
from chalicelib.ledger.actions import inactive
from chalicelib.ledger.standing import turned, unturned
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Refuse, Write, put, seen, update


class NoNewEvent(InvalidState):
    """The merchant may not sell, so it promises nothing new."""

    detail = Text(
        "The merchant is {state}: it can begin no event beside its mode now.",
        "该权益方当前状态为 {state}，目前不能另行举办特定活动。",
    )
    remedy = Text(
        "Apply once it is active. The exchange can return an application that waits.",
        "请待其恢复正常后再申请；正在审查的申请，上海环交所可退回补正。",
    )


@dataclass(frozen=True, kw_only=True)
class MerchantEvent:
    """An event beside the mode of its ``merchant``; ``id`` is that of its application. It never changes after its
    admission (``since``), so whoever has read it needs no condition on it.
    """

    id: str
    merchant: str
    since: str
    terms: EventTerms


def runs_beside(account: Account | None, at: str) -> bool:
    """Whether an event of an institution (as read) would be one beside its mode: it is a merchant still, or leaves."""
    merchant = account.merchant if account else None
    return merchant is not None and merchant.status not in ("ended", "left") and not merchant.over(at)


def still_runs(account: Account, since: str) -> bool:
    """Whether an event that was admitted at ``since`` beside the mode of ``account`` has not ended with a veto."""
    merchant = account.merchant
    return merchant is not None and merchant.status not in ("ended", "left") and merchant.since <= since


def may_begin(account: Account) -> ConditionBase:
    """The condition that a merchant (``account``, as read) may promise a new event."""
    return unturned(account) & Attr("status").eq("active") & Attr("merchant.status").eq("active")


def not_now(action: str) -> Refuse:
    """Why it may not: AccountFrozen, AccountClosed, NoNewEvent; Contended where it turned since it was read."""

    def refuse(stored: Account | None) -> Refusal:
        if stopped := inactive(stored) if stored else None:
            return stopped
        status = stored.merchant.status if stored and stored.merchant else "active"
        return Contended() if status == "active" else NoNewEvent(state=status, action=action)

    return seen(Account, refuse)


def begins(command: Command[Any], account: Account, application: str, terms: EventTerms) -> tuple[Write, ...]:
    """The event of ``application`` begins beside the mode of ``account`` (as read), which it leaves as it is.

    It is a turn of the merchant: whoever would make it leave at this moment looks again. Refuses as ``not_now``.
    """
    until = max(account.as_merchant.events_until or "", terms.ends_at)
    after, note = turned(command, account, events_until=until)
    event = MerchantEvent(id=application, merchant=account.id, since=command.at, terms=terms)
    return (
        update(account.key, assign={"merchant": after}, require=may_begin(account), refuse=not_now("review pass")),
        note,
        put(keys.event(application), event),
    )
