"""What the stream makes of sales: units sold, so that the shelf shows stock."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.mall.transfers import lane
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def sales(records: Sequence[Record]) -> list[Write]:
    """One Write for each offer (and lane) that sold or took back units."""
    sold: Counter[keys.Key] = Counter()
    for record in records:
        for source, destination, amount, asset in record.postings:
            if asset.startswith("units:"):
                till, change = (source, amount) if destination == keys.DELIVERED else (destination, -amount)
                sold[keys.sums(till.rpartition("/")[0], lane(till))] += change
    return [update(key, add={"sold": change}) for key, change in sold.items() if change]
