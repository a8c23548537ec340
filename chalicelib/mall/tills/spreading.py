"""An offer gets more tills where buyers are in each other's way, and its units are shared out among them."""

import random
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalicelib import log
from chalicelib.agenda.notes import note
from chalicelib.agenda.walks import walk
from chalicelib.errors import Contended, InvalidState, Unavailable
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import perform
from chalicelib.mall.items import Offer, OfferTerms, Till
from chalicelib.mall.tills import sizes, terms
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.table import keys, read

LEVELLING_SECONDS_MAX = 10.0  # of each message; ten come at once to a function of two minutes
PAUSE_SECONDS_MAX = 0.01  # between the tries of a move: in a rush its tills are free for moments only


def ask(offer: OfferTerms) -> None:
    """Ask for more tills than ``offer`` has, where it can get any: each message costs a reading of all tills. A message
    that is lost is sent again as long as buyers meet each other.
    """
    if not sizes.may_have_more(offer):
        return
    log.count("CrowdedOffers")
    try:
        queue.send([{"crowded": offer.id, "tills": offer.stripes}], to=settings().buy_back_queue_url)
    except Unavailable:
        return


def handle(message: Mapping[str, Any]) -> None:
    """Many processes ask at once, and a message may arrive twice. It names the number of tills that was too few: where
    the offer has more by now, nothing is done.
    """
    id, offer = str(message["crowded"]), _offer(str(message["crowded"]))
    if offer is None or offer.stripes != message["tills"]:
        return
    if not sizes.may_grow(offer, sum(till.units for till in _tills(offer).values())):
        return
    try:
        perform(keys.digest("tills", id, str(offer.resized)), partial(_grow, offer))
    except InvalidState:
        return
    level(id, time.monotonic() + LEVELLING_SECONDS_MAX)


def _grow(asked: Offer, command: Command[Any]) -> Decision:
    offer = _offer(asked.id) or asked
    if offer.resized != asked.resized:
        raise InvalidState(state="resized", action="resize")
    return sizes.grow(command, offer)


def level(id: str, until: float) -> bool:
    """Share the units of an offer out among its tills, until ``until`` (time.monotonic). Whether it is done."""
    while True:
        offer = _offer(id)
        wanted = sizes.moves(_tills(offer)) if offer and not offer.pooled else []
        if not wanted:
            return True
        random.shuffle(wanted)  # of two workers, neither waits for the other
        for each in wanted:
            if time.monotonic() > until:
                return False
            _move(id, each)


def _move(offer: str, wanted: sizes.Move) -> None:
    """The counter of the till that gives names the Record, so a move that is tried twice happens once. Where buyers
    hold the tills all the time, the next pass tries again.
    """
    source, before = wanted.source
    try:
        name = keys.digest("move", source, str(before.moves))
        perform(name, lambda command: sizes.move(command, offer, wanted), PAUSE_SECONDS_MAX)
    except (InvalidState, Contended):
        return


def level_due() -> None:
    """What the schedule does: units that are not shared out yet, because a worker was lost or out of time."""
    until = time.monotonic() + LEVELLING_SECONDS_MAX
    walk(terms.LEVELS, partial(_level_noted, until), now=datetime.now(UTC), until=until)


def _level_noted(until: float, ids: Sequence[str]) -> None:
    note(terms.LEVELS, [id for id in ids if not level(id, until)])


def _offer(id: str) -> Offer | None:
    return read.get(keys.offer(id), Offer)


def _tills(offer: Offer) -> dict[str, Till]:
    found = read.many([keys.account(name) for name in offer.tills], Till)
    return {key.pk: till for key, till in found.items()}
