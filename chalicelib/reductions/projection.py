"""What the stream makes of Records: trips that were converted at once stand in their scenario's list (docs/adr/0056).

Its pages are of ten seconds, a page for what the consumer files together. So a trip needs no pointer and no place in an
index: a person's own are the lines of her statement, and what reads lists reads pages.
"""

from collections import defaultdict
from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.reductions.items import TripsPage
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def is_listed(record: Record) -> bool:
    """Whether a Record reports a trip that projections list and count; any other report gets a pointer (``file``)."""
    return record.form is not None


def trips(records: Sequence[Record]) -> list[Write]:
    """One Write for each scenario and ten seconds."""
    pages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        if is_listed(record):
            rank = f"{record.at}:{record.id}"
            pages[keys.scenario_code(str(record.scenario)), rank[: keys.SLOT]].add(rank)
    return [_page(scenario, ranks) for (scenario, _), ranks in pages.items()]


def _page(scenario: str, ranks: set[str]) -> Write:
    """No other page bears the same name: a Record is filed once."""
    page = TripsPage(frozenset(each[keys.SLOT :] for each in ranks))
    return update(keys.trips_page(scenario, min(ranks)), assign=vars(page))
