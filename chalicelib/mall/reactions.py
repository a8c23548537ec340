"""What follows in the mall from the Records of merchants."""

import time
from collections.abc import Sequence

from chalicelib.accounts.actions import KINDS
from chalicelib.mall import worker
from chalicelib.merchants.model import TURNS
from chalicelib.table.write import Item

FREEZES = {*KINDS.values()}


def follow_merchants(records: Sequence[Item]) -> None:
    """After merchants were suspended, reinstated, frozen or released, their offers follow.

    What takes too long is left to ``resume``.
    """
    until = time.monotonic() + worker.SHELVING_SECONDS_MAX
    turned = [record for record in records if record["kind"] in TURNS | FREEZES and "merchant" in record]
    for merchant in dict.fromkeys(record["merchant"] for record in turned):
        worker.shelve(merchant, until)
