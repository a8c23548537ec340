"""Opening, answering, withdrawing and resolving disputes. How one is ruled is in rulings.py."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from chalicelib.disputes.items import (
    ANSWER_DAYS,
    EACH_MAX,
    OPEN,
    OPEN_DAYS,
    REASONS,
    RULING_DAYS,
    STEPS,
    Dispute,
    Guard,
    Matter,
    Pointer,
    Status,
)
from chalicelib.disputes.model import DisputeReply, NewDispute, to_answer
from chalicelib.errors import Contended, InvalidRequest, InvalidState, LimitReached, NotFound, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, check, put, seen, update
from chalicelib.transitions import step

OPENED = "dispute_opened"
WITHDRAWN, ANSWERED, RESOLVED = "dispute_withdrawn", "dispute_answered", "dispute_resolved"


class DisputeOpen(Refusal):
    """Carries ``dispute``, its id."""

    status, code = 409, "dispute_open"
    title = Text("A dispute is open already", "已有未办结的争议")
    detail = Text(
        "Dispute {dispute} about this object is open. There is one at a time.",
        "该对象已有未办结的争议（编号 {dispute}），同一时间只能有一件。",
    )
    remedy = Text(
        "Add what is new to that dispute as evidence, or withdraw it first.",
        "请在该争议中补充举证材料，或先撤回该争议。",
    )


class DisputesSpent(LimitReached):
    detail = Text("One object may be disputed {limit} times.", "同一对象最多可提出 {limit} 次争议。")
    remedy = Text(
        "Rulings are final here. Ask the exchange what else you can do.", "裁定为最终结果，其他途径请咨询上海环交所。"
    )


def open_dispute(command: Command[NewDispute], matter: Matter) -> Decision:
    """A dispute that waits for the other party, on condition that its object still is as it was read: a refund that
    comes later finds the dispute. A frozen or closed account is no obstacle: nothing moves.

    Raises InvalidRequest for a reason of another kind and for an object that is too old, InvalidState for one that was
    given back; refuses DisputeOpen, DisputesSpent.
    """
    _disputable(command, matter)
    dispute = _new(command, matter)
    pointer, mark = Pointer(dispute.id, dispute.kind, dispute.merchant), keys.dispute_opened(dispute.id)
    beside = (put(_pointer(dispute, side), pointer, listed=_beside(dispute, side)) for side in dispute.sides)
    writes = (
        put(dispute.key, dispute, listed=_place(dispute)),
        _claim(dispute),
        check(matter.key, matter.unchanged, lambda _: Contended()),
        put(mark, pointer, listed=Listing(lists.DISPUTES_OPENED, f"{dispute.opened_at}:{dispute.id}")),
        *beside,
    )
    return Decision(OPENED, to_answer(dispute, command.now), writes, facts(dispute), publish=True)


def _disputable(command: Command[NewDispute], matter: Matter) -> None:
    body = command.body
    if body.kind not in REASONS[body.reason][0]:
        raise InvalidRequest.at("/reason", f"Is no reason for a {body.kind}", "该争议理由不适用于此类对象")
    if not matter.open:
        raise InvalidState(state=matter.state, action="dispute")
    if datetime.fromisoformat(matter.at) + timedelta(days=OPEN_DAYS) < command.now:
        en, zh = f"Is more than {OPEN_DAYS} days old", f"已超过 {OPEN_DAYS} 日的争议提出期限"
        raise InvalidRequest.at("/object", en, zh)


def _new(command: Command[NewDispute], matter: Matter) -> Dispute:
    body = command.body
    answer_by = command.now + timedelta(days=ANSWER_DAYS)
    return Dispute(
        id=command.id,
        status="awaiting_answer",
        kind=body.kind,
        category=body.kind,
        object=body.object,
        account=matter.account,
        merchant=matter.merchant,
        operator=matter.operator,
        institution=matter.institution,
        reason=body.reason,
        text=body.text,
        opened_at=command.at,
        since=command.at,
        answer_by=stamp(answer_by),
        rule_by=stamp(answer_by + timedelta(days=RULING_DAYS)),
    )


def _claim(dispute: Dispute) -> Write:
    """One open dispute of an object, and not too many in all."""

    def refuse(guard: Guard | None) -> Refusal:
        if guard and guard.dispute:
            return DisputeOpen(dispute=guard.dispute)
        return DisputesSpent(limit=EACH_MAX, held=EACH_MAX)

    times = Attr("times").not_exists() | Attr("times").lt(EACH_MAX)
    return update(
        dispute.guard,
        assign={"dispute": dispute.id},
        add={"times": 1},
        require=Attr("dispute").not_exists() & times,
        refuse=seen(Guard, refuse),
    )


def answer(command: Command[DisputeReply], dispute: Dispute) -> Decision:
    """The other party answers, once; also after its time, until the dispute is ruled. Raises InvalidState."""
    status = step_from(command, dispute, "answer")
    after = replace(dispute, status=status, since=command.at, answer=command.body.text, answered_at=command.at)
    writes = advance(dispute, after, "answer")
    return Decision(ANSWERED, to_answer(after, command.now), writes, facts(after), publish=True)


def withdraw(command: Command[Empty], dispute: Dispute) -> Decision:
    """The person takes it back. Raises InvalidState."""
    return _end(command, dispute, "withdraw", WITHDRAWN)


def resolve(command: Command[Empty], dispute: Dispute) -> Decision:
    """Its object was refunded or released without a ruling: nothing is left to rule. Raises InvalidState."""
    return _end(command, dispute, "resolve", RESOLVED)


def _end(command: Command[Empty], dispute: Dispute, action: str, kind: str) -> Decision:
    status = step_from(command, dispute, action)
    after = replace(dispute, status=status, since=command.at, ended_at=command.at)
    return Decision(kind, to_answer(after, command.now), advance(dispute, after, action), facts(after))


def step_from(command: Command[Any], dispute: Dispute, action: str) -> Status:
    """The state that ``action`` leads to. Raises InvalidState, RoleNotAllowed."""
    return cast(Status, step(STEPS, dispute.status, action, command.caller.role, (dispute.kind,)))


def facts(dispute: Dispute) -> Facts:
    """What the Record of every step names; who claims, so that they learn of it."""
    named = Facts(dispute=dispute.id, account=dispute.account, merchant=dispute.merchant, reference=dispute.object)
    return replace(named, in_grams=dispute.institution or None)


def advance(before: Dispute, after: Dispute, action: str) -> tuple[Write, ...]:
    """The dispute in its new state, and its place in every list. One that ended frees its object.

    Of two steps at once one is taken: the other reads the dispute again, and is refused by its new state.
    """

    def refuse(found: Dispute | None) -> Refusal:
        if found is None:
            return NotFound()
        return Contended() if found.status in OPEN else InvalidState(state=found.status, action=action)

    changed = {name: value for name, value in vars(after).items() if value != getattr(before, name)}
    own = update(
        after.key,
        assign=changed,
        listed=_place(after),
        require=Attr("status").eq(before.status),
        refuse=seen(Dispute, refuse),
    )
    freed = update(after.guard, remove=("dispute",), require=Attr("dispute").eq(after.id))
    moved = (update(_pointer(after, side), listed=_beside(after, side)) for side in after.sides)
    return own, *moved, *(() if after.status in OPEN else (freed,))


def _place(dispute: Dispute) -> Listing:
    """Where officials find it."""
    return Listing(lists.disputes(dispute.judge, dispute.status), f"{dispute.since}:{dispute.id}")


def _pointer(dispute: Dispute, side: keys.Key) -> keys.Key:
    return keys.dispute_pointer(side, dispute.opened_at, dispute.id)


def _beside(dispute: Dispute, side: keys.Key) -> Listing:
    """Where a party finds it by its state."""
    return Listing(lists.disputes_of(side, dispute.status), f"{dispute.opened_at}:{dispute.id}")
