"""Whatever happens between days, however a history is cut into them: changes make the books of the whole table.

A town's history was recorded step by step. Over it things are planted that never should be: an item that is gone, or
another, or that cannot be read, for some of the days. Each day's books are made twice, as steps.py does.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from chalicelib.supervision.audit import spread
from chalicelib.supervision.audit.accounts import Account
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.verdict import Moment, Part, Verdict, concluded
from tests import consents
from tests.integration.test_uncovered import cancel, trip, undo
from tests.world import CODES, PEOPLE, World
from tests.worlds import quick_world

Item = dict[str, Any]
Table = dict[tuple[str, str], Item]
Changes = Iterable[tuple[Item | None, Item | None]]
FILES = 3


def _town(world: World) -> Iterator[None]:
    """A history, where a day may end; some leave Records for which the stream has yet to come."""
    world.merchant()
    alice = world.rich(points=9000)
    yield
    offer = world.offer(stock=20)
    orders = [world.redeem(offer).body["id"] for _ in range(3)]
    yield from _delivered(world)
    world.refund(orders[0])
    world.patch(f"/v1/offers/{offer}", {"stock_added": 5}, role="institution", sub="shop")
    walk = trip(world, alice, 5)
    yield from _delivered(world)
    cancel(world, 500)
    world.sweep()
    undo(world, walk)
    yield from _delivered(world)
    campaign = _campaign(world)
    world.post("/v1/donations", {"campaign": campaign, "points": 10}, role="individual", sub="alice")
    yield
    world.post(f"/v1/campaigns/{campaign}/close", role="institution", sub="shop")
    yield from _delivered(world)
    grant = consents.spending(world, consents.mall(world, "mall", CODES[1]), "mall")
    world.post("/v1/holds", consents.order(grant), role="institution", sub="mall")
    world.redeem(offer)
    yield from _delivered(world)
    bob = world.rich("bob", PEOPLE[1], points=100)
    false = trip(world, bob, 500)
    cancel(world, 500, "bob")
    undo(world, false)
    yield from _delivered(world)
    trip(world, bob, 450)  # repays all but a little
    yield from _delivered(world)


def _delivered(world: World) -> Iterator[None]:
    yield
    world.stream()
    yield


def _campaign(world: World) -> str:
    body = {"title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z"}
    id = str(world.post("/v1/campaigns", body, role="institution", sub="shop").body["id"])
    world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange")
    return id


@cache
def history() -> list[Table]:
    """The table after each step, empty at first."""
    with quick_world() as world:
        tables: list[Table] = [{}]
        tables += [
            {(each["pk"]["S"], each["sk"]["S"]): copy.deepcopy(each) for each in world.items()} for _ in _town(world)
        ]
        return tables


def _number(item: Item) -> Item:
    name = next((name for name, value in item.items() if "N" in value), "")
    return item | ({name: {"N": str(int(item[name]["N"]) + 1)}} if name else {})


def _unreadable(item: Item) -> Item:
    return item | {name: {"BOOL": True} for name, value in item.items() if "N" in value or "L" in value}


def _old_line(item: Item) -> Item:
    """As lines of statements were written before: without what their keys say."""
    return {name: value for name, value in item.items() if name not in ("id", "at")}


def _another_time(item: Item) -> Item:
    return item | ({"at": {"S": "2020-01-01T00:00:00.000Z"}} if "at" in item else {})


PLANTS: dict[str, Callable[[Item], Item | None]] = {
    "gone": lambda _: None, "a number": _number, "unreadable": _unreadable, "an old line": _old_line,
    "another time": _another_time,
}  # fmt: skip


class Plant(NamedTuple):
    """``what`` of ``place`` in the last table, from one day until before another."""

    what: str
    place: int
    first: int
    until: int

    def spoil(self, table: Table, day: int) -> None:
        places = sorted(history()[-1])
        place = places[self.place % len(places)]
        if self.first <= day < self.until and place in table:
            if (left := PLANTS[self.what](table[place])) is None:
                del table[place]
            else:
                table[place] = left


class Kept(NamedTuple):
    """A day's books as its run keeps them."""

    rest: dict[str, Any]
    lines: dict[int, list[bytes]]


def whole(table: Table) -> Changes:
    return [(None, item) for item in table.values()]


def changes(before: Table, after: Table) -> Changes:
    places = sorted(before.keys() | after.keys())
    pairs = [(before.get(place), after.get(place)) for place in places]
    return [(old, new) for old, new in pairs if old != new]


