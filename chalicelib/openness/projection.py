"""What the stream makes of Records: the scheme's supply."""

from collections import Counter
from collections.abc import Sequence

from chalicelib import lanes
from chalicelib.kernel.record import Record
from chalicelib.openness.model import supply_change
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def supply(records: Sequence[Record]) -> list[Write]:
    """One Write for all of ``records``, in this consumer's lane."""
    change: Counter[str] = Counter()
    for record in records:
        change.update(supply_change(record))  # not +, which drops negative sums
    amounts = {name: amount for name, amount in change.items() if amount}
    at = max(record.at for record in records)
    return [update(keys.sums(keys.SUPPLY, lanes.mine()), assign={"as_of": at}, add=amounts)]
