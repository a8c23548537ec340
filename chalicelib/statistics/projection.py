"""What the stream makes of Records: sums by month, of the scheme, of each source of grams and of each merchant."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import lanes
from chalicelib.kernel.record import Record
from chalicelib.statistics import counting, model
from chalicelib.table import keys
from chalicelib.table.keys import Key
from chalicelib.table.write import Write, update

Named = tuple[Key, tuple[tuple[str, str], ...]]  # an item, and what it says of itself


def months(records: Sequence[Record]) -> list[Write]:
    """One Write for each sum, in this consumer's lane."""
    lane = lanes.mine()
    sums: dict[Named, Counter[str]] = defaultdict(Counter)
    for record in records:
        for named, amounts in _counted(record, lane):
            sums[named].update(amounts)  # not +, which drops negative sums
    return [write for (key, facts), amounts in sums.items() if (write := _add(key, dict(facts), amounts))]


def _counted(record: Record, lane: int) -> list[tuple[Named, Mapping[str, int]]]:
    month = model.month_of(record.at)
    found: list[tuple[Named, Mapping[str, int]]] = [
        ((keys.month_sums(month, lane), (("month", month),)), counting.change(record))
    ]
    if came := counting.source(record):
        facts = tuple(came[0]._asdict().items())
        found.append(((keys.confirmed(month, *came[0], lane), facts), came[1]))
    if merchant := counting.merchant(record):
        of_merchant = keys.turnover(month, merchant, lanes.mine(model.TURNOVER_LANES))
        found.append(((of_merchant, (("merchant", merchant),)), counting.turnover(record)))
    return found


def _add(key: Key, facts: Mapping[str, Any], amounts: Counter[str]) -> Write | None:
    moved = {name: amount for name, amount in amounts.items() if amount}
    return update(key, assign=facts, add=moved) if moved else None