def made(found: Changes, base: Kept | None, parts: int) -> tuple[Books, dict[int, list[bytes]]]:
    """What count and weigh make of it."""
    books, lines = Books(), defaultdict[int, list[bytes]](list)
    if base:
        books.absorb(base.rest)
        for part, kept in base.lines.items():
            lines[part] += kept
    files: list[list[Any]] = [[] for _ in range(FILES)]
    for number, each in enumerate(found):
        files[number % FILES].append(each)
    for file in files:
        spreading = spread.Spreading(parts, lambda part, line: lines[part].append(line))
        for old, new in file:
            spreading.change(old, new)
        spreading.flush()
        books.lose(from_json(to_json(spreading.gone.rest())))
        books.absorb(from_json(to_json(spreading.books.rest())))
    return books, lines


def judged(table: Table, books: Books, lines: dict[int, list[bytes]], parts: int) -> tuple[Verdict, Kept]:
    """What weigh, judge and conclude make of that."""
    rest = from_json(to_json(books.rest()))
    late = [(f"record:{id}", "record") for id in books.waiting]
    unfiled = books.undelivered([table[place] for place in late if place in table])
    kept, part = Kept(rest, defaultdict(list)), Part()
    for number in range(parts):
        moment = Moment(unfiled=frozenset(unfiled))
        found = spread.judged_lines(lines[number], moment, lambda those, n=number: kept.lines[n].extend(those))  # type: ignore[misc]
        part.absorb(from_json(to_json(found.rows())))
    return concluded(books, part, Moment(unfiled=frozenset(unfiled))), kept


def accounts(kept: Kept) -> dict[str, Any]:
    """What is known of each; without zeroes, and the time of its last Record."""
    found: defaultdict[str, Account] = defaultdict(Account)
    for lines in kept.lines.values():
        for name, row in (each for line in lines for each in from_json(line)):
            found[name].absorb(row)
    rows = {name: each.row() for name, each in found.items()}
    left = {name: [{k: v for k, v in row[0].items() if v}, *row[2:]] for name, row in rows.items()}
    return {name: row for name, row in left.items() if row != [{}, *Account().row()[2:]]}


def plain(rest: Any) -> Any:
    """Without zeroes, whose order is of no matter, and the times of what has lost its mark."""
    if isinstance(rest, dict):
        return {name: plain([*each] if name == "quiet" else each) for name, each in rest.items() if each}
    if isinstance(rest, list):
        return sorted(repr(plain(each)) for each in rest if not (isinstance(each, list) and each[-1:] == [0]))
    return rest


PLANTED = st.lists(
    st.builds(Plant, st.sampled_from([*PLANTS]), st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 6)),
    max_size=2,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=st.lists(st.integers(0, 16), min_size=2, max_size=6).map(sorted),
    plants=PLANTED,
    parts=st.integers(1, 4),
    in_memory=st.sampled_from([1, 5, 1000]),
)
def test_books_from_changes_are_those_of_the_whole_table(
    cuts: list[int], plants: list[Plant], parts: int, in_memory: int
) -> None:
    base: Kept | None = None
    before: Table = {}
    with patch.object(spread, "ACCOUNTS_MAX", in_memory):
        for day, cut in enumerate(cuts):
            table = dict(history()[min(cut, len(history()) - 1)])
            for plant in plants:
                plant.spoil(table, day)
            right, kept = judged(table, *made(whole(table), None, parts), parts)
            if base:
                event("differs" if right.findings.count else "agrees")
                found, carried = judged(table, *made(changes(before, table), base, parts), parts)
                assert bool(found.findings.count) == bool(right.findings.count), (found.findings, right.findings)
                assert (found.sums, found.books.records) == (right.sums, right.books.records)
                assert found.whole.accounts == right.whole.accounts
                if not right.findings.count:
                    assert accounts(carried) == accounts(kept)
                    assert plain(carried.rest) == plain(kept.rest)
                    kept = carried
            base, before = None if right.findings.count else kept, table


def kinds() -> list[tuple[str, str]]:
    """One item of each kind."""
    found = {
        (pk.partition(":")[0], sk.partition(":")[0], *sorted(item)): (pk, sk)
        for (pk, sk), item in history()[-1].items()
    }
    return list(found.values())


@pytest.mark.parametrize("what", PLANTS)
def test_whatever_is_planted_in_an_item_of_any_kind_differs_as_it_does_in_the_whole_table(what: str) -> None:
    sound = history()[-1]
    right, base = judged(sound, *made(whole(sound), None, 2), 2)
    assert right.findings.named == []
    differing = 0
    for place in kinds():
        table = {each: item for each, item in sound.items() if each != place}
        if planted := PLANTS[what](sound[place]):
            table[place] = planted
        right, kept = judged(table, *made(whole(table), None, 2), 2)
        found, carried = judged(table, *made(changes(sound, table), base, 2), 2)
        assert {each[:4] for each in found.findings.named} >= {each[:4] for each in right.findings.named}, place
        assert bool(found.findings.count) == bool(right.findings.count), place
        if not right.findings.count:
            assert (accounts(carried), plain(carried.rest)) == (accounts(kept), plain(kept.rest))
        differing += bool(right.findings.count)
    assert differing or what == "an old line"
