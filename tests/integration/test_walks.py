"""Walks of schedules: nothing that is empty, stale or broken keeps what is due waiting for ever."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.agenda import walks
from chalicelib.agenda.model import KEPT, Agenda
from chalicelib.agenda.walks import go_round, go_round_together, walk
from chalicelib.batches.processing import worker as batches
from chalicelib.departures import worker as departures
from chalicelib.errors import Unavailable
from chalicelib.kernel.fields import stamp
from chalicelib.mall.offers import following
from chalicelib.mall.redemptions import worker as orders
from chalicelib.renewals import worker as renewals
from chalicelib.supervision.duties import worker as duties
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Lanes, Listing, ListName, Place
from chalicelib.table.write import Attr, update
from tests.world import World

MINUTES = Agenda("minutes", seconds=60, lanes=4, late_seconds=120)
NOW = datetime.now(UTC)
PAST = -1.0  # a budget that is used up


def noted(then: datetime, *names: str) -> None:
    commit([MINUTES.noting(then, name) for name in names])


def marked(then: datetime) -> None:
    """All before ``then`` was looked at."""
    key = MINUTES.key(then, "")
    commit([update(keys.walked(MINUTES.name), assign={"noted": key.pk, "name": ""})])


def listed(name: str, count: int) -> None:
    for number in range(count):
        key = keys.Key(f"thing:{number:03d}", "thing")
        status = "good" if number % 4 == 0 else "bad"
        commit([update(key, assign={"status": status}, listed=Listing(name, f"{number:03d}"))])


def ranks(seen: list[str]) -> Any:
    return lambda place: seen.append(place.listing.rank)


def test_days_in_which_nothing_was_noted_are_passed_a_part_at_each_firing(world: World) -> None:
    marked(NOW - timedelta(days=3))
    noted(NOW - timedelta(minutes=5), "due")
    seen: list[str] = []
    firings, most = 0, 0
    while not seen:
        before = world.store.requests
        walk(MINUTES, seen.extend, now=NOW, until=PAST)
        firings, most = firings + 1, max(most, world.store.requests - before)
        assert firings < 200
    assert firings > 100
    assert most < 2 * walks.PARTITIONS_AT_ONCE


def test_a_walk_skips_what_is_older_than_notes_are_kept(world: World) -> None:
    marked(NOW - timedelta(days=400))
    assert not walk(MINUTES, print, now=NOW, until=PAST)
    kept = world.item(keys.walked(MINUTES.name))
    assert kept is not None
    assert kept["noted"] > MINUTES.key(NOW - KEPT, "").pk


def test_what_was_noted_last_has_its_share_of_a_walk_that_is_behind(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(walks, "AT_ONCE", 1)
    old = NOW - timedelta(hours=2)
    marked(old)
    for number in range(30):
        noted(old + timedelta(minutes=number), f"old-{number:02d}")
    noted(NOW, "new")
    seen: list[str] = []

    clock = [0.0]
    monkeypatch.setattr(walks, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def look(names: Sequence[str]) -> None:
        seen.extend(names)
        clock[0] += 1

    assert not walk(MINUTES, look, now=NOW, until=clock[0] + 8)
    assert seen == [*(f"old-{number:02d}" for number in range(7)), "new"]
    assert not walk(MINUTES, look, now=NOW, until=clock[0] + 8)
    assert seen[8:] == [*(f"old-{number:02d}" for number in range(7, 14)), "new"]


def test_a_name_that_is_noted_in_many_slots_is_looked_at_once_a_firing(world: World) -> None:
    marked(NOW - timedelta(hours=1))
    for number in range(50):
        noted(NOW - timedelta(minutes=number), "shop")
    seen: list[str] = []
    assert walk(MINUTES, seen.extend, now=NOW, until=time.monotonic() + 60)
    assert seen == ["shop"]


def test_a_name_that_fails_keeps_no_other_waiting_and_is_noted_again(world: World) -> None:
    marked(NOW - timedelta(hours=1))
    noted(NOW - timedelta(minutes=30), *[f"m{number}" for number in range(10)])
    noted(NOW - timedelta(minutes=20), "later")
    seen: set[str] = set()

    def fails(names: Sequence[str]) -> None:
        for name in names:
            if name == "m3":
                raise ValueError(name)
            seen.add(name)

    with pytest.raises(ValueError, match="m3"):
        walk(MINUTES, fails, now=NOW, until=time.monotonic() + 60)
    assert seen == {"later", *(f"m{number}" for number in range(10) if number != 3)}
    again: list[str] = []
    assert walk(MINUTES, again.extend, now=datetime.now(UTC) + timedelta(minutes=2), until=time.monotonic() + 60)
    assert again == ["m3"]


def test_a_walk_stops_where_the_store_is_away_and_passes_nothing(world: World) -> None:
    marked(NOW - timedelta(hours=1))
    noted(NOW - timedelta(minutes=30), "first")

    def away(names: Sequence[str]) -> None:
        raise Unavailable()

    with pytest.raises(Unavailable):
        walk(MINUTES, away, now=NOW, until=time.monotonic() + 60)
    seen: list[str] = []
    assert walk(MINUTES, seen.extend, now=NOW, until=time.monotonic() + 60)
    assert seen == ["first"]


def test_a_round_gives_each_its_turn_however_little_time_there_is(world: World) -> None:
    listed("things", 7)
    seen: list[str] = []
    ends = [go_round("things", ranks(seen), until=PAST) for _ in range(16)]
    assert seen == [f"{number:03d}" for number in range(7)] * 2
    assert (ends.count(True), ends[7], ends[15]) == (2, True, True)


def test_one_that_fails_in_a_round_keeps_no_other_waiting(world: World) -> None:
    listed("things", 7)
    seen: list[str] = []

    def fails(place: Place) -> None:
        if place.listing.rank == "002":
            raise ValueError("broken")
        seen.append(place.listing.rank)

    with pytest.raises(ValueError, match="broken"):
        go_round("things", fails, until=time.monotonic() + 60)
    assert seen == [f"{number:03d}" for number in range(7) if number != 2]

    def together(places: Sequence[Place]) -> None:
        for place in places:
            fails(place)

    seen.clear()
    with pytest.raises(ValueError, match="broken"):
        go_round_together("things", together, until=time.monotonic() + 60)
    assert {*seen} == {f"{number:03d}" for number in range(7) if number != 2}


def test_a_round_passes_pages_without_a_match_a_part_at_each_firing(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(walks, "AT_ONCE", 2)
    listed("things", 9)
    seen: list[str] = []
    firings, good = 0, Attr("status").eq("good")
    while not go_round("things", ranks(seen), until=PAST, where=good):
        firings += 1
        assert firings < 20
    assert seen == ["000", "004", "008"]
    assert firings > len(seen)


def test_a_round_ends_at_its_bound_and_begins_again_where_that_has_moved_back(world: World) -> None:
    listed("things", 7)
    seen: list[str] = []
    for _ in range(4):
        go_round("things", ranks(seen), until=PAST, up_to="003")
    go_round("things", ranks(seen), until=PAST, up_to="001")
    assert seen == ["000", "001", "002", "003", "000"]


LICENCES = partial(keys.validity, subject="licence")


@pytest.mark.parametrize(
    ("module", "looks", "fire", "key", "name"),
    [
        (departures, "depart", partial(departures.depart_due, NOW), keys.departure, lists.DEPARTURES),
        (renewals, "_watch", partial(renewals.watch_validity, NOW), LICENCES, lists.validity("licence")),
        (following, "shelve", following.shelve_due, keys.shelving, lists.SHELVING),
        (orders, "_expire", partial(orders.expire_due, NOW), keys.due, lists.ORDERS_DUE),
        (duties, "_delist", partial(duties.delist_due, NOW), keys.duties, lists.DUTIES),
        (batches, "_resume_one", partial(batches.resume, NOW), keys.batch, lists.batches_open(NOW)),
    ],
)
def test_those_that_wait_for_long_do_not_delay_a_newer_one_for_ever(
    world: World, monkeypatch: Any, module: Any, looks: str, fire: Any, key: Any, name: ListName
) -> None:
    """Each firing of the schedule has time for one."""
    looked: list[str] = []

    def look(*given: Any) -> None:
        [place] = [each for each in given if isinstance(each, Place | str) and each != "licence"]
        looked.append(place if isinstance(place, str) else place.listing.rank.partition("Z:")[2])

    for budget in [each for each in vars(module) if each.endswith("SECONDS_MAX") and not each.startswith("EACH")]:
        monkeypatch.setattr(module, budget, PAST)
    monkeypatch.setattr(module, looks, look)
    ids = [f"m{number}" for number in range(5)]
    for number, id in enumerate(ids):
        at = stamp(NOW - timedelta(days=90 - number))
        commit([update(key(id), assign={"merchant": id}, listed=_place(name, f"{at}:{id}"))])
    for _ in ids:
        fire()
    assert looked == ids


def _place(name: ListName, rank: str) -> Listing:
    return name.at(rank) if isinstance(name, Lanes) else Listing(name, rank)
