"""An official rules a dispute: the ruling and the value that it moves are one transaction (docs/adr/0031).

What moves is decided by the room of the object, as it would be without a dispute: nothing here posts a Transfer.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from chalicelib.disputes.actions import advance, facts, step_from
from chalicelib.disputes.cases import Case, HeldCase, ReducedCase
from chalicelib.disputes.items import Dispute, Effect, Status
from chalicelib.disputes.model import Ruling, to_ruling
from chalicelib.errors import AlreadyRefunded, InvalidRequest, InvalidState, Text
from chalicelib.holds import actions as holds
from chalicelib.holds import refunds
from chalicelib.holds.model import HoldAnswer, HoldRefund
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.mall.items import Sale
from chalicelib.mall.orders import Redemption, Refund
from chalicelib.mall.redemptions import aftersales
from chalicelib.reductions import actions as reductions
from chalicelib.reductions import reversal
from chalicelib.reductions.model import Reason, Reversal

B = TypeVar("B", bound=BaseModel)
RULED = "dispute_ruled"
BECAUSE = "争议裁定 (ruled in a dispute)"  # what an order, a hold or a reduction keeps as its reason


class RulingTooEarly(InvalidState):
    """Carries ``answer_by``."""

    detail = Text(
        "The other party may answer until {answer_by} and has not answered yet.",
        "对方可在 {answer_by} 前答复，目前尚未答复。",
    )
    remedy = Text("Rule it after the answer, or after that time.", "请在收到答复或超过该时限后再行裁定。")


def rule(command: Command[Ruling], dispute: Dispute, case: Case) -> Decision:
    """The ruling, and what it carries out: all of it or nothing. ``case``: the object as it stands.

    A ruling that cannot be carried out is refused with what is in the way, and the dispute waits. Raises InvalidState,
    RoleNotAllowed, RulingTooEarly, InvalidRequest, and what the Decision about the object raises: AlreadyRefunded where
    the other party gave back everything meanwhile. Refuses the same.
    """
    status = rulable(command, dispute)
    done = carry_out(command, case)
    after = replace(
        dispute,
        status=status,
        since=command.at,
        ended_at=command.at,
        ruling=command.body.text,
        effect=cast(Effect, done.kind) if done else None,
        refunded_points=_given_back(done, case),
    )
    own = advance(dispute, after, command.body.outcome)
    answer = to_ruling(after, _bare(done), command.now)
    if done is None:
        return Decision(RULED, answer, own, facts(after), publish=True)
    own_facts = facts(after)
    named = replace(
        done.facts,
        dispute=dispute.id,
        account=dispute.account,
        merchant=dispute.merchant,
        in_grams=own_facts.in_grams or done.facts.in_grams,
    )
    return Decision(RULED, answer, (*own, *done.writes), named, publish=True)


def rulable(command: Command[Ruling], dispute: Dispute) -> Status:
    """The state that the ruling leads to. Raises InvalidState, RoleNotAllowed, RulingTooEarly."""
    status = step_from(command, dispute, command.body.outcome)
    if dispute.status == "awaiting_answer" and command.at < dispute.answer_by:
        raise RulingTooEarly(state=dispute.status, action=command.body.outcome, answer_by=dispute.answer_by)
    return status


def carry_out(command: Command[Ruling], case: Case) -> Decision | None:
    """What the object's room decides; None where nothing is done to it. Raises InvalidRequest for what does not fit."""
    body, upheld = command.body, command.body.outcome == "uphold"
    _fits("points", body.points, only=upheld and isinstance(case, HeldCase) and case.hold.status == "captured")
    _fits("step", body.step, only=upheld and isinstance(case, ReducedCase))
    _fits("evidence_sha256", body.evidence_sha256, only=upheld and body.step == "reverse")
    if not upheld:
        return None
    if isinstance(case, Sale):
        return aftersales.refund(_asking(command, Refund(reason=BECAUSE)), case)
    return _of_hold(command, case) if isinstance(case, HeldCase) else _of_reduction(command, case)


def _asking(command: Command[Any], body: B) -> Command[B]:
    """The same command, as the object's room takes it."""
    return Command(command.caller, body, command.id, command.now, command.message)


def _fits(name: str, value: Any, *, only: bool) -> None:
    if value is not None and not only:
        raise InvalidRequest.at(f"/{name}", "Does not belong to this ruling", "不适用于本次裁定")


def _of_hold(command: Command[Ruling], case: HeldCase) -> Decision:
    """What is held is released; of what was captured all that is left is refunded, or a part of it."""
    hold = case.hold
    if hold.status == "held":
        return holds.release(_asking(command, Empty()), hold)
    left = hold.captured_points - hold.refunded_points
    if not left:
        raise AlreadyRefunded()
    back = HoldRefund(points=command.body.points or left, reason=BECAUSE)
    return refunds.refund(_asking(command, back), hold, case.merchant, case.payee)


def _of_reduction(command: Command[Ruling], case: ReducedCase) -> Decision | None:
    if command.body.step is None:
        raise InvalidRequest.at("/step", "Say what becomes of the reduction", "请说明对该减排量的处理")
    return _ON_REDUCTION[command.body.step](command, case)


def _confirm(command: Command[Ruling], case: ReducedCase) -> Decision:
    return reductions.confirm(_asking(command, Empty()), case.reduction)


def _reject(command: Command[Ruling], case: ReducedCase) -> Decision:
    return reductions.reject(_asking(command, Reason(reason=BECAUSE)), case.reduction, case.recipient)


def _reverse(command: Command[Ruling], case: ReducedCase) -> Decision:
    if command.body.evidence_sha256 is None:
        raise InvalidRequest.at("/evidence_sha256", "A reversal needs it", "冲正须提供证据文件的 SHA-256")
    body = Reversal(reason=BECAUSE, evidence_sha256=command.body.evidence_sha256)
    return reversal.reverse(_asking(command, body), case.reduction, case.recipient, case.account)


_ON_REDUCTION: dict[str, Callable[[Command[Ruling], ReducedCase], Decision | None]] = {
    "confirm": _confirm,
    "reject": _reject,
    "reverse": _reverse,
    "none": lambda command, case: None,  # noqa: ARG005 - the ruling's text says what follows
}


def _given_back(done: Decision | None, case: Case) -> int:
    """Points that the ruling gave back to the person; what repaid a debt of hers is among them."""
    answer = done.answer if done else None
    if isinstance(answer, Redemption):
        return answer.points
    if isinstance(answer, HoldAnswer) and isinstance(case, HeldCase):
        return answer.points if answer.status == "released" else answer.refunded_points - case.hold.refunded_points
    return 0


def _bare(done: Decision | None) -> Any:
    """The object after the ruling, without what only buyer and merchant see of an order."""
    if done is None:
        return None
    answer = done.answer
    if isinstance(answer, Redemption):
        return answer.model_copy(update={"voucher": None, "note": None, "vouchers": []})
    return answer
