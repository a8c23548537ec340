"""The schedule's work: recompute the books, keep what differs, once a day (docs/adr/0024 and 0044).

It begins with an export of the table, and the queue does the rest. One machine has no export: infra/dev/local/books.py
reads its table.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import log, shanghai
from chalicelib.kernel.settle import perform
from chalicelib.queues import sender
from chalicelib.reconciliation import actions, queries
from chalicelib.reconciliation.export.advance import advance, begin
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.settings import settings
from chalicelib.table import keys

_FIRES_AT = timedelta(hours=3)  # in Shanghai


def day_of(moment: datetime) -> str:
    """The day whose books a firing recomputes."""
    return f"{shanghai.clock(moment):%Y-%m-%d}"


def scheduled(moment: str) -> str:
    """Reconcile the day of a scheduled time, once however often it fires; the day's name."""
    day = day_of(datetime.fromisoformat(moment))
    if not reported(day):
        begin(day, datetime.now(UTC))
    return day


def resume(now: datetime) -> None:
    """Have the day that fired last looked after, if it has no result: what its queue lost is sent again."""
    day = day_of(now - _FIRES_AT)
    if queries.reconciliation(day) is None:
        sender.send([{"day": day, "step": "again"}], to=settings().books_queue_url)


def handle(message: Mapping[str, Any]) -> None:
    """A step of a reconciliation that reads an export."""
    if not reported(str(message["day"])) and (made := advance(message, datetime.now(UTC))):
        keep(made)


def keep(made: Reconciliation) -> None:
    """Of two results of a day the first stays."""
    perform(keys.digest("reconciliation", made.id), partial(actions.keep, made=made))
    reported(made.id)


def reported(day: str) -> bool:
    """Whether a day has its result; then raise the alarm where something differs, as who kept it may have died."""
    kept = queries.reconciliation(day)
    if kept is not None:
        log.count("Differences", kept.differences)
    return kept is not None
