"""Statistics as a spreadsheet opens them: one line for each month and figure."""

from collections.abc import Iterator
from typing import Any

from chalicelib.accounts.statements.sheet import table
from chalicelib.statistics.model import SUMS, StatisticsAnswer

COLUMNS = ("month", "figure", "scenario", "methodology", "amount")
BY_SOURCE = ("issued_grams", "reversed_grams")


def written(statistics: StatisticsAnswer) -> str:
    """CSV (RFC 4180) with a byte order mark. A line without a scenario is of the whole month."""
    return table(COLUMNS, _rows(statistics))


def _rows(statistics: StatisticsAnswer) -> Iterator[dict[str, Any]]:
    for month in statistics.items:
        for name in SUMS:
            yield {"month": month.month, "figure": name, "amount": getattr(month, name)}
        for each in month.issued:
            named = {"month": month.month, "scenario": each.scenario, "methodology": each.methodology}
            for name in BY_SOURCE:
                yield named | {"figure": name, "amount": getattr(each, name)}
