"""What follows from the Records of runs."""

import logging
from collections.abc import Sequence

from chalicelib import log
from chalicelib.agenda.notes import note
from chalicelib.buyback.actions import RUN_STARTED
from chalicelib.buyback.model import SELLERS
from chalicelib.errors import Unavailable
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import Entry, entries
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.table import keys


def note_sellers(records: Sequence[Record]) -> None:
    """A merchant that gained points, or whose tills were swept, may be due: noted on the day (Shanghai) when the
    stream brings it.
    """
    names = (name for record in records for name, entry in entries(record).items() if _may_be_due(record, name, entry))
    note(SELLERS, [name.removeprefix(keys.holder("")) for name in names])


def _may_be_due(record: Record, name: str, entry: Entry) -> bool:
    return entry.swept_points > 0 or (name == record.holder and entry.points > 0)


def plan_runs(records: Sequence[Record]) -> None:
    """After runs were started: have them planned. Where the queue is away, ``resume`` finds the run and sends it."""
    started = [{"run": record.id} for record in records if record.kind == RUN_STARTED]
    try:
        queue.send(started, to=settings().buy_back_queue_url)
    except Unavailable:
        log.emit("runs_wait_for_their_queue", logging.WARNING)
