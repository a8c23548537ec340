"""The supply as projected so far."""

from chalicelib.openness.model import Supply, total
from chalicelib.table import keys, read


def supply() -> Supply:
    """Sums over the lanes, as of now."""
    return total(list(read.query(keys.SUPPLY, "sums:", "sums:~")))
