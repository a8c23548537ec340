"""The schedule's work: recompute the books, keep what differs, once a day (docs/adr/0024 and 0044)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib import log, shanghai
from chalicelib.kernel.settle import perform
from chalicelib.reconciliation import actions, queries
from chalicelib.reconciliation.export.advance import advance, begin
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.reconciliation.scan import reconcile
from chalicelib.settings import settings
from chalicelib.table import keys


def scheduled(moment: str) -> str:
    """Reconcile the day of a scheduled time, once however often it fires; the day's name.

    In the cloud this begins with an export of the table, which one machine does not have, and the queue does the rest.
    """
    day = f"{shanghai.clock(datetime.fromisoformat(moment)):%Y-%m-%d}"
    if queries.reconciliation(day) is not None:
        _report(day)
    elif settings().stage == "local":
        _keep(reconcile(day))
    else:
        begin(day)
    return day


def handle(message: Mapping[str, Any]) -> None:
    """A step of a reconciliation that reads an export."""
    day = str(message["day"])
    if queries.reconciliation(day) is not None:
        _report(day)
    elif made := advance(message):
        _keep(made)


def _keep(made: Reconciliation) -> None:
    """Of two results of a day the first stays."""
    perform(keys.digest("reconciliation", made.id), partial(actions.keep, made=made))
    _report(made.id)


def _report(day: str) -> None:
    """Raise the alarm where something differs; also where a worker died before it could."""
    log.count("Differences", queries.known(day).differences)
