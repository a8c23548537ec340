"""What follows from a report: it stands on the lists of its account and its scenario."""

from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive_each
from chalicelib.reductions.actions import file
from chalicelib.reductions.lookup.queries import as_reported, is_report


def file_reported(records: Sequence[Record]) -> None:
    """Each report has one pointer, however often it arrives."""
    derive_each([file(as_reported(record)) for record in records if is_report(record)])
