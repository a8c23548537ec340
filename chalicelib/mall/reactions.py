"""What follows in the mall from the Records of merchants."""

import time
from collections.abc import Sequence

from chalicelib.accounts.actions import KINDS
from chalicelib.kernel.record import Record
from chalicelib.mall import worker
from chalicelib.merchants.model import TURNS

FREEZES = {*KINDS.values()}


def follow_merchants(records: Sequence[Record]) -> None:
    """After merchants were suspended, reinstated, frozen or released, their offers follow.

    What takes too long is left to ``resume``.
    """
    until = time.monotonic() + worker.SHELVING_SECONDS_MAX
    turned = (record.merchant for record in records if record.kind in TURNS | FREEZES)
    for merchant in dict.fromkeys(each for each in turned if each):
        worker.shelve(merchant, until)
