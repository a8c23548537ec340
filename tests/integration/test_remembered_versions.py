"""A process remembers versions of scenarios for two seconds, and never longer; it refuses by what is there now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.fields import stamp
from chalicelib.scenarios import queries
from chalicelib.scenarios.items import Scenario
from chalicelib.table import keys, read
from chalicelib.table.commit import commit
from chalicelib.table.write import put
from tests.world import World


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(queries, "_now", clock)
    return clock


@pytest.fixture
def account(world: World, clock: Clock) -> str:
    """This process has just read the scenario."""
    assert clock.now
    world.scenario("metro", grams_per_unit="10")
    account = world.person()
    assert world.report(account, "1").body["grams"] == 10
    return account


def elsewhere(**changes: object) -> Scenario:
    """Another process publishes a next version, which this one does not see."""
    versions = queries.versions("metro")
    newest = replace(versions[-1], version=len(versions) + 1, **changes)  # type: ignore[arg-type]
    commit([put(keys.scenario(newest.code, newest.version), newest)])
    return newest


def now_() -> str:
    return stamp(datetime.now(UTC))


def test_a_second_report_reads_no_version(world: World, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    query = read.query

    def counted(pk: str, *rest: Any, **options: Any) -> Any:
        asked.append(pk)
        return query(pk, *rest, **options)

    monkeypatch.setattr(read, "query", counted)
    for _ in range(3):
        assert world.report(account, "1").status == 201
    assert asked == []


def test_a_new_factor_and_an_end_govern_two_seconds_later_at_most(world: World, account: str, clock: Clock) -> None:
    elsewhere(grams_per_unit="20")
    assert world.report(account, "1").body["scenario_version"] == 1  # as if it had come before the publication
    clock.now += queries.REMEMBERED_SECONDS + 0.01
    found = world.report(account, "1").body
    assert (found["scenario_version"], found["grams"]) == (2, 20)
    ended = elsewhere(valid_until=now_())
    later = stamp(datetime.now(UTC) + timedelta(seconds=1))
    assert world.report(account, "1", occurred_at=later).body["scenario_version"] == 2
    clock.now += queries.REMEMBERED_SECONDS + 0.01
    refused = world.report(account, "1", occurred_at=later)
    assert (refused.status, refused.pointers) == (422, ["/occurred_at"])
    assert ended.version == 3


def test_what_begins_later_than_two_seconds_after_its_publication_begins_exactly(
    world: World, account: str, clock: Clock
) -> None:
    begins = datetime.now(UTC) - timedelta(seconds=1)
    elsewhere(grams_per_unit="20", valid_from=stamp(begins))
    clock.now += queries.REMEMBERED_SECONDS + 0.01  # the time of publication is long past by then
    before, after = (stamp(begins + timedelta(milliseconds=each)) for each in (-1, 0))
    found = [world.report(account, "1", occurred_at=at).body["scenario_version"] for at in (before, after)]
    assert found == [1, 2]


def test_what_memory_would_refuse_is_asked_again(world: World, account: str) -> None:
    other = {"sub": "other"}
    assert world.report(account, "1", **other).pointers == ["/scenario"]
    elsewhere(operator="other")
    assert world.report(account, "1", **other).status == 201
    assert world.report(account, "1").status == 422  # and that is remembered


def test_who_publishes_forgets_at_once(world: World, account: str) -> None:
    world.scenario("metro", grams_per_unit="30")
    assert world.report(account, "1").body["grams"] == 30
    body = {"ends_at": now_(), "reason": "over"}
    ends = stamp(datetime.now(UTC) + timedelta(seconds=1))
    assert world.post("/v1/scenarios/Metro/end", body | {"ends_at": ends}, role="bureau", sub="bureau").status == 200
    assert world.report(account, "1", occurred_at=ends).status == 422


def test_an_unknown_scenario_is_not_remembered(world: World, account: str) -> None:
    assert world.report(account, "1", scenario="bus").pointers == ["/scenario"]
    world.scenario("bus", grams_per_unit="5")
    queries.forget("metro")
    assert world.report(account, "1", scenario="bus").status == 201
