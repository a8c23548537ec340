"""Announcing a batch, its states, and what its slices came to."""

from collections.abc import Sequence
from datetime import timedelta

from chalicelib.batches.model import (
    FILE_BYTES_MAX,
    NDJSON,
    BatchOpened,
    NewBatch,
    Sums,
    Upload,
    file_key,
    shown,
)
from chalicelib.errors import InvalidRequest, Text
from chalicelib.files import store
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.settle import SYSTEM
from chalicelib.reductions.model import operated
from chalicelib.table import keys, lists
from chalicelib.table.write import Attr, Item, put, update
from chalicelib.transitions import Step, step

FORM_SECONDS = 3600
LATE_MAX = timedelta(days=366)  # how long a former operator may still send files of trips of its own time

STEPS = (
    Step("awaiting_upload", "start", "processing", (SYSTEM.role,)),
    Step("awaiting_upload", "refuse", "refused", (SYSTEM.role,)),
    Step("processing", "finish", "done", (SYSTEM.role,)),
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


def announce(command: Command[NewBatch], versions: Sequence[Item], upload: Upload) -> Decision:
    """A batch that waits for its file. Each of its lines is judged by the version that governed when it occurred.

    Raises InvalidRequest where the scenario is not the operator's own, now or within the last year.
    """
    body = command.body
    if not operated(versions, command.caller.sub, stamp(command.now - LATE_MAX), command.at):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    scenario = versions[0]["code"]
    item = body.model_dump() | {
        "id": command.id,
        "scenario": scenario,
        "operator": command.caller.sub,
        "status": "awaiting_upload",
        "created_at": command.at,
        "list": lists.batches_open(command.now),
        "rank": f"{command.at}:{command.id}",
    }
    answer = BatchOpened(id=command.id, scenario=scenario, lines=body.lines, upload=upload)
    return Decision("batch_announced", answer, (put(keys.batch(command.id), item),))


def move(
    command: Command[Empty], batch: Item, action: str, *, reason: Text | None = None, sums: Sums | None = None
) -> Decision:
    """The next state of a batch, and why it was refused or what it came to. Raises InvalidState."""
    status = step(STEPS, batch["status"], action, command.caller.role)
    final = status in {"done", "refused"}
    why = {"reason": reason and reason.en, "reason_zh": reason and reason.zh}
    known = {"status": status, "finished_at": command.at if final else None} | why
    write = update(
        keys.batch(batch["id"]),
        assign=known,
        remove=("list", "rank") if final else (),
        require=Attr("status").eq(batch["status"]),
    )
    came = {"BatchConverted": sums.converted, "BatchRefused": sums.refused, "BatchPoints": sums.points} if sums else {}
    return Decision(f"batch_{status}", shown(batch | known, sums or Sums()), (write,), metrics=came)


def slice_done(command: Command[Empty], batch: str, number: int, sums: Sums) -> Decision:
    """What a slice came to, once."""
    item = sums.model_dump() | {"number": number, "at": command.at}
    return Decision("batch_slice_done", sums, (put(keys.batch_slice(batch, number), item),))
