"""What the schedule does: merchants that leave are brought to the end, step by step, each as often as it takes."""

import logging
import time
from datetime import datetime

from chalicelib import log
from chalicelib.agenda.attempts import attempt_each
from chalicelib.agenda.walks import go_round
from chalicelib.departures import actions, queries
from chalicelib.departures.items import Departure
from chalicelib.departures.model import SETTLE_AFTER
from chalicelib.errors import Contended, InvalidState, Refusal, Unavailable
from chalicelib.holds import queries as holds
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.mall.offers import queries as mall
from chalicelib.mall.redemptions import aftersales, order_book
from chalicelib.mall.redemptions.sweeping import sweep_merchant
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, lists
from chalicelib.table.write import Attr, update

SECONDS_MAX = 60  # what is left then is for the schedule's next firing


def depart_due(now: datetime) -> None:
    """Bring every departure as far as it can go at ``now``, in turns: those that wait for long delay no other."""
    until = time.monotonic() + SECONDS_MAX
    go_round(lists.DEPARTURES, lambda place: depart(now, queries.leaving(place), until), until=until)


def depart(now: datetime, merchant: str, until: float) -> None:
    """Open orders are refunded once their time is over, tills are swept, and when nothing is left the merchant leaves.
    Where ``until`` (time.monotonic) comes before that is known, it stays until the next look.

    What could still be sold when it was looked at keeps it (``mall.owes``): offers follow their merchant first.
    """
    departure = queries.departure(merchant)
    if departure.status == "left" or stamp(now - SETTLE_AFTER) < departure.since:
        return
    if departure.serve_by <= stamp(now):
        _refund_open(departure)
    sweep_merchant(merchant, until)
    if mall.owes(merchant, stamp(now), until) or holds.live(merchant, now):
        return
    try:
        perform(
            keys.digest("left", departure.id),
            lambda command: actions.settle(command, queries.departure(merchant), merchants.item(merchant)),
        )
    except (Contended, Unavailable):
        raise
    except Refusal as refusal:  # frozen: it waits for its release
        log.emit("merchant_not_left", logging.WARNING, merchant=merchant, code=refusal.code)


def _refund_open(departure: Departure) -> None:
    """Some of them: the next look continues where this one ended, and begins again at the end."""
    waiting, before = queries.open_orders(departure)
    attempt_each(waiting, _refund, what="order", name=lambda id: id)
    here = Attr("id").eq(departure.id)
    derive(update(keys.departure(departure.merchant), assign={"looked_before": before}, require=here))


def _refund(id: str) -> None:
    try:
        perform(keys.digest("left behind", id), lambda command: aftersales.leave_behind(command, order_book.due(id)))
    except (Contended, Unavailable):
        raise
    except InvalidState:  # fulfilled or refunded meanwhile
        return
    except Refusal as refusal:  # a frozen buyer gets it once she is released
        log.emit("order_not_refunded", logging.WARNING, order=id, code=refusal.code)
