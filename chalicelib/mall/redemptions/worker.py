"""What the schedule does: late orders are refunded, and merchants whose time is over may leave."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from chalicelib import log
from chalicelib.agenda.walks import go_round
from chalicelib.errors import Contended, InvalidState, Refusal, Unavailable
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.account import Account
from chalicelib.mall.offers import queries, sellers
from chalicelib.mall.redemptions import aftersales, order_book
from chalicelib.mall.redemptions.sweeping import sweep_merchant
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys, lists
from chalicelib.table.lists import Place
from chalicelib.table.write import delete, present, update

COMPLETING_SECONDS_MAX = 60  # what is left then is for the schedule's next firing
EXPIRING_SECONDS_MAX = 30  # the same
LATER = timedelta(days=1)  # when an order that could not be refunded is tried again
COMPLETE_AFTER = timedelta(minutes=1)  # a sale that began within an event has ended by then


def complete_events(now: datetime) -> None:
    """Merchants whose event is over, or that were vetoed, are swept, and free to close their account once nothing is
    left to serve. Their place in a sub-platform's plan is free at once. All in turns: who serves for long delays no
    other.
    """
    at, until = stamp(now - COMPLETE_AFTER), time.monotonic() + COMPLETING_SECONDS_MAX
    go_round(lists.MERCHANTS, partial(_complete, at, until), until=until, where=queries.ended(at))


def _complete(at: str, until: float, place: Place) -> None:
    merchant = place.key.pk.removeprefix(keys.holder(""))
    account = merchants.item(merchant)
    if account.as_merchant.counted and not _settled("leave", account, sellers.leave):
        return
    sweep_merchant(merchant, until)
    if queries.owes(merchant, at, until):
        return
    _settled("complete", merchants.item(merchant), sellers.complete)


def _settled(action: str, account: Account, decide: Callable[..., Decision]) -> bool:
    """Once for each turn of the merchant. False where it turned meanwhile: the next time will do."""
    try:
        name = keys.digest(action, account.id, str(account.as_merchant.turn))
        perform(name, partial(decide, account=account))
    except Contended:
        return False
    return True


def expire_due(now: datetime) -> None:
    """Orders that were not fulfilled in the time that their offer promised are refunded."""
    until = time.monotonic() + EXPIRING_SECONDS_MAX
    go_round(lists.ORDERS_DUE, partial(_expire, now), until=until, up_to=stamp(now))


def _expire(now: datetime, place: Place) -> None:
    """Once it is fulfilled or refunded, the note goes. What cannot be refunded now waits a day, behind all others."""
    id = place.key.pk.removeprefix(keys.due("").pk)
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
            later = lists.ORDERS_DUE.at(f"{stamp(now + LATER)}:{id}")
            derive(update(keys.due(id), listed=later, require=present()))
            return
    derive(delete(keys.due(id)))
