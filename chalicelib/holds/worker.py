"""What the schedule does: holds that were neither captured nor released in time expire."""

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from chalicelib.agenda.attempts import attempt_each
from chalicelib.errors import Contended, InvalidState
from chalicelib.holds import actions, queries
from chalicelib.holds.items import LANES
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive, perform
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import UNLISTED, Place
from chalicelib.table.write import present, update

SECONDS_MAX = 30  # of the minute until the schedule fires again; what is left then is done next time


def expire_due(now: datetime) -> int:
    """Holds whose time was over at ``now`` go back to their persons; how many."""
    until = time.monotonic() + SECONDS_MAX
    return sum(attempt_each(_due(now), conclude, what="hold", name=_hold, until=until))


def _due(now: datetime) -> Iterator[Place]:
    """What is due, the oldest first in each lane. Another lane begins each minute, so none waits for the others."""
    for number in range(LANES):
        listed = read.places(lists.holds_due((now.minute + number) % LANES), descending=False)
        yield from takewhile(lambda place: place.listing.rank <= stamp(now), listed)


def _hold(place: Place) -> str:
    return place.listing.rank.rpartition(":")[2]


def conclude(place: Place) -> bool:
    """Whether this call made the hold expire. One that has ended leaves the list; one in use is tried again later."""
    id = _hold(place)
    try:
        expired = queries.item(id).status == "held" and expire(id)
    except Contended:
        return False
    derive(update(place.key, remove=UNLISTED, require=present()))
    return expired


def expire(id: str) -> bool:
    """Whether this call made the hold expire: its name makes it once, however often it is tried. Raises Contended."""
    try:
        settled = perform(keys.digest("expire hold", id), lambda command: actions.expire(command, queries.item(id)))
    except InvalidState:
        return False  # captured or released meanwhile
    return not settled.replayed
