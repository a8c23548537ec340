"""A confirmed reduction that was none is taken back (guide §3.2; docs/adr/0022)."""

from dataclasses import replace
from typing import Any

from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger import debts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import DEBT, GRAMS, POINTS, Transfer
from chalicelib.reductions import caps
from chalicelib.reductions.items import Recipient, Reduction, ReductionState
from chalicelib.reductions.model import STEPS, Reversal, ReversedAnswer
from chalicelib.table.write import Attr, Write, seen, update
from chalicelib.transitions import step


def reverse(command: Command[Reversal], reduction: Reduction, recipient: Recipient, account: Account) -> Decision:
    """What the reduction brought leaves the ``account`` (as read), as far as it is there; the rest becomes its debt.

    An account that is frozen or closed is no obstacle. What the reduction counted of its person's day is free again.
    Raises InvalidState; refuses Contended where the balance moved since it was read.
    """
    reported, record = reduction.answer, reduction.record
    status: Any = step(STEPS, reported.status, "reverse", command.caller.role)
    asset = GRAMS if record.in_grams else POINTS
    held = account.grams if record.in_grams else account.points
    transfer = debts.reversal(account.holder, asset, reported.grams, held)
    here = Attr("successor").not_exists()  # or another account of the same person has its points by now
    as_read = here & Attr(asset).eq(held) if held < reported.grams else here
    terms = AccountCondition(require=as_read, refuse=lambda _: Contended(), even_frozen=True, even_closed=True)
    writes, facts = post(transfer, record=command.id, terms={account.holder: terms} if transfer.postings else {})
    facts = replace(
        facts,
        reference=reported.id,
        scenario=reported.scenario,
        methodology=record.methodology,
        month=record.month,  # the answer has the reason: a Record of more than 1 KB is dearer
    )
    answer = _answer(command, reduction, transfer, asset, status)
    return Decision(
        "reduction_reversed", answer, (_guard(reduction, answer), *caps.release(reduction, recipient), *writes), facts
    )


def _answer(
    command: Command[Reversal], reduction: Reduction, transfer: Transfer, asset: str, status: Any
) -> ReversedAnswer:
    outstanding = sum(each.amount for each in transfer.postings if each.asset == DEBT[asset])
    recovered = reduction.answer.grams - outstanding
    return ReversedAnswer(
        **reduction.answer.model_dump(exclude={"status", "reason", "points", "evidence_sha256"}),
        status=status,
        points=0,
        reason=command.body.reason,
        evidence_sha256=command.body.evidence_sha256,
        reversed_at=command.at,
        points_recovered=recovered if asset == POINTS else 0,
        points_outstanding=outstanding if asset == POINTS else 0,
        grams_recovered=recovered if asset == GRAMS else 0,
        grams_outstanding=outstanding if asset == GRAMS else 0,
    )


def _guard(reduction: Reduction, answer: ReversedAnswer) -> Write:
    """The reduction is reversed once."""

    def refuse(state: ReductionState | None) -> Refusal:
        return InvalidState(state=state.status if state else "?", action="reverse")

    return update(
        reduction.key,
        assign={"status": answer.status, "reason": answer.reason, "evidence_sha256": answer.evidence_sha256},
        require=Attr("status").eq("confirmed"),
        refuse=seen(ReductionState, refuse),
    )
