"""What the stream makes of trips and decisions that moved value, exactly once: they count on the day of the trip."""

from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.reductions.lookup.queries import as_reported
from chalicelib.reductions.projection import is_listed
from chalicelib.table.write import Write
from chalicelib.totals import counting


def decisions(records: Sequence[Record]) -> list[Write]:
    """One Write for each day on which trips were converted at once, confirmed later, or reversed."""
    at_once = [counting.taken(as_reported(record)) for record in records if is_listed(record)]
    later = [found for record in records if (found := counting.decided(record))]
    return counting.writes([*at_once, *later])
