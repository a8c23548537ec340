"""What follows from a report: it is listed, and counted on the day of its trip; then days are compared again."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib import shanghai
from chalicelib.deadline import pause
from chalicelib.errors import Contended, Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, derive_once
from chalicelib.ledger.model import entries
from chalicelib.reductions.actions import file
from chalicelib.reductions.lookup.queries import as_reported, is_report
from chalicelib.reductions.projection import is_listed
from chalicelib.table import keys, read
from chalicelib.table.write import put
from chalicelib.totals import actions, counting, queries

_ATTEMPTS_MAX = 5
_LOOKS_MAX, _PAUSE_MAX = 15, 5.0  # at what projections count: for 51 seconds at most, as a function has 120
_CLOCKS = timedelta(minutes=10)  # how far the clock of whoever takes an upload may be ahead of this one
_BEHIND = timedelta(hours=2)  # how far projections may be: what ends meanwhile is counted before it is over


def file_reported(records: Sequence[Record]) -> None:
    """Each report has one pointer, and is counted in the transaction that puts it, however often it arrives; those that
    projections list and count have none. A decision that moved no value, which no projection sees, is counted beside a
    mark of its own.
    """
    reports = (as_reported(record) for record in records if is_report(record) and not is_listed(record))
    filed = [(file(each), counting.taken(each)) for each in reports]
    moved_nothing = ((record, counting.decided(record)) for record in records if record.movement is None)
    marked = [(put(keys.counted(record.id), {"id": record.id}), found) for record, found in moved_nothing if found]
    derive_once([*filed, *marked], counting.writes)


def compare_totals(records: Sequence[Record]) -> None:
    """Days of late trips, and those that an operator has just uploaded, are compared, after the trips were counted.

    A day that is not over has no totals, so trips of today cost nothing here, and others one request for all of them,
    unless there are totals. Raises Contended, Unavailable.
    """
    now = datetime.now(UTC)
    today, soon = (f"{shanghai.clock(now + ahead):%Y-%m-%d}" for ahead in (_CLOCKS, _BEHIND))
    reports = [(counting.of(as_reported(each).answer), each) for each in records if is_report(each)]
    _await_count(each for of, each in reports if of.day < soon)
    late = [queries.Place(*of[:2], keys.operator_id(each.caller)) for of, each in reports if of.day < today]
    uploads = [queries.place(each.reference or "") for each in records if each.kind == actions.UPLOADED]
    for scenario, day in queries.uploaded_among([*late, *uploads]):
        _compare(scenario, day, stamp(now))


def _await_count(records: Iterable[Record]) -> None:
    """Projections count what they list, and may be behind: a day is compared after that.

    Raises Unavailable where they stay behind: waiting again for a part of ``records`` would not help.
    """
    lines = [keys.entry(name, each.at, each.id) for each in records if is_listed(each) for name in entries(each)]
    for look in range(_LOOKS_MAX):
        lines = read.missing(lines)
        if not lines:
            return
        pause(random.uniform(0, min(_PAUSE_MAX, 0.1 * 2**look)))
    raise Unavailable()


def _compare(scenario: str, day: str, at: str) -> None:
    """Whoever counts a trip compares after it, so the last to count sees all trips."""
    for _ in range(_ATTEMPTS_MAX):
        moved = [write for each in queries.uploaded(scenario, day) if (write := actions.compare(each, at))]
        if all(derive(write).done for write in moved):
            return
    raise Contended()
