"""What follows from the Records of a run: it continues."""

import logging
from collections.abc import Sequence

from chalicelib import log
from chalicelib.conformance.sandbox.items import HOLD_SECONDS
from chalicelib.conformance.worker import enqueue
from chalicelib.errors import Unavailable
from chalicelib.kernel.record import Record


def continue_runs(records: Sequence[Record]) -> None:
    """Send the first webhook of a run that has begun, expire its holds in time, and end it where nothing is left."""
    runs = {str(record.conformance): "" for record in records if record.conformance}
    placed = [(str(record.conformance), record.hold) for record in records if record.conformance and record.hold]
    try:
        enqueue(runs.items())
        enqueue(placed, delay_seconds=HOLD_SECONDS + 1)
    except Unavailable:  # the table remembers them: resume sends them
        log.emit("webhooks_wait_for_their_queue", logging.WARNING)
