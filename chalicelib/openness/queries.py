"""The supply as projected so far."""

from chalicelib.openness.model import SupplyAnswer, SupplyLane, total
from chalicelib.table import keys, read


def supply() -> SupplyAnswer:
    """Sums over the lanes, as of now."""
    return total(list(read.query(keys.SUPPLY, "sums:", "sums:~", SupplyLane)))
