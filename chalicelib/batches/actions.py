"""Opening a batch, its states, and what its slices came to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.batches.items import Batch, BatchPointer, JudgedSlice, Judgement, Progress, Slice
from chalicelib.batches.model import (
    FILE_BYTES_MAX,
    NDJSON,
    BatchOpened,
    BatchReason,
    NewBatch,
    Sums,
    Upload,
    file_key,
    to_answer,
    total,
)
from chalicelib.errors import InvalidRequest, InvalidState, Text
from chalicelib.files import store
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.kernel.settle import SYSTEM_CALLER
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.model import operated
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.write import Attr, put, update
from chalicelib.transitions import Step, step

FORM_SECONDS = 3600
LATE_MAX = timedelta(days=366)  # how long a former operator may still send files of trips of its own time

STEPS = (
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


def move(
    command: Command[Empty], batch: Batch, action: str, *, reason: Text | None = None, progress: Progress | None = None
) -> Decision:
    """The next state of a batch, and why it was refused or what it came to. Raises InvalidState."""
    status = step(STEPS, batch.status, action, command.caller.role)
    final = status in {"done", "refused"}
    changes: dict[str, Any] = {
        "status": status,
        "finished_at": command.at if final else None,
        "reason": reason and reason.en,
        "reason_zh": reason and reason.zh,
    }
    write = update(
        keys.batch(batch.id),
        assign=changes,
        remove=UNLISTED if final else (),
        require=Attr("status").eq(batch.status),
    )
    sums = total(progress or Progress())
    came = {"BatchConverted": sums.converted, "BatchRefused": sums.refused, "BatchPoints": sums.points}
    answer = to_answer(replace(batch, **changes), progress or Progress())
    return Decision(f"batch_{status}", answer, (write,), metrics=came if progress else {})


def slice_done(command: Command[Empty], batch: str, number: int, lines: range, sums: Sums) -> Decision:
    """What a slice came to, once. ``lines`` are the numbers of its lines."""
    part = Slice(number=number, at=command.at, first=lines[0], last=lines[-1], **sums.model_dump())
    return Decision("batch_slice_done", sums, (put(keys.batch_slice(batch, number), part),))


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
    answer = to_answer(replace(batch, status=status, judgement=judgement), progress)
    facts = Facts(batch=batch.id, reason=judgement.reason)
    return Decision(f"batch_{status}", answer, (write,), facts, publish=True)


def slice_judged(command: Command[Empty], batch: str, done: JudgedSlice) -> Decision:
    """What a judgement did to a slice, once."""
    part = replace(done, at=command.at)
    write = put(keys.batch_judged(batch, part.judgement, part.number), part)
    return Decision("batch_slice_judged", Empty(), (write,))


def judged(command: Command[Empty], batch: Batch, progress: Progress) -> Decision:
    """A judgement has reached every slice: the batch is done again. Raises InvalidState."""
    status: Any = step(STEPS, batch.status, "finish", command.caller.role)
    write = update(
        keys.batch(batch.id), assign={"status": status}, remove=UNLISTED, require=Attr("status").eq(batch.status)
    )
    return Decision("batch_judged", to_answer(replace(batch, status=status), progress), (write,))
