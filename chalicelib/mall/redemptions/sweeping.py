"""What tills have earned goes to their merchants: the stream notes which tills sold, and these are looked at (ADR 45).

Beside that all offers are looked at in turn, however old, a part at each firing: what the notes do not know comes then.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from chalicelib import log
from chalicelib.agenda.attempts import attempt_each, each
from chalicelib.agenda.model import Agenda
from chalicelib.agenda.notes import note
from chalicelib.agenda.walks import go_round_together, walk
from chalicelib.errors import Refusal, Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.settle import derive_each, perform
from chalicelib.mall.categories import lane, lanes
from chalicelib.mall.items import Offer, TillOf
from chalicelib.mall.offers import queries, windows
from chalicelib.mall.redemptions import actions
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr, Write, present, update

SOLD = Agenda("sold", seconds=900, lanes=8, late_seconds=900)  # tills that sold; in the order of ids, so merchants mix
SWEEPING_SECONDS_MAX = 300  # of the 600 that the schedule's function has
ROUND_SECONDS_MAX = 60
LATER = timedelta(hours=1)  # when a till that could not be swept is tried again


def sweep_tills() -> int:
    """What the schedule does; the points moved."""
    moved: list[int] = []
    noted = partial(_sweep_noted, moved)
    each(
        lambda: walk(SOLD, noted, now=datetime.now(UTC), until=time.monotonic() + SWEEPING_SECONDS_MAX),
        *(partial(_round, name, moved) for name in (*lanes(lists.OFFERS), lists.OFFERS_OFF)),
    )
    return sum(moved)


def sweep_sold(until: float) -> bool:
    """Sweep what sold up to now, until ``until`` (time.monotonic). Whether all of it was looked at."""
    return walk(SOLD, partial(_sweep_noted, []), now=datetime.now(UTC), until=until)


def sweep_merchant(merchant: str, until: float) -> int:
    """Sweep every till of one merchant, until ``until`` (time.monotonic); the points moved."""
    tills = queries.tills_of(merchant, until)
    return sum(attempt_each(tills, _sweep_one, what="till", name=lambda each: each.name, until=until))


def _sweep_noted(moved: list[int], names: Sequence[str]) -> None:
    """What cannot be swept, of a frozen merchant for one, is noted for later: here alone, for offers come round."""
    note(SOLD, _sweep(moved, queries.holding_among(names)), datetime.now(UTC) + LATER)


def _round(name: str, moved: list[int]) -> None:
    go_round_together(
        name, partial(_look_at, moved), until=time.monotonic() + ROUND_SECONDS_MAX / len(lanes(lists.OFFERS))
    )


def _look_at(moved: list[int], places: Sequence[Place]) -> None:
    """Offers are swept, and those whose time is over leave the lists of what can be redeemed."""
    at = stamp(datetime.now(UTC))
    offers = read.many([place.key for place in places], Offer)
    derive_each(write for place in places for write in _relisted(place, offers[place.key], at))
    _sweep(moved, queries.holding([place.key.pk.removeprefix(keys.offer("").pk) for place in places]))


def _relisted(place: Place, offer: Offer, at: str) -> Iterator[Write]:
    """What takes an offer and its merchant's pointer to the lists where they belong. Where the offer has changed since
    it was read, the next round looks at it again.
    """
    off = windows.is_over(offer, at) or offer.status != "on_shelf"
    belongs = lists.OFFERS_OFF if off else lane(lists.OFFERS, offer.category)
    if place.listing.list == belongs:
        return
    same = Attr("status").eq(offer.status) & Attr("list").eq(place.listing.list)
    yield update(place.key, assign=lists.moved(belongs), require=same)
    yield update(
        keys.shop(offer.merchant, offer.id), assign=lists.moved(windows.by_points(offer, at)), require=present()
    )


def _sweep(moved: list[int], tills: Iterable[TillOf]) -> list[str]:
    """Those that cannot be swept now, whatever the reason: they keep no other waiting."""
    left = []
    for till in tills:
        try:
            moved.append(points := _sweep_one(till))
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - logged, and tried again
            log.emit(log.FAILED, logging.ERROR, what="till", name=till.name)
            points = 0
        if not points:
            left.append(till.name)
    return left


def _sweep_one(each: TillOf) -> int:
    """The points moved; none where another run was quicker, or the merchant is frozen: the next time will do.

    Each till's sweep is named by its own counter, so a second run at the same time, or one that died half-way, moves
    nothing twice.
    """
    record = keys.digest("sweep", each.name, str(each.till.sweeps))
    try:
        perform(record, lambda command: actions.sweep(command, *each))
    except Unavailable:
        raise
    except Refusal:
        return 0
    return each.till.points
