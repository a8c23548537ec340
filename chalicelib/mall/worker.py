"""What the schedule does: tills are swept, offers follow their merchant, and those whose event is over may leave."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from typing import Any

from chalicelib import log
from chalicelib.edge.events import for_each
from chalicelib.errors import Contended, InvalidState, Refusal, Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.standing import sells
from chalicelib.mall import actions, aftersales, order_book, queries, sellers, shelving
from chalicelib.mall.items import Offer, TillOf
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, delete, present, update

SHELVING_SECONDS_MAX = 15  # what is left then is for the schedule's next firing
COMPLETING_SECONDS_MAX = EXPIRING_SECONDS_MAX = 30  # the same
LATER = timedelta(days=1)  # when an order that could not be refunded is tried again
COMPLETE_AFTER = timedelta(minutes=1)  # a sale that began within an event has ended by then


def sweep_tills() -> int:
    """Sweep every till that holds points; the points moved."""
    return _sweep(queries.tills_to_sweep())


def sweep_merchant(merchant: str) -> int:
    """Sweep every till of one merchant; the points moved."""
    return _sweep(queries.tills_of(merchant))


def _sweep(tills: Iterable[TillOf]) -> int:
    """Each till's sweep is named by its own counter, so a second run at the same time, or one that died half-way, moves
    nothing twice.
    """
    return sum(for_each(tills, _sweep_one, what="till", name=lambda each: each.name))


def _sweep_one(each: TillOf) -> int:
    """The points moved; none where another run was quicker, or the merchant is frozen: the next time will do."""
    record = keys.digest("sweep", each.name, str(each.till.sweeps))
    try:
        perform(record, lambda command: actions.sweep(command, *each))
    except Unavailable:
        raise
    except Refusal:
        return 0
    return each.till.points


def shelve_due() -> None:
    """What the schedule does: offers that have not followed yet, because a worker was lost or out of time."""
    waiting = [place.key.pk.removeprefix(keys.shelving("").pk) for place in read.places(lists.SHELVING)]
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
    account = merchants.item(merchant)
    turn = str(account.as_merchant.turn)
    down = not sells(account)
    offers = (each for each in queries.offers_of(merchant) if (each.status == "on_shelf" if down else each.held_back))
    in_time = takewhile(lambda _: time.monotonic() <= until, offers)
    outcomes = for_each(in_time, partial(_follow, turn, down), what="offer", name=lambda offer: offer.id)
    if all(outcomes) and time.monotonic() <= until:
        derive(delete(keys.shelving(merchant), require=Attr("turn").eq(turn)))


def _follow(turn: str, down: bool, offer: Offer) -> bool:
    """Whether the offer has followed its merchant, or need not any more."""
    step: Any = shelving.hold_back if down else shelving.bring_back
    try:
        perform(keys.digest("shelve", offer.id, turn), partial(step, offer=offer, turn=turn))
    except InvalidState:
        return True
    except Refusal:  # others are in the way: the ledger's stream must not wait for this
        return False
    return True


def complete_events(now: datetime) -> None:
    """Merchants whose event is over are swept, and free to close their account once nothing is left to serve."""
    at, until = stamp(now - COMPLETE_AFTER), time.monotonic() + COMPLETING_SECONDS_MAX
    ended = takewhile(lambda _: time.monotonic() <= until, queries.ended_events(at))
    for_each(ended, partial(_complete, at), what="merchant", name=lambda id: id)


def _complete(at: str, merchant: str) -> None:
    sweep_merchant(merchant)
    if queries.owes(merchant, at):
        return
    account = merchants.item(merchant)
    try:
        name = keys.digest("complete", merchant, str(account.as_merchant.turn))
        perform(name, partial(sellers.complete, account=account))
    except Contended:  # turned meanwhile: the next time will do
        return


def expire_due(now: datetime) -> None:
    """Orders that were not fulfilled in the time that their offer promised are refunded."""
    until = time.monotonic() + EXPIRING_SECONDS_MAX
    due = takewhile(lambda _: time.monotonic() <= until, order_book.orders_due(stamp(now)))
    for_each(due, partial(_expire, now), what="order", name=lambda id: id)


def _expire(now: datetime, id: str) -> None:
    """Once it is fulfilled or refunded, the note goes. What cannot be refunded now waits a day, behind all others."""
    sale = order_book.due(id)
    if sale.order.status == "placed":
        try:
            perform(keys.digest("expire", id), lambda command: aftersales.expire(command, order_book.due(id)))
        except (Contended, Unavailable):
            raise
        except InvalidState:  # fulfilled or refunded meanwhile
            pass
        except Refusal as refusal:
            log.emit("order_not_refunded", logging.WARNING, order=id, code=refusal.code)
            place = Listing(lists.ORDERS_DUE, f"{stamp(now + LATER)}:{id}")
            derive(update(keys.due(id), listed=place, require=present()))
            return
    derive(delete(keys.due(id)))
