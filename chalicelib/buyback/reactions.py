"""What follows from the Records of runs."""

import logging
from collections.abc import Sequence

from chalicelib import log
from chalicelib.buyback.actions import RUN_STARTED
from chalicelib.errors import Unavailable
from chalicelib.kernel.record import Record
from chalicelib.queues import sender as queue


def plan_runs(records: Sequence[Record]) -> None:
    """After runs were started: have them planned. Where the queue is away, ``resume`` finds the run and sends it."""
    started = [{"run": record.id} for record in records if record.kind == RUN_STARTED]
    try:
        queue.send(started)
    except Unavailable:
        log.emit("runs_wait_for_their_queue", logging.WARNING)
