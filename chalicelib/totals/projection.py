"""What the stream makes of decisions that moved value, exactly once: they are counted on the day of the trip."""

from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.table.write import Write
from chalicelib.totals import counting


def decisions(records: Sequence[Record]) -> list[Write]:
    """One Write for each day on which trips were confirmed later, or reversed."""
    return counting.writes(found for record in records if (found := counting.decided(record)))
