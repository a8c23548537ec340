"""Sweeping: only tills that sold are looked at; a walk continues where it stopped, and misses none."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.agenda import notes, walks
from chalicelib.mall.offers import queries
from chalicelib.mall.redemptions import sweeping
from chalicelib.mall.redemptions.sweeping import SOLD, sweep_sold, sweep_tills
from chalicelib.table import keys
from tests.store import Store
from tests.world import CODES, World

PAST = -1.0  # a budget that is used up: one batch is done


def now() -> datetime:
    return datetime.now(UTC)


def counted(store: Store, act: Any) -> int:
    before = store.requests
    act()
    return store.requests - before


def shop(world: World, points: int = 100_000) -> None:
    world.merchant()
    world.rich(points=points)


def sold(world: World, count: int) -> list[str]:
    """Offers that sold one unit of 1000 points each, and were noted."""
    offers = [world.offer(title=f"票 {number}", stock=100) for number in range(count)]
    for offer in offers:
        assert world.redeem(offer).status == 201
    world.stream()
    return offers


def later(agenda_time: timedelta = timedelta(hours=1)) -> datetime:
    """When the slot of now is closed."""
    return now() + agenda_time


def swept(world: World) -> int:
    """What the merchant's own account holds: its tills not included."""
    item = world.item(keys.account(keys.holder(keys.account_id("shop"))))
    assert item is not None
    return int(item["points"])


def test_offers_that_sold_nothing_cost_a_sweep_nothing(world: World) -> None:
    shop(world)
    sold(world, 1)
    few = counted(world.store, lambda: sweep_sold(time.monotonic() + 60))
    assert swept(world) == 1000
    for number in range(40):
        world.offer(title=f"闲置 {number}")
    world.stream()
    again = world.redeem(world.offer())
    assert again.status == 201
    world.stream()
    many = counted(world.store, lambda: sweep_sold(time.monotonic() + 60))
    assert swept(world) == 2000
    assert many <= few + 3  # the note of the first till is read again while its slot is open


def test_a_till_is_noted_once_however_often_it_sells_in_a_slot(world: World) -> None:
    shop(world)
    [offer] = sold(world, 1)
    key = SOLD.key(now(), f"offer:{offer}/0")
    noted = world.item(key)
    assert noted is not None
    assert counted(world.store, lambda: notes.note(SOLD, [key.sk])) == 0
    notes.forget()  # another process
    assert counted(world.store, lambda: notes.note(SOLD, [key.sk])) == 1
    assert world.item(key) is not None


def test_a_walk_that_ran_out_of_time_continues_where_it_stopped(world: World, monkeypatch: Any) -> None:
    names = [f"offer:{number:03d}/0" for number in range(10)]
    notes.note(SOLD, names)
    monkeypatch.setattr(walks, "AT_ONCE", 3)
    seen: list[str] = []
    for _ in range(30):
        if walks.walk(SOLD, seen.extend, now=later(), until=PAST):
            break
    else:
        pytest.fail("it never came to the end")
    assert sorted(seen) == names  # each once, for their slot is closed
    assert walks.walk(SOLD, seen.extend, now=later(), until=PAST)
    assert len(seen) == len(names)


def test_each_walk_does_something_however_small_its_budget(world: World, monkeypatch: Any) -> None:
    notes.note(SOLD, [f"offer:{number:03d}/0" for number in range(5)])
    monkeypatch.setattr(walks, "AT_ONCE", 1)
    seen: list[str] = []
    for count in range(1, 6):
        walks.walk(SOLD, seen.extend, now=later(), until=PAST)
        assert len(set(seen)) == count


def test_what_is_noted_behind_a_walk_in_an_open_slot_is_found_by_the_next(world: World) -> None:
    notes.note(SOLD, ["offer:b/0"])
    first: list[str] = []
    assert walks.walk(SOLD, first.extend, now=now(), until=time.monotonic() + 60)
    notes.note(SOLD, ["offer:a/0"])  # before it in the order of names
    second: list[str] = []
    assert walks.walk(SOLD, second.extend, now=later(), until=time.monotonic() + 60)
    assert (first, sorted(second)) == (["offer:b/0"], ["offer:a/0", "offer:b/0"])


