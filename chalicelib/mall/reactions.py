"""What follows in the mall from the Records of merchants."""

import time
from collections.abc import Sequence

from chalicelib.mall import work
from chalicelib.merchants.model import TURNS
from chalicelib.table.write import Item


def follow_merchants(records: Sequence[Item]) -> None:
    """After merchants were suspended or reinstated, their offers follow. What takes too long is left to ``resume``."""
    until = time.monotonic() + work.SHELVING_SECONDS_MAX
    for merchant in dict.fromkeys(record["merchant"] for record in records if record["kind"] in TURNS):
        work.shelve(merchant, until)
