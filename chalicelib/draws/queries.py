"""Draws, and their lists."""

from collections.abc import Iterable, Iterator

from chalicelib.draws.items import LANES, Draw, DrawLane, EntryPlace, ListedEntry, lane
from chalicelib.table import keys, lists, read


def draw(event: str) -> Draw | None:
    """The draw of an event, as of now; None where it has none."""
    return read.get(keys.draw(event), Draw)


def due(at: str) -> Iterator[str]:
    """Events whose draw has its time by ``at`` and is not settled, the oldest first."""
    for place in read.places(lists.DRAWS, descending=False):
        if place.listing.rank > at:
            return
        yield place.listing.rank.rpartition(":")[2]


def unsettled(events: Iterable[str]) -> bool:
    """Whether a draw of ``events`` is not settled yet; strongly consistent."""
    found = read.many([keys.draw(event) for event in dict.fromkeys(events)], Draw)
    return any(each.status != "settled" for each in found.values())


def lanes(event: str) -> dict[int, DrawLane]:
    """The parts of the list that have entries, or are closed."""
    places = {keys.draw_lane(event, number): number for number in range(LANES)}
    return {places[key]: found for key, found in read.many(list(places), DrawLane).items()}


def entries(event: str, after: str | None = None) -> Iterator[ListedEntry]:
    """The list in the order of ids, strongly consistent; behind the id ``after``."""
    for number in range(lane(after) if after else 0, LANES):
        yield from lane_entries(event, number, after=after if after and lane(after) == number else None)


def lane_entries(event: str, number: int, *, after: str | None = None) -> Iterator[ListedEntry]:
    """A part of it."""
    first, last = keys.draw_place(event, number, ""), keys.draw_place(event, number, "~")
    before = keys.draw_place(event, number, after).sk if after else None
    found = read.query(first.pk, first.sk, last.sk, EntryPlace, before=before, chunk=1000)
    return (each.listed for each in found)
