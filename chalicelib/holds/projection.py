"""What the stream makes of holds: a merchant's list."""

from collections.abc import Sequence

from chalicelib.holds.items import MerchantHold
from chalicelib.kernel.record import Record
from chalicelib.table import keys
from chalicelib.table.write import Write, put


def merchant_holds(records: Sequence[Record]) -> list[Write]:
    """One pointer for each hold that was placed."""
    return [
        put(keys.merchant_hold(record.merchant, record.at, record.hold), MerchantHold(record.id, record.hold))
        for record in records
        if record.movement == "hold" and record.merchant and record.hold
    ]
