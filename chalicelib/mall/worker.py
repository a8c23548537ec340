"""What the schedule does: tills are swept, and offers follow their merchant off the shelf and back."""

import time
from collections.abc import Iterable
from functools import partial
from itertools import takewhile
from typing import Any

from chalicelib.edge.events import for_each
from chalicelib.errors import InvalidState, Refusal, Unavailable
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.standing import sells
from chalicelib.mall import actions, queries, shelf
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item, delete

SHELVING_SECONDS_MAX = 15  # what is left then is for the schedule's next firing


def sweep_tills() -> int:
    """Sweep every till that holds points; the points moved."""
    return _sweep(queries.tills_to_sweep())


def sweep_merchant(merchant: str) -> int:
    """Sweep every till of one merchant; the points moved."""
    return _sweep(queries.tills_of(merchant))


def _sweep(tills: Iterable[tuple[str, Item, str]]) -> int:
    """Each till's sweep is named by its own counter, so a second run at the same time, or one that died half-way, moves
    nothing twice.
    """
    return sum(for_each(tills, _sweep_one, what="till", name=lambda found: found[0]))


def _sweep_one(found: tuple[str, Item, str]) -> int:
    """The points moved; none where another run was quicker, or the merchant is frozen: the next time will do."""
    till, item, merchant = found
    record = keys.digest("sweep", till, str(item["sweeps"]))
    try:
        perform(record, partial(actions.sweep, till=till, item=item, merchant=merchant))
    except Unavailable:
        raise
    except Refusal:
        return 0
    return int(item["points"])


def shelve_due() -> None:
    """What the schedule does: offers that have not followed yet, because a worker was lost or out of time."""
    waiting = [each["pk"].removeprefix(keys.shelving("").pk) for each in read.listed(lists.SHELVING)]
    for_each(
        waiting,
        lambda merchant: shelve(merchant, time.monotonic() + SHELVING_SECONDS_MAX),
        what="merchant",
        name=lambda id: id,
    )


def shelve(merchant: str, until: float) -> None:
    """Offer by offer, each once a turn, until ``until`` (time.monotonic). When all have followed, the note goes.

    A suspended or frozen merchant can put nothing on the shelf, so what is found there now is all there is. A turn
    that comes meanwhile makes the rest of this one void, and has a note of its own.
    """
    item = merchants.item(merchant)
    turn, down = item.as_merchant.turn or "", not sells(item)
    offers = (
        each for each in queries.offers_of(merchant) if (each["status"] == "on_shelf" if down else "held_back" in each)
    )
    in_time = takewhile(lambda _: time.monotonic() <= until, offers)
    followed = for_each(in_time, partial(_follow, turn, down), what="offer", name=lambda item: str(item["id"]))
    if all(followed) and time.monotonic() <= until:
        derive(delete(keys.shelving(merchant), require=Attr("turn").eq(turn)))


def _follow(turn: str, down: bool, item: Item) -> bool:
    """Whether the offer has followed its merchant, or need not any more."""
    step: Any = shelf.hold_back if down else shelf.bring_back
    try:
        perform(keys.digest("shelve", item["id"], turn), partial(step, item=item, turn=turn))
    except InvalidState:
        return True
    except Refusal:  # others are in the way: the ledger's stream must not wait for this
        return False
    return True
