"""What the stream makes of orders: a list by day, for whoever asks for no merchant in particular."""

from collections.abc import Sequence

from chalicelib.kernel.record import Record
from chalicelib.supervision.model import OrderPointer, lane
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def orders(records: Sequence[Record]) -> list[Write]:
    """One pointer for each order that was placed."""
    return [_pointer(record) for record in records if record.movement == "redemption"]


def _pointer(record: Record) -> Write:
    """The same each time it is written, so it marks nothing and is not in the way of a rebuild."""
    place = keys.order_on(record.at[:10], lane(record.id), record.at, record.id)
    return update(place, assign=vars(OrderPointer(record.id)))
