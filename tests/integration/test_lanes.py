"""Lists in lanes are read as one, whole and in order, whatever is in them from before, and wherever a budget ends."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.table import keys, lists, read
from chalicelib.table.commit import commit
from chalicelib.table.lists import Budget, Lanes, Listing
from chalicelib.table.write import Attr, put, update
from tests.world import World

THINGS = Lanes("things", 4)


@dataclass(frozen=True)
class Thing:
    status: str


def fill(count: int, *, before: int = 0, odd: str = "open") -> list[str]:
    """Ranks of ``count`` things; the first ``before`` of them were listed when there were no lanes yet."""
    ranks = [f"2026-01-01T00:00:{number:06d}Z:{number}" for number in range(count)]
    for number, rank in enumerate(ranks):
        listing = Listing(THINGS.name, rank) if number < before else THINGS.at(rank)
        commit([put(keys.Key(f"thing:{number}", "thing"), Thing("open" if number % 7 else odd), listed=listing)])
    return ranks


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("descending", [True, False])
def test_pages_of_any_size_give_each_thing_once_in_order(descending: bool) -> None:
    ranks = fill(60, before=25)
    ranks = ranks[::-1] if descending else ranks
    assert len({place.listing.list for place in read.places(THINGS)}) == 5
    for size in (1, 7, 60):
        found: list[str] = []
        after: dict[str, str] | None = None
        while some := read.first(read.places(THINGS, after=after, descending=descending, chunk=size), size):
            found += [place.listing.rank for place in some]
            after = some[-1].position
        assert found == ranks


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("descending", [True, False])
def test_a_budget_ends_all_lanes_where_one_of_them_is_not_read(descending: bool) -> None:
    ranks = fill(120, before=40, odd="rare")
    rare = [rank for number, rank in enumerate(ranks) if number % 7 == 0]
    found: list[str] = []
    after: dict[str, str] | None = None
    for _ in range(100):
        budget = Budget(pages=3)
        where = Attr("status").eq("rare")
        walk = read.places(THINGS, after=after, descending=descending, where=where, chunk=3, budget=budget)
        found += [place.listing.rank for place in walk]
        after = budget.stopped
        if after is None:
            break
    assert found == (rare[::-1] if descending else rare)


@pytest.mark.usefixtures("world")
def test_bounds_of_the_rank_hold_for_every_lane() -> None:
    ranks = fill(30, before=10)
    found = read.places(THINGS, between=(ranks[5], ranks[20]), descending=False)
    assert [place.listing.rank for place in found] == ranks[5:21]
    after = {"rank": ranks[12]}
    found = read.places(THINGS, between=(ranks[5], ranks[20]), after=after, descending=False)
    assert [place.listing.rank for place in found] == ranks[13:21]


def test_reductions_that_waited_before_there_were_lanes_wait_among_the_others(world: World) -> None:
    account = world.person()
    world.scenario("night", confirmation="manual")
    ids = [world.report(account, scenario="night").body["id"] for _ in range(9)]
    bureau: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
    for place in read.first(read.places(lists.REDUCTIONS_REPORTED, descending=False), 5):
        commit([update(place.key, listed=Listing(lists.REDUCTIONS_REPORTED.name, place.listing.rank))])
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = world.get("/v1/reductions", limit=4, **bureau, **cursor).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == ids
    for id in ids:
        assert world.post(f"/v1/reductions/{id}/confirm", **bureau).status == 200
    assert list(read.places(lists.REDUCTIONS_REPORTED)) == []
