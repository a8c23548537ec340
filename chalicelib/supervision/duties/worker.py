"""What the schedule does: merchants are looked at once a day, and those whose duties are long not kept are delisted."""

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib import shanghai
from chalicelib.agenda.attempts import attempt_each
from chalicelib.agenda.walks import go_round
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.model import DUTY, GONE, suspenders
from chalicelib.settings import settings
from chalicelib.supervision.duties import actions, health
from chalicelib.supervision.duties.items import Round
from chalicelib.supervision.duties.model import codes
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.row import dump
from chalicelib.table.write import update

SECONDS_MAX = 20  # of each job; what is left then is for the schedule's next firing
TOGETHER = 50  # merchants, after which the look remembers how far it is


def look_daily(now: datetime) -> None:
    """Measure every merchant once a day (in Shanghai), as far as the time suffices: what it is warned of is remembered
    with the time when that was first seen.
    """
    until, day = time.monotonic() + SECONDS_MAX, shanghai.clock(now).date().isoformat()
    begun = read.get(keys.duties_round(), Round)
    after = begun.after if begun and begun.day == day else {}
    if begun and begun.day == day and begun.done:
        return
    places = read.places(lists.MERCHANTS, after=dict(after) or None, chunk=TOGETHER)
    while time.monotonic() <= until:
        some = read.first(places, TOGETHER)
        try:
            attempt_each(some, partial(_look, now), what="merchant", name=_merchant)
        finally:
            _remember(day, some)
        if len(some) < TOGETHER:
            return


def _remember(day: str, some: list[Place]) -> None:
    """One that fails holds up no other, today."""
    done = len(some) < TOGETHER
    ahead = Round(day=day, after=some[-1].position if some else {}, done=done)
    derive(update(keys.duties_round(), assign={"after": {}} | dump(ahead)))


def _merchant(place: Place) -> str:
    return place.key.pk.removeprefix(keys.holder(""))


def _look(now: datetime, place: Place) -> None:
    measure(_merchant(place), now)


def measure(merchant: str, now: datetime) -> None:
    """Remember what a merchant is warned of at ``now``; of one that is none any more nothing."""
    known = health.remembered(merchant)  # before the account: who is delisted meanwhile changes it
    account = merchants.item(merchant)
    found = [] if account.as_merchant.status in GONE else [*codes(health.measured(account, now))]
    if known or found:
        delisted = DUTY in suspenders(account.as_merchant)
        derive(actions.remember(known, merchant, found, at=stamp(now), delisted=delisted))


def delist_due(now: datetime) -> None:
    """Merchants with a warning that has lasted longer than the stage's days, in turns. Only the list of those that have
    one is read, and each is measured again before.
    """
    until, since = time.monotonic() + SECONDS_MAX, stamp(now - timedelta(days=settings().delist_days))
    go_round(lists.DUTIES, partial(_delist, now), until=until, up_to=f"{since}:~")


def _delist(now: datetime, place: Place) -> None:
    merchant = place.listing.rank.partition("Z:")[2]
    account = merchants.item(merchant)
    if (account.status, account.as_merchant.status) != ("active", "active"):
        return  # its offers are off the shelf anyway
    measure(merchant, now)
    known = health.remembered(merchant)
    if known is None or not known.since:
        return
    name = keys.digest("delist", merchant, *sorted(known.since.values()))
    try:
        perform(name, lambda command: _decide(command, merchant))
    except InvalidState:  # met meanwhile, or it may not sell anyway
        return


def _decide(command: Command[Any], merchant: str) -> Decision:
    known = health.remembered(merchant)
    if known is None:
        raise InvalidState(state="active", action="delist")
    account, days = merchants.item(merchant), settings().delist_days
    stock = health.measured(account, command.now).stock
    return actions.delist(command, known, account, days=days, taken_down=stock.short_by_takedown)
