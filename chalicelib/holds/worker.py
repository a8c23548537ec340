"""What the schedule does: holds that were neither captured nor released in time expire."""

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from chalicelib.edge.events import for_each
from chalicelib.errors import Contended, InvalidState
from chalicelib.holds import actions, queries
from chalicelib.holds.items import LANES
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import perform
from chalicelib.table import keys, lists, read

SECONDS_MAX = 30  # of the minute until the schedule fires again; what is left then is done next time


def expire_due(now: datetime) -> int:
    """Holds whose time was over at ``now`` go back to their persons; how many."""
    until = time.monotonic() + SECONDS_MAX
    due = takewhile(lambda _: time.monotonic() <= until, _due(stamp(now)))
    return sum(for_each(due, expire, what="hold", name=lambda id: id))


def _due(at: str) -> Iterator[str]:
    """Ids of the holds that are due, lane by lane, the oldest first."""
    for lane in range(LANES):
        for place in read.places(lists.holds_due(lane), descending=False):
            expires_at, _, id = place.listing.rank.rpartition(":")
            if expires_at > at:
                break
            yield id


def expire(id: str) -> bool:
    """Whether this call made the hold expire: its name makes it once, however often it is tried."""
    try:
        settled = perform(keys.digest("expire hold", id), lambda command: actions.expire(command, queries.item(id)))
    except (InvalidState, Contended):
        return False  # captured or released meanwhile, or it is tried again at the next firing
    return not settled.replayed
