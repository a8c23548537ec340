"""What follows from a judgement: a worker is woken."""

from collections.abc import Sequence

from chalicelib.batches.processing.worker import wake
from chalicelib.kernel.record import Record

KINDS = ("batch_confirming", "batch_rejecting", "batch_reversing")


def wake_judges(records: Sequence[Record]) -> None:
    """As the file itself did. A worker that is woken twice finds nothing left to do."""
    for record in records:
        if record.kind in KINDS and record.batch:
            wake(record.batch)
