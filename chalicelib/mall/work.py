"""What the schedule and the stream do: tills are swept, and offers follow their merchant off the shelf and back."""

import time
from collections.abc import Iterable
from functools import partial
from typing import Any

from chalicelib.edge.settle import derive, perform
from chalicelib.errors import InvalidState, Refusal
from chalicelib.ledger.standing import SHELVING, sells
from chalicelib.mall import actions, queries, shelf
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, read
from chalicelib.table.write import Attr, Item, delete

SHELVING_SECONDS_MAX = 15  # of Lambda's 30; what is left is for the schedule's next firing


def sweep_tills() -> int:
    """Sweep every till that holds points; the points moved."""
    return _sweep(queries.tills_to_sweep())


def sweep_merchant(merchant: str) -> int:
    """Sweep every till of one merchant; the points moved."""
    return _sweep(queries.tills_of(merchant))


def _sweep(tills: Iterable[tuple[str, Item, str]]) -> int:
    """Each till's sweep is named by its own counter, so a second run at the same time, or one that died half-way, moves
    nothing twice. A till that another run was quicker at is left for the next time.
    """
    moved = 0
    for till, item, merchant in tills:
        record = keys.digest("sweep", till, str(item["sweeps"]))
        try:
            perform(record, partial(actions.sweep, till=till, item=item, merchant=merchant))
        except Refusal:
            continue
        moved += item["points"]
    return moved


def shelve_told(records: Iterable[Item]) -> None:
    """After merchants were suspended, reinstated, frozen or released: their offers follow."""
    for merchant in dict.fromkeys(record["merchant"] for record in records if record["movement"] == SHELVING):
        _shelve(merchant)


def shelve_due() -> None:
    """What the schedule does: offers that have not followed yet, because a worker was lost or out of time."""
    for each in list(read.listed(SHELVING)):
        _shelve(each["pk"].removeprefix(keys.shelving("").pk))


def _shelve(merchant: str) -> None:
    """Offer by offer, each once a turn. The note that this is to be done goes when all have followed.

    A suspended or frozen merchant can put nothing on the shelf, so what is found there now is all there is. A turn
    that comes meanwhile makes the rest of this one void, and has a note of its own.
    """
    item, until = merchants.item(merchant), time.monotonic() + SHELVING_SECONDS_MAX
    turn = item["merchant"]["turn"]
    down = not sells(item)
    follow: Any = shelf.hold_back if down else shelf.bring_back
    left = False
    for each in queries.offers_of(merchant):
        if not (each["status"] == "on_shelf" if down else "held_back" in each):
            continue
        if time.monotonic() > until:
            return
        try:
            perform(keys.digest("shelve", each["id"], turn), partial(follow, item=each, turn=turn))
        except InvalidState:
            continue
        except Refusal:  # others are in the way: the ledger's stream must not wait for this
            left = True
    if not left:
        derive(delete(keys.shelving(merchant), require=Attr("turn").eq(turn)))
