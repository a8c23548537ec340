"""What a merchant's system does in a sandbox, judged by the Decisions of grants and holds. Their Writes are dropped:
nothing of an account is read or written, and no value moves.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.conformance.actions import verdict
from chalicelib.conformance.checks import CAPTURE, HOLD, REFUND, RELEASE, RETRY
from chalicelib.conformance.items import due
from chalicelib.conformance.sandbox.items import HOLD_SECONDS, NOBODY, SELLER, Lost, Sandbox, SandboxHold
from chalicelib.conformance.sandbox.parts import CAME, facts_of, passed, with_grant
from chalicelib.errors import IdempotencyKeyReused, InvalidRequest, InvalidState, Refusal, Text, Unavailable
from chalicelib.grants.items import day
from chalicelib.holds import actions as holds
from chalicelib.holds.items import Hold
from chalicelib.holds.model import Capture, HoldAnswer, HoldRefund, NewHold, to_answer
from chalicelib.holds.refunds import refundable
from chalicelib.holds.rules.proofs import proven
from chalicelib.holds.rules.refusals import OrderReferenceUsed
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.table import keys, lists
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, put, update


class AnswerLost(Unavailable):
    """A merchant's system asks again when an answer does not arrive; the sandbox looks whether it does."""

    detail = Text(
        "Conformance run: the first answer about a hold is lost on purpose. Send the same request with the same"
        " Idempotency-Key again.",
        "对接测试：首次预授权的应答被有意丢弃。请使用相同的 Idempotency-Key 原样重发。",
    )


def hold_id(run: str, reference: str) -> str:
    """The name of a hold of this sandbox: never that of a real one."""
    return keys.digest("sandbox hold", run, reference)


def lose(command: Command[NewHold], at: Sandbox) -> tuple[Write, Write]:
    """This request is right, and the one that must be sent again."""
    body = command.body
    lost = Lost(command.id, body.order_reference, body.model_dump_json(), at.run.expires_at)
    right = verdict(at.run, HOLD, CAME, command.now, passed=True)
    return put(keys.sandbox_lost(at.run.id), lost), right


def examine(command: Command[NewHold], at: Sandbox, earlier: Hold | None) -> None:
    """Whether the hold could be placed. Raises what ``holds.place`` raises, SignatureInvalid, SignatureRequired,
    OrderReferenceUsed where it stands already.
    """
    proven(command, at.system)
    if earlier:
        raise OrderReferenceUsed(hold=earlier.id)
    holds.place(command, at.grant if at.grant and at.grant.id == command.body.grant else None, SELLER)


def came_again(command: Command[NewHold], lost: Lost) -> bool:
    """Whether this is the request that lost its answer. Raises OrderReferenceUsed, IdempotencyKeyReused where it is
    almost the same.
    """
    body, again = command.body, lost.record == command.id
    if again and lost.body != body.model_dump_json():
        raise IdempotencyKeyReused()
    if not again and lost.order_reference == body.order_reference:
        raise OrderReferenceUsed(hold="?")
    return again


def place(command: Command[NewHold], at: Sandbox, *, again: bool) -> Decision:
    """Points that do not exist are held. ``again``: it came once more after its answer was lost."""
    body, grant = command.body, at.grant
    assert grant
    ends = command.now + timedelta(seconds=min(body.expires_in_seconds, HOLD_SECONDS))
    hold = Hold(
        id=hold_id(at.run.id, body.order_reference),
        status="held",
        account=NOBODY,
        merchant=at.run.merchant,
        grant=grant.id,
        order_reference=body.order_reference,
        title=body.title,
        amount=body.points,
        placed_at=command.at,
        expires_at=stamp(ends),
    )
    today = day(command.now)
    counted = with_grant(at, day=today, used_points=grant.used_on(today) + body.points)
    kept = put(
        keys.sandbox_hold(at.run.id, hold.id),
        SandboxHold(hold, at.run.expires_at),
        listed=due(hold.expires_at, at.run.id, hold.id),
    )
    retried = (verdict(at.run, RETRY, CAME, command.now, passed=True),) if again else ()
    made = passed("sandbox_hold_placed", command, at, HOLD, to_answer(hold), counted, kept, *retried)
    return replace(made, facts=facts_of(at, hold.id))


def capture(command: Command[Capture], at: Sandbox, hold: Hold) -> Decision:
    """A part of a hold is taken, once. Raises what ``holds.capture`` raises, SignatureInvalid, SignatureRequired;
    InvalidRequest where it takes all of it, which is right in life, and no test of a part.
    """
    proven(command, at.system)
    answer = _hold_answer(holds.capture(command, hold))
    if command.body.points == hold.amount:
        why = f"The run asks for a part: fewer than the {hold.amount} that are held"
        raise InvalidRequest.at("/points", why, f"对接测试要求部分完成：应少于已预授权的 {hold.amount} 碳积分")
    return passed("sandbox_hold_captured", command, at, CAPTURE, answer, _ended(at, hold, answer))


def refund(command: Command[HoldRefund], at: Sandbox, hold: Hold) -> Decision:
    """Captured points go back. Raises what ``holds.refund`` raises, SignatureInvalid, SignatureRequired."""
    proven(command, at.system)
    refundable(command, hold)
    after = replace(hold, refunded_points=hold.refunded_points + command.body.points)
    as_read = Attr("hold.refunded_points").eq(hold.refunded_points)
    kept = update(keys.sandbox_hold(at.run.id, hold.id), assign={"hold": dump(after)}, require=as_read)
    return passed("sandbox_hold_refunded", command, at, REFUND, to_answer(after), kept)


def release(command: Command[Empty], at: Sandbox, hold: Hold) -> Decision:
    """A hold is given up. Raises what ``holds.release`` raises, SignatureInvalid, SignatureRequired."""
    proven(command, at.system)
    answer = _hold_answer(holds.release(command, hold))
    return passed("sandbox_hold_released", command, at, RELEASE, answer, _ended(at, hold, answer))


def _hold_answer(decided: Decision) -> HoldAnswer:
    assert isinstance(decided.answer, HoldAnswer)
    return decided.answer


def _ended(at: Sandbox, hold: Hold, answer: HoldAnswer) -> Write:
    after = replace(hold, status=answer.status, captured_points=answer.captured_points, ended_at=answer.ended_at)
    return _as(at.run.id, after)


def expire(run: str, hold: Hold, now: datetime) -> Write:
    """Its time is over."""
    return _as(run, replace(hold, status="expired", ended_at=stamp(now)))


def _as(run: str, after: Hold) -> Write:
    held, key = Attr("hold.status").eq("held"), keys.sandbox_hold(run, after.id)
    return update(key, assign={"hold": dump(after)}, remove=lists.UNLISTED, require=held, refuse=_over)


def _over(_: object) -> Refusal:
    return InvalidState(state="over", action="change")