def test_a_sweep_that_dies_at_any_request_loses_no_till_and_moves_none_twice(world: World, monkeypatch: Any) -> None:
    shop(world, 300_000)
    monkeypatch.setattr(walks, "AT_ONCE", 2)
    perform, total, offers = world.store.perform, 3000, sold(world, 3)
    for dies_at in range(1, 60):
        left = [dies_at]

        def dying(*args: Any, left: list[int] = left) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            return perform(*args)

        monkeypatch.setattr(world.store, "perform", dying)
        try:
            sweep_sold(time.monotonic() + 60)
            survived = True
        except KeyboardInterrupt:
            survived = False
        monkeypatch.setattr(world.store, "perform", perform)
        assert sweep_sold(time.monotonic() + 60)
        assert swept(world) == total
        if survived:
            return
        assert all(world.redeem(offer).status == 201 for offer in offers)
        total += 3000
    pytest.fail("it takes ever more requests")


def test_a_till_that_cannot_be_swept_keeps_no_other_waiting_and_is_tried_again(world: World, monkeypatch: Any) -> None:
    shop(world)
    broken, *_ = [f"offer:{offer}/0" for offer in sold(world, 3)]
    one = sweeping._sweep_one

    def fails(each: Any) -> int:
        if each.name == broken:
            raise ValueError("broken")
        return one(each)

    monkeypatch.setattr(sweeping, "_sweep_one", fails)
    assert sweep_sold(time.monotonic() + 60)
    assert swept(world) == 2000
    monkeypatch.setattr(sweeping, "_sweep_one", one)
    found: list[str] = []
    walks.walk(SOLD, found.extend, now=later(timedelta(hours=2)), until=time.monotonic() + 60)
    assert broken in found[-1:]  # noted for an hour later too


def test_old_offers_are_swept_though_nobody_noted_them_a_part_at_each_firing(world: World, monkeypatch: Any) -> None:
    shop(world)
    for number in range(6):
        assert world.redeem(world.offer(title=f"票 {number}")).status == 201  # and the stream never comes
    monkeypatch.setattr(walks, "AT_ONCE", 2)
    monkeypatch.setattr(sweeping, "ROUND_SECONDS_MAX", PAST)
    assert [sweep_tills() for _ in range(4)] == [2000, 2000, 2000, 0]
    assert swept(world) == 6000
    assert world.redeem(world.offer(title="新")).status == 201
    assert sum(sweep_tills() for _ in range(4)) == 1000  # round and round


def test_merchants_take_turns_in_the_order_of_offers(world: World) -> None:
    """A merchant with many tills delays others by its share of the tills, for ids of offers mix."""
    shop(world)
    world.merchant("second", CODES[1])
    for number in range(20):
        assert world.redeem(world.offer("second" if number % 4 == 0 else "shop", title=f"票 {number}")).status == 201
    world.stream()
    owners: list[str] = []

    def look(names: Sequence[str]) -> None:
        owners.extend(each.merchant for each in queries.holding_among(names))

    walks.walk(SOLD, look, now=later(), until=time.monotonic() + 60)
    assert len(owners) == 20
    assert len(set(owners[:15])) == 2


def test_tills_of_a_frozen_merchant_are_noted_by_the_walk_alone(world: World, monkeypatch: Any) -> None:
    shop(world)
    sold(world, 3)
    frozen = world.post(f"/v1/accounts/{keys.account_id('shop')}/freeze", {"reason": "r"}, role="exchange", sub="e")
    assert frozen.status == 200, frozen
    noted: list[list[str]] = []
    monkeypatch.setattr(sweeping, "note", lambda agenda, names, at: noted.append(list(names)))
    assert sweep_tills() == 0
    assert len([name for names in noted for name in names]) == 3
