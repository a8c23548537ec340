"""The first step of a departure, and the last."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.departures import model
from chalicelib.departures.items import Departure
from chalicelib.departures.model import EventRuns, Leave, MembersStay, Settlement, to_answer
from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, AnyAccount
from chalicelib.ledger.actions import AccountCondition, inactive, post
from chalicelib.ledger.standing import turned, unturned
from chalicelib.merchants import history
from chalicelib.merchants.members import leaves
from chalicelib.merchants.model import LEAVING
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.write import Attr, Write, absent, put, seen, update
from chalicelib.transitions import step


def leave(command: Command[Leave], account: Account, action: str, serve_days: int) -> Decision:
    """A merchant (``account``, as read) begins to leave; ``action``: at its own word, or terminated by the exchange.

    From now on it can promise nothing new. Its offers leave the shelf for good (a reaction does that); orders and holds
    are served, and its place beneath a sub-platform is free. A frozen merchant cannot leave, but can be terminated.
    Raises EventRuns, InvalidState; refuses MembersStay, AccountFrozen, AccountClosed.
    """
    merchant, reason = account.as_merchant, command.body.reason
    if merchant.promised_until > command.at:
        raise EventRuns(state="active", action=action, ends_at=merchant.promised_until)
    status = step(model.STEPS, merchant.status, action, command.caller.role)
    after, note = turned(command, account, status=status, suspended_by=(), counted=None, completed=None)
    departure = Departure(
        id=command.id,
        merchant=account.id,
        status="leaving",
        initiator="exchange" if command.caller.role == EXCHANGE else "institution",
        reason=reason,
        since=command.at,
        serve_by=stamp(command.now + timedelta(days=serve_days)),
    )
    writes = (
        _turn(command, account, after, action),
        note,
        _begun(departure),
        *_lines(command, account, action, status, reason),
        *(leaves(command, account, "ended", reason) if merchant.counted else ()),
    )
    return Decision(LEAVING, to_answer(departure), writes, Facts(merchant=account.id, reason=reason), publish=True)


def _turn(command: Command[Any], account: Account, after: Any, action: str) -> Write:
    """Nobody sells beneath it, and its account is open; its own word counts only while it is not frozen."""
    ordered = command.caller.role == EXCHANGE

    def refuse(stored: Account | None) -> Refusal:
        stopped = inactive(stored) if stored else None
        if stored and stopped and not (ordered and stored.status == "frozen"):
            return stopped
        if stored and stored.members:
            return MembersStay(state=stored.as_merchant.status, action=action, members=stored.members)
        return Contended()  # it turned since it was read

    alone = Attr("members").not_exists() | Attr("members").eq(0)
    open_ = Attr("status").ne("closed") if ordered else Attr("status").eq("active")
    require = unturned(account) & open_ & alone
    return update(account.key, assign={"merchant": after}, require=require, refuse=seen(Account, refuse))


def _begun(departure: Departure) -> Write:
    """It replaces the one of an earlier life as a merchant, whose Records stay."""
    again = absent() | Attr("status").eq("left")
    listed = Listing(lists.DEPARTURES, f"{departure.since}:{departure.merchant}")
    return put(keys.departure(departure.merchant), departure, listed=listed, require=again)


def _lines(command: Command[Any], account: Account, action: str, status: str, reason: str | None) -> Iterator[Write]:
    if application := account.as_merchant.application:
        yield history.line(command, application, action, status=status, comment=reason)


def settle(command: Command[Empty], departure: Departure, account: Account) -> Decision:
    """Nothing is left to serve: every point that the merchant has is bought back, and it has left, in one transaction.

    So no point is stranded: what comes before makes this Contended, and after it nothing can come (``left_at``).
    Refuses AccountFrozen: what a freeze holds still stays where it is. Raises InvalidState where it has left already.
    """
    status = step(model.STEPS, departure.status, "settle", command.caller.role)
    merchant = replace(account.as_merchant, status=status, left_at=command.at, completed=command.at, turn=command.id)
    as_read = unturned(account) & Attr("points").eq(account.points)
    condition = AccountCondition(kind=INSTITUTION, require=as_read, refuse=seen(AnyAccount, _moved))
    transfer = model.final_exchange(account.id, account.points)
    [own], facts = post(transfer, record=command.id, terms={account.holder: condition})
    writes = (
        replace(own, assign={**own.assign, "merchant": merchant}),
        _ended(command, departure, account.points),
        *_lines(command, account, "settle", status, None),
    )
    facts = replace(facts, counterparty="buy-back", reference=departure.id) if account.points else Facts()
    answer = Settlement(merchant=account.id, at=command.at, points=account.points, grams=account.points)
    return Decision("merchant_left", answer, writes, replace(facts, merchant=account.id), publish=True)


def _moved(stored: AnyAccount | None) -> Refusal:
    return (inactive(stored) if stored else None) or Contended()


def _ended(command: Command[Any], departure: Departure, points: int) -> Write:
    require = Attr("id").eq(departure.id) & Attr("status").eq("leaving")
    after = {"status": "left", "left_at": command.at, "points": points}
    return update(
        keys.departure(departure.merchant),
        assign=after,
        remove=UNLISTED,
        require=require,
        refuse=lambda _: InvalidState(state="left", action="settle"),
    )
