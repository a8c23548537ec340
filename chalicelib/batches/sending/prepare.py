"""What S3 is asked before a Decision: to begin an upload, to list its parts, to put them together.

All of it may happen twice, or be cut off anywhere. An upload that no batch names, the bucket forgets after a week; a
file that was put together is found to be there by whoever asks next.
"""

from chalicelib.batches import queries
from chalicelib.batches.actions import STEPS
from chalicelib.batches.items import Batch
from chalicelib.batches.model import NDJSON, file_key
from chalicelib.batches.sending.actions import FileComplete, Sending, completable, whole
from chalicelib.batches.sending.model import AllParts, ArrivedPart, ArrivedParts, NewParts
from chalicelib.files import multipart, store
from chalicelib.files.multipart import Arrived
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.decision import Command
from chalicelib.transitions import step


def begin(command: Command[NewParts], id: str) -> Sending:
    """The batch's upload, or a new one where it has none that S3 knows. Raises NotFound, InvalidState, FileComplete."""
    batch = queries.batch(command.caller, id)
    step(STEPS, batch.status, "parts", command.caller.role)
    if (arrived := _arrived(batch)) is not None:
        return Sending(str(batch.upload), tuple(arrived), batch.upload)
    if _is_complete(batch):
        raise FileComplete(state=batch.status, action="parts")
    return Sending(multipart.begin(file_key(id), content_type=NDJSON), (), batch.upload)


def put_together(command: Command[AllParts], id: str) -> None:
    """Make the file of its parts, unless it was made. Raises NotFound, InvalidState, PartsMissing, InvalidRequest."""
    batch = queries.batch(command.caller, id)
    if not completable(batch, command.caller.role):
        return
    arrived = _arrived(batch)
    if arrived is None and _is_complete(batch):
        return
    parts = whole(command.body, arrived or ())
    if not multipart.complete(file_key(id), str(batch.upload), parts) and not _is_complete(batch):
        whole(command.body, ())


def arrived(caller: Caller, id: str) -> ArrivedParts:
    """What of a batch's file has arrived. Raises NotFound."""
    batch = queries.batch(caller, id)
    found = _arrived(batch) if batch.status == "awaiting_upload" else None
    parts = [ArrivedPart(number=each.number, bytes=each.bytes, sha256=each.sha256) for each in found or ()]
    complete = batch.status != "awaiting_upload" or (found is None and _is_complete(batch))
    return ArrivedParts(id=id, complete=complete, parts=parts)


def _arrived(batch: Batch) -> list[Arrived] | None:
    """The parts that have arrived; None where S3 knows no upload of the batch, or no more."""
    return multipart.arrived(file_key(batch.id), batch.upload) if batch.upload else None


def _is_complete(batch: Batch) -> bool:
    """Whether the file that S3 has was put together of parts."""
    found = store.stat(file_key(batch.id)) if batch.upload else None
    return found is not None and multipart.is_of_parts(found.etag)
