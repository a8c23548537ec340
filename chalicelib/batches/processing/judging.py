"""A judgement reaches the lines of a batch: each is decided once, by a transaction of its own (docs/adr/0008)."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from chalicelib.accounts import queries as accounts
from chalicelib.batches.items import Batch, JudgedLane, Judgement
from chalicelib.batches.processing.outcomes import SLICE_LINES, SLICE_SECONDS_MAX, patiently
from chalicelib.batches.queries import lines, progress
from chalicelib.errors import Contended, InvalidState, Refusal, Unavailable
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Fingerprint
from chalicelib.kernel.settle import derive, settle
from chalicelib.reductions.actions import confirm, reject
from chalicelib.reductions.items import Reduction
from chalicelib.reductions.lookup.queries import as_reported, as_they_stand, is_report, recipient
from chalicelib.reductions.model import ReductionAnswer, Reversal
from chalicelib.reductions.reversal import reverse
from chalicelib.table import keys
from chalicelib.table.write import Attr, update

_TOGETHER = 100  # Records a request


class _Outcome(NamedTuple):
    """What a judgement did to a line: decided now or by an earlier try of the same, or left."""

    judged: int = 0
    points: int = 0
    left: int = 0


def steps(pool: Executor, batch: Batch, number: int) -> Iterator[bool]:
    """A slice of a lane after the other, and whether this worker was the first to bring it to its end."""
    judgement = batch.judgement
    assert judgement is not None
    far = progress(batch.id)
    [at] = [each for each in far.of(judgement) if each.number == number]
    again = any(each.judgement != judgement.id for each in far.judged)
    look = again or judgement.action == "reverse"  # most stand elsewhere by then: to look is cheaper than to be refused
    while not at.done:
        numbers = range(at.line, min(at.line + SLICE_LINES, at.until))
        outcomes = _judge_lines(pool, batch, judgement, look, numbers)
        yield _move(batch, at, numbers.stop, outcomes)
        at = replace(at, line=numbers.stop)


def _move(batch: Batch, at: JudgedLane, line: int, outcomes: Sequence[_Outcome]) -> bool:
    """Add what became of a slice and move the cursor, once; False where another worker has done so."""
    sums = {name: sum(getattr(each, name) for each in outcomes) for name in _Outcome._fields}
    write = update(
        keys.batch_judged(batch.id, at.judgement, at.number),
        assign={"line": line, "at": stamp(datetime.now(UTC))},
        add={name: amount for name, amount in sums.items() if amount},
        require=Attr("line").eq(at.line),
    )
    return derive(write).done


def _judge_lines(pool: Executor, batch: Batch, judgement: Judgement, look: bool, numbers: range) -> list[_Outcome]:
    """Lines side by side, one account's in order. Raises Contended and Unavailable."""
    together = [numbers[at : at + _TOGETHER] for at in range(0, len(numbers), _TOGETHER)]
    groups: dict[str, list[Reduction]] = defaultdict(list)
    for reductions in pool.map(partial(_in_state, batch, judgement.action, look), together):
        for each in reductions:
            groups[each.recipient.id].append(each)
    judge = partial(_in_order, batch, judgement, time.monotonic() + SLICE_SECONDS_MAX)
    return [outcome for group in pool.map(judge, groups.values()) for outcome in group]


def _in_state(batch: Batch, action: str, look: bool, numbers: range) -> list[Reduction]:
    """The lines that became reductions and that ``action`` is for. That they are in the state for it is the condition
    of their Writes; ``look``: their states are read all the same.
    """
    records = [record for record in lines(batch.id, numbers) if is_report(record)]
    records = [each for each in records if action == "reverse" or each.kind == "reduction_reported"]
    return as_they_stand(records) if look else [as_reported(record) for record in records]


def _in_order(batch: Batch, judgement: Judgement, until: float, reductions: Iterable[Reduction]) -> list[_Outcome]:
    return [_outcome(batch, judgement, until, each) for each in reductions]


def _outcome(batch: Batch, judgement: Judgement, until: float, reduction: Reduction) -> _Outcome:
    """What becomes of a line. If an earlier try of this judgement decided it, its Record is there and counts."""
    id = keys.part_id(batch.id, f"{judgement.id} line {reduction.record.line}")
    body = Reversal(reason=judgement.reason, evidence_sha256=batch.sha256)
    command = Command(Caller(judgement.caller, BUREAU), body, id, datetime.now(UTC))
    try:
        settled = patiently(
            lambda: settle(command, lambda: _decide(command, judgement.action, reduction), 200, Fingerprint(id)), until
        )
    except (Contended, Unavailable):
        raise  # the whole slice is tried again
    except InvalidState:  # the bureau has decided this one by itself
        return _Outcome()
    except Refusal:
        return _Outcome(left=1)
    return _Outcome(1, ReductionAnswer.model_validate_json(settled.answer).points)


def _decide(command: Command[Reversal], action: str, reduction: Reduction) -> Decision:
    """The same decision as for a single reduction; its Record also names batch and line, and the reason where the
    answer does not.
    """
    decision, record = DECIDE[action](command, reduction), reduction.record
    reason = command.body.reason if action == "confirm" else None
    return replace(decision, facts=replace(decision.facts, batch=record.batch, line=record.line, reason=reason))


def _reject(command: Command[Any], reduction: Reduction) -> Decision:
    return reject(command, reduction, recipient(reduction.recipient.id))


def _reverse(command: Command[Any], reduction: Reduction) -> Decision:
    """The account is read for each attempt: it may move meanwhile."""
    return reverse(command, reduction, recipient(reduction.recipient.id), accounts.present(reduction.recipient.id))


DECIDE: Mapping[str, Callable[[Command[Any], Reduction], Decision]] = {
    "confirm": confirm,
    "reject": _reject,
    "reverse": _reverse,
}
