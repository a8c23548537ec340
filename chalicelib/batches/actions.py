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
    unfinished,
)
from chalicelib.edge.decision import Command, Decision
from chalicelib.edge.fields import Empty, stamp
from chalicelib.edge.settle import SYSTEM
from chalicelib.errors import InvalidRequest
from chalicelib.files import store
from chalicelib.machine import Step, step
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, put, update

FORM_SECONDS = 3600

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
    """A batch that waits for its file. Raises InvalidRequest where the scenario is not the operator's own."""
    body = command.body
    if not versions or not command.caller.operates(versions[-1]):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    item = body.model_dump() | {
        "id": command.id,
        "operator": command.caller.sub,
        "status": "awaiting_upload",
        "created_at": command.at,
        "list": unfinished(command.now),
        "rank": f"{command.at}:{command.id}",
    }
    answer = BatchOpened(id=command.id, scenario=body.scenario, lines=body.lines, upload=upload)
    return Decision("batch_announced", answer, (put(keys.batch(command.id), item),))


def move(
    command: Command[Empty], batch: Item, action: str, *, reason: str | None = None, sums: Sums | None = None
) -> Decision:
    """The next state of a batch, and why it was refused or what it came to. Raises InvalidState."""
    status = step(STEPS, batch["status"], action, command.caller.role)
    final = status in {"done", "refused"}
    known = {"status": status, "reason": reason, "finished_at": command.at if final else None}
    write = update(
        keys.batch(batch["id"]),
        assign=known,
        remove=("list", "rank") if final else (),
        require=Attr("status").eq(batch["status"]),
    )
    came = {"BatchConverted": sums.converted, "BatchRefused": sums.refused, "BatchPoints": sums.points} if sums else {}
    return Decision(f"batch_{status}", shown(batch | known, sums or Sums()), (write,), tells=came)


def slice_done(command: Command[Empty], batch: str, number: int, sums: Sums) -> Decision:
    """What a slice came to, once."""
    item = sums.model_dump() | {"number": number, "at": command.at}
    return Decision("batch_slice_done", sums, (put(keys.batch_slice(batch, number), item),))
