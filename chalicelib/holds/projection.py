"""What the stream makes of holds: a merchant's list, and the list of what is due."""

from collections.abc import Sequence

from chalicelib.holds.items import MerchantHold, due
from chalicelib.holds.model import HoldAnswer
from chalicelib.kernel.record import Record
from chalicelib.table import keys
from chalicelib.table.write import Write, update


def merchant_holds(records: Sequence[Record]) -> list[Write]:
    """One pointer for each hold that was placed."""
    return [_pointer(record) for record in records if record.movement == "hold"]


def _pointer(record: Record) -> Write:
    hold = HoldAnswer.model_validate_json(record.answer)
    key = keys.merchant_hold(hold.merchant, hold.at, hold.id)
    pointer = vars(MerchantHold(record.id, hold.id))
    return update(key, assign=pointer, listed=due(hold.id, hold.expires_at))  # no put: it would hinder a rebuild
