"""How much of one operator is in work at once: so that nobody's files wait for all of another's. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.batches.items import Batch, Intake
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import Empty
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, update

LANES_MAX = 8  # in work, of one file and of one operator: half of the workers


def ranked(batch: Batch) -> str:
    """The batch, so that an operator's batches are in the order of their announcement."""
    return f"{batch.created_at}:{batch.id}"


def has_room(intake: Intake, batch: Batch, lanes: int) -> bool:
    """Whether the batch may begin: older ones go first."""
    return intake.lanes + lanes <= LANES_MAX and not any(each < ranked(batch) for each in intake.waiting)


def admit(batch: Batch, intake: Intake, lanes: int) -> Decision:
    """The lanes of a batch take their room. Raises InvalidState where there is none."""
    if batch.id in intake.batches or not has_room(intake, batch, lanes):
        raise InvalidState(state="full", action="admit")
    write = _change(batch, intake, add={"lanes": lanes, "batches": {batch.id}}, discard={"waiting": {ranked(batch)}})
    return Decision("batch_admitted", Empty(), (write,))


def wait(batch: Batch, intake: Intake) -> Write:
    """The batch waits until another releases its room."""
    return _change(batch, intake, add={"waiting": {ranked(batch)}})


def forget(batch: Batch, intake: Intake, ended: Collection[str]) -> Write:
    """Those that have ``ended`` wait no more: a worker that stood still may write that a batch waits, after its end."""
    return _change(batch, intake, add={}, discard={"waiting": set(ended)})


def release(batch: Batch, intake: Intake, lanes: int) -> Write:
    """Room for another, if the batch took any: in any case, it takes none from now on."""
    if batch.id not in intake.batches:
        return _change(batch, intake, add={})
    return _change(batch, intake, add={"lanes": -lanes}, discard={"batches": {batch.id}})


def _change(batch: Batch, intake: Intake, *, add: Mapping[str, Any], discard: Mapping[str, Any] | None = None) -> Write:
    """A change to what was read, and to nothing else: another one in between makes it Contended."""
    as_read = Attr("moves").eq(intake.moves) if intake.moves else Attr("moves").not_exists()
    return update(keys.intake(batch.operator), add={"moves": 1, **add}, discard=discard, require=as_read)
