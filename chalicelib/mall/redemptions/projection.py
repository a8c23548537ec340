"""What the stream makes of sales: units sold, so that the shelf shows stock, now and as of an instant."""

from collections import Counter
from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.mall.transfers import lane, stock_places
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def sales(records: Sequence[Record]) -> list[Write]:
    """For each offer (and lane) that sold or took back units: one Write, and one for its day and for each minute."""
    sold: Counter[keys.Key] = Counter()
    stock: Counter[keys.Key] = Counter()
    for record in records:
        for source, destination, amount, asset in record.postings:
            if asset.startswith("units:"):
                till, change = (source, amount) if destination == keys.DELIVERED else (destination, -amount)
                offer = till.rpartition("/")[0]
                sold[keys.sums(offer, lane(till))] += change
                for place in stock_places(offer.partition(":")[2], record.at, lane(till)):
                    stock[place] -= change
    totals = [update(key, add={"sold": change}) for key, change in sold.items() if change]
    return totals + [update(key, add={"units": change}) for key, change in stock.items() if change]
