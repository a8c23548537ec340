"""Daily caps count by the calendar day in Shanghai, of the trip and not of the report."""

from typing import Any

import pytest

from tests.world import PEOPLE, Answer, World

# In UTC; midnight in Shanghai is 16:00Z.
DAY = "2024-01-15T08:00:00Z"
SAME_DAY = ("2024-01-14T16:00:00Z", "2024-01-15T15:59:59.999Z", "2024-01-15T23:59:59+08:00")
OTHER_DAYS = ("2024-01-14T15:59:59.999Z", "2024-01-15T16:00:00Z", "2024-01-16T00:00:00+08:00")


def capped(world: World, cap: int = 1000, **changes: Any) -> str:
    account = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=cap, **changes)
    return account


def walk(world: World, account: str, grams: int, at: str = DAY) -> Answer:
    return world.report(account, str(grams), scenario="walk", occurred_at=at)


@pytest.mark.parametrize("at", SAME_DAY)
def test_what_one_day_gives_is_capped(world: World, at: str) -> None:
    account = capped(world)
    assert walk(world, account, 600).status == 201
    refused = walk(world, account, 401, at)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/quantity"])
    assert walk(world, account, 400, at).status == 201
    assert walk(world, account, 1, at).status == 422
    assert world.points() == 1000


@pytest.mark.parametrize("at", OTHER_DAYS)
def test_another_day_counts_anew(world: World, at: str) -> None:
    account = capped(world)
    assert walk(world, account, 1000).status == 201
    assert walk(world, account, 1000, at).status == 201


def test_one_trip_over_the_cap_is_refused_alone(world: World) -> None:
    account = capped(world)
    assert walk(world, account, 1001).pointers == ["/quantity"]
    assert walk(world, account, 1000).status == 201


def test_each_account_and_each_scenario_has_its_own_cap(world: World) -> None:
    account = capped(world)
    world.scenario("run", grams_per_unit="1", unit="m", daily_cap_grams=1000)
    bob = world.person("bob", PEOPLE[1])
    assert walk(world, account, 1000).status == 201
    assert walk(world, bob, 1000).status == 201
    assert world.report(account, "1000", scenario="run").status == 201


def test_a_trip_that_is_refused_takes_nothing_of_the_cap(world: World) -> None:
    account = capped(world)
    world.report(account, "600", "trip-1", scenario="walk")
    assert world.report(account, "400", "trip-1", scenario="walk").refused == (409, "already_reported")
    assert walk(world, account, 400).status == 201


def test_what_is_reported_counts_and_what_is_rejected_no_more(world: World) -> None:
    account = capped(world, confirmation="manual")
    first = walk(world, account, 700).body["id"]
    assert walk(world, account, 301).pointers == ["/quantity"]
    world.post(f"/v1/reductions/{first}/reject", {"reason": "no"}, role="bureau", sub="b")
    second = walk(world, account, 1000)
    assert second.status == 201
    world.post(f"/v1/reductions/{second.body['id']}/confirm", role="bureau", sub="b")
    assert walk(world, account, 1).pointers == ["/quantity"]
    assert world.points() == 1000


def test_a_day_that_is_rejected_later_frees_the_day_of_the_trip(world: World) -> None:
    account = capped(world, confirmation="manual")
    walk(world, account, 1000, DAY)
    other = walk(world, account, 1000, OTHER_DAYS[1]).body["id"]
    world.post(f"/v1/reductions/{other}/reject", {"reason": "no"}, role="bureau", sub="b")
    assert walk(world, account, 1, DAY).status == 422
    assert walk(world, account, 1000, OTHER_DAYS[1]).status == 201


def test_a_new_version_may_raise_the_cap_of_the_same_day(world: World) -> None:
    account = capped(world)
    walk(world, account, 1000)
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=1500)
    assert walk(world, account, 501).status == 422
    assert walk(world, account, 500).status == 201


def test_replaying_the_trip_that_filled_the_cap_answers_the_same(world: World) -> None:
    account = capped(world)
    first = world.report(account, "1000", "trip-1", scenario="walk", key="k")
    again = world.report(account, "1000", "trip-1", scenario="walk", key="k")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("quantity", "status"), [("200", 201), ("200.000000", 201), ("200.000001", 422), ("400000", 422)]
)
def test_one_record_holds_no_more_than_is_plausible(world: World, quantity: str, status: int) -> None:
    account = world.person()
    assert world.scenario(quantity_max="200")["quantity_max"] == "200"
    got = world.report(account, quantity)
    assert got.status == status
    if status == 422:
        assert got.pointers == ["/quantity"]
        assert "more than one record can plausibly hold" in got.body["errors"][0]["detail"].lower()


def test_a_scenario_without_bounds_says_so_and_takes_what_it_took(world: World) -> None:
    account = world.person()
    made = world.scenario()
    assert (made["quantity_max"], made["records_per_day_max"]) == (None, None)
    assert world.report(account, "400000").status == 201


def test_a_person_has_so_many_records_a_day_and_a_rejected_one_counts_no_more(world: World) -> None:
    account = world.person()
    world.scenario("walk", grams_per_unit="1", unit="m", records_per_day_max=2, confirmation="manual")
    first, _ = (walk(world, account, 10).body["id"] for _ in range(2))
    refused = walk(world, account, 10)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/occurred_at"])
    assert walk(world, account, 10, OTHER_DAYS[1]).status == 201
    world.post(f"/v1/reductions/{first}/reject", {"reason": "no"}, role="bureau", sub="b")
    assert walk(world, account, 10).status == 201
    assert walk(world, account, 10).pointers == ["/occurred_at"]
