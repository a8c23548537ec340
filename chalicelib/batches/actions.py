"""Opening a batch, its states, and what the bureau orders."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.batches.admission import release
from chalicelib.batches.items import Batch, BatchPointer, Intake, JudgedLane, Judgement, Lane, Progress
from chalicelib.batches.model import (
    FILE_BYTES_MAX,
    NDJSON,
    BatchOpened,
    BatchReason,
    NewBatch,
    Upload,
    file_key,
    to_answer,
    total,
)
from chalicelib.errors import InvalidRequest, InvalidState, Text
from chalicelib.files import store
from chalicelib.kernel.caller import BUREAU, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.kernel.settle import SYSTEM_CALLER
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.validity import operated
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.write import Attr, Write, put, update
from chalicelib.transitions import Step, step

FORM_SECONDS = 3600
LATE_MAX = timedelta(days=366)  # how long a former operator may still send files of trips of its own time

STEPS = (
    Step("awaiting_upload", "parts", "awaiting_upload", (SCENARIO_OPERATOR,)),
    Step("awaiting_upload", "complete", "awaiting_upload", (SCENARIO_OPERATOR,)),
    Step("awaiting_upload", "start", "processing", (SYSTEM_CALLER.role,)),
    Step("awaiting_upload", "refuse", "refused", (SYSTEM_CALLER.role,)),
    Step("processing", "finish", "done", (SYSTEM_CALLER.role,)),
    Step("done", "confirm", "confirming", (BUREAU,)),
    Step("done", "reject", "rejecting", (BUREAU,)),
    Step("done", "reverse", "reversing", (BUREAU,)),
    Step("confirming", "finish", "done", (SYSTEM_CALLER.role,)),
    Step("reversing", "finish", "done", (SYSTEM_CALLER.role,)),
    Step("rejecting", "finish", "done", (SYSTEM_CALLER.role,)),
)


class NothingWaits(InvalidState):
    detail = Text("No line of this batch is in the state for it.", "该批次没有可办理该操作的记录。")
    remedy = Text(
        "Nothing to fix: GET /v1/reduction-batches/{id} shows what became of its lines.",
        "无需处理：可通过 GET /v1/reduction-batches/{id} 查询各行结果。",
    )


def form(command: Command[NewBatch]) -> Upload:
    """What the operator may send within the hour. Signing is arithmetic: nothing is sent or stored.

    The signature stays on the Record, as every answer does, and a replay repeats it. That gives nothing away: it ends,
    and fits only this key and the announced bytes.
    """
    signed = store.form(
        file_key(command.id),
        content_type=NDJSON,
        bytes_max=FILE_BYTES_MAX,
        sha256=command.body.sha256,
        seconds=FORM_SECONDS,
    )
    expires_at = stamp(command.now + timedelta(seconds=FORM_SECONDS))
    return Upload(url=signed.url, fields=signed.fields, expires_at=expires_at)


def open_batch(command: Command[NewBatch], versions: Sequence[Scenario], upload: Upload) -> Decision:
    """A batch that waits for its file. Each of its lines is judged by the version that governed when it occurred.

    Raises InvalidRequest where the scenario is not the operator's own, now or within the last year.
    """
    body = command.body
    if not operated(versions, command.caller.sub, stamp(command.now - LATE_MAX), command.at):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    batch = Batch(
        id=command.id,
        scenario=versions[0].code,
        lines=body.lines,
        sha256=body.sha256,
        operator=command.caller.sub,
        status="awaiting_upload",
        created_at=command.at,
    )
    rank = f"{command.at}:{command.id}"
    waits, sent = Listing(lists.batches_open(command.now), rank), Listing(lists.BATCHES, rank)
    pointer = put(keys.sent(batch.operator, rank), BatchPointer(batch.id), listed=sent)
    answer = BatchOpened(id=batch.id, scenario=batch.scenario, lines=batch.lines, upload=upload)
    return Decision("batch_announced", answer, (put(keys.batch(batch.id), batch, listed=waits), pointer))


def start(command: Command[Empty], batch: Batch, lanes: Sequence[Lane]) -> Decision:
    """The file is what was announced: its lanes are put, and the work can begin. Raises InvalidState."""
    status: Any = step(STEPS, batch.status, "start", command.caller.role)
    changes = {"status": status, "etag": batch.etag, "packed": batch.packed}
    write = update(keys.batch(batch.id), assign=changes, require=Attr("status").eq(batch.status))
    puts = (put(keys.batch_lane(batch.id, each.number), replace(each, at=command.at)) for each in lanes)
    answer = to_answer(replace(batch, status=status), Progress())
    return Decision(f"batch_{status}", answer, (write, *puts))


def refuse(command: Command[Empty], batch: Batch, reason: Text) -> Decision:
    """The whole file is refused, before its first line. Raises InvalidState."""
    status: Any = step(STEPS, batch.status, "refuse", command.caller.role)
    changes = {"status": status, "finished_at": command.at, "reason": reason.en, "reason_zh": reason.zh}
    write = _ended(batch, changes)
    return Decision(f"batch_{status}", to_answer(replace(batch, **changes), Progress()), (write,))


def finish(command: Command[Empty], batch: Batch, progress: Progress, intake: Intake) -> Decision:
    """Every lane is done: what the batch came to, and room for the next. Raises InvalidState."""
    status: Any = step(STEPS, batch.status, "finish", command.caller.role)
    sums = total(progress)
    if (found := sums.converted + sums.reported + sums.refused) != batch.lines:
        raise RuntimeError(f"{found} outcomes of {batch.lines} lines")
    changes = {"status": status, "finished_at": command.at}
    writes = (_ended(batch, changes), release(batch, intake, len(progress.lanes)))
    came = {"BatchConverted": sums.converted, "BatchRefused": sums.refused, "BatchPoints": sums.points}
    return Decision(f"batch_{status}", to_answer(replace(batch, **changes), progress), writes, metrics=came)


def _ended(batch: Batch, changes: Mapping[str, Any]) -> Write:
    """Nothing is to be done to the batch any more."""
    return update(keys.batch(batch.id), assign=changes, remove=UNLISTED, require=Attr("status").eq(batch.status))


def judge(command: Command[BatchReason], batch: Batch, progress: Progress, action: str) -> Decision:
    """Every line of the batch that is in the state for it is to be confirmed, rejected or reversed: a worker does it.

    Raises InvalidState unless the batch is done and nothing else is done to it, NothingWaits where there is no such
    line.
    """
    status: Any = step(STEPS, batch.status, action, command.caller.role)
    if (progress.credited if action == "reverse" else progress.waiting) <= 0:
        raise NothingWaits(state=batch.status, action=action)
    judgement = Judgement(
        id=command.id, action=action, reason=command.body.reason, caller=command.caller.sub, at=command.at
    )
    write = update(
        keys.batch(batch.id),
        assign={"status": status, "judgement": judgement},
        listed=Listing(lists.batches_open(command.now), f"{command.at}:{batch.id}"),
        require=Attr("status").eq(batch.status),
    )
    waits = (judged_lane(judgement, each) for each in progress.lanes)
    puts = (put(keys.batch_judged(batch.id, judgement.id, each.number), each) for each in waits)
    answer = to_answer(replace(batch, status=status, judgement=judgement), progress)
    facts = Facts(batch=batch.id, reason=judgement.reason)
    return Decision(f"batch_{status}", answer, (write, *puts), facts, publish=True)


def judged_lane(judgement: Judgement, lane: Lane) -> JudgedLane:
    """A lane that the judgement has not begun."""
    return JudgedLane(
        judgement=judgement.id,
        action=judgement.action,
        number=lane.number,
        at=judgement.at,
        line=lane.first,
        until=lane.until,
    )


def judged(command: Command[Empty], batch: Batch, progress: Progress, intake: Intake) -> Decision:
    """A judgement has gone through every lane: the batch is done again. Raises InvalidState."""
    status: Any = step(STEPS, batch.status, "finish", command.caller.role)
    writes = (_ended(batch, {"status": status}), release(batch, intake, len(progress.lanes)))
    return Decision("batch_judged", to_answer(replace(batch, status=status), progress), writes)
