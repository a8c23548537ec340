"""What follows in the mall from the Records of merchants and of sales."""

import json
import time
from collections.abc import Sequence

from chalicelib.accounts.actions import KINDS
from chalicelib.agenda.notes import note
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive_each
from chalicelib.mall import transfers
from chalicelib.mall.notes import DueOrder
from chalicelib.mall.offers import following
from chalicelib.mall.redemptions.sweeping import SOLD
from chalicelib.merchants.model import TURNS
from chalicelib.table import keys, lists
from chalicelib.table.write import put

FREEZES = {*KINDS.values()}


def follow_merchants(records: Sequence[Record]) -> None:
    """After merchants were suspended, reinstated, frozen or released, their offers follow.

    What takes too long is left to ``resume``.
    """
    until = time.monotonic() + following.SHELVING_SECONDS_MAX
    turned = (record.merchant for record in records if record.kind in TURNS | FREEZES)
    for merchant in dict.fromkeys(each for each in turned if each):
        following.shelve(merchant, until)


def note_sold(records: Sequence[Record]) -> None:
    """Tills that gained points are to be swept."""
    note(SOLD, [posting.destination for record in records for posting in transfers.paid(record)])


def note_due(records: Sequence[Record]) -> None:
    """An order that has to be fulfilled by a time is noted, so that the schedule finds it then."""
    sold = (json.loads(record.answer) for record in records if record.kind == "redemption")
    due = ((order["id"], order["merchant"], order["fulfil_by"]) for order in sold if order.get("fulfil_by"))
    derive_each(
        put(keys.due(id), DueOrder(id, merchant), listed=lists.ORDERS_DUE.at(f"{fulfil_by}:{id}"))
        for id, merchant, fulfil_by in due
    )
