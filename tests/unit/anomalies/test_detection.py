"""What a person's day shows: overlaps and sums, whatever order the trips come in and however often."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.anomalies.detection import days, ends_at, found, watched
from chalicelib.anomalies.items import Trip
from tests.unit.anomalies.samples import DAY, at, bicycle, trip
from tests.unit.scenarios.samples import scenario


def named(*trips: Trip, on: str = DAY) -> dict[str, set[str]]:
    """The reductions that are named, by kind."""
    return {each.kind: {*each.reductions} for each in found(trips, on)}


def test_trips_that_overlap_under_scenarios_that_exclude_each_other_are_found() -> None:
    [finding] = found([trip(reported_at="2026-02-02"), bicycle(starts_at=at("08:59"), reported_at="2026-02-01")], DAY)
    assert (finding.kind, {*finding.reductions}, {*finding.scenarios}) == ("overlap", {"a", "b"}, {"metro", "bicycle"})
    assert finding.found_at == "2026-02-02"


def test_it_is_enough_that_one_of_the_two_names_the_other() -> None:
    assert named(trip(), bicycle()) == {"overlap": {"a", "b"}}
    assert named(trip(excludes=("bicycle",)), bicycle(excludes=())) == {"overlap": {"a", "b"}}
    assert named(trip(), bicycle(excludes=())) == {}
    assert named(trip(), bicycle(excludes=("bus",))) == {}


@pytest.mark.parametrize(("since", "until"), [("09:00", "10:00"), ("07:00", "08:00")])
def test_where_one_trip_ends_the_next_may_begin(since: str, until: str) -> None:
    assert named(trip(), bicycle(starts_at=at(since), ends_at=at(until))) == {}


def test_a_scenario_that_names_itself_excludes_its_own_trips() -> None:
    both = [trip("a", excludes=("metro",)), trip("b", excludes=("metro",))]
    assert named(*both) == {"overlap": {"a", "b"}}
    assert named(both[0], both[0]) == {}


def test_a_trip_that_overlaps_nothing_is_not_named_beside_those_that_do() -> None:
    assert named(trip(), bicycle(), trip("c", "metro", "12:00", "13:00")) == {"overlap": {"a", "b"}}


def test_a_short_trip_within_a_long_one_does_not_hide_the_next() -> None:
    long, short = bicycle("a", ends_at=at("12:00")), trip("b", "metro", "08:10", "08:20")
    assert named(long, short, trip("c", "metro", "11:00", "11:10")) == {"overlap": {"a", "b", "c"}}


def test_a_pair_over_midnight_belongs_to_the_day_on_which_the_later_begins() -> None:
    late = trip("a", starts_at=at("23:30"), ends_at=at("00:30", "2026-02-01"))
    early = bicycle("b", starts_at=at("00:10", "2026-02-01"), ends_at=at("00:20", "2026-02-01"))
    assert (days(late), days(early)) == ([DAY, "2026-02-01"], ["2026-02-01"])
    assert named(late, early, on="2026-02-01") == {"overlap": {"a", "b"}}
    assert named(late, early) == {}


def test_a_trip_that_ends_at_midnight_touches_one_day() -> None:
    assert days(trip(starts_at=at("23:00"), ends_at=at("00:00", "2026-02-01"))) == [DAY]


def test_more_than_a_day_can_hold_is_found_over_all_scenarios_that_exclude_each_other() -> None:
    whole = [trip("a", joint_grams_max=2500), bicycle("b", starts_at=at("10:00"), ends_at=at("11:00"))]
    more = trip("c", "metro", "12:00", "13:00", joint_grams_max=2500)
    assert named(*whole) == {}
    assert named(*whole, more) == {"day_sum": {"a", "b", "c"}}
    assert named(*whole, trip("c", "solar", "12:00", "13:00")) == {}
    assert named(*whole, more, on="2026-02-01") == {}


def test_exactly_as_much_as_a_day_can_hold_is_no_anomaly() -> None:
    both = [trip("a", joint_grams_max=2000), bicycle(starts_at=at("10:00"), ends_at=at("11:00"))]
    assert named(*both) == {}
    assert named(*both, trip("c", "metro", "12:00", "13:00", grams=1)) == {"day_sum": {"a", "b", "c"}}


@pytest.mark.parametrize(
    ("quantity", "pace", "end"),
    [
        ("40", "80", "2026-01-31T08:30:00.000Z"),
        ("1", "3", "2026-01-31T08:20:00.000Z"),
        ("0.000001", "80", "2026-01-31T08:00:00.001Z"),
        ("40", None, "2026-01-31T08:00:00.001Z"),
        ("999999999", "0.000001", "2026-02-01T08:00:00.000Z"),
    ],
)
def test_a_trip_takes_at_least_its_quantity_at_the_highest_pace(quantity: str, pace: Any, end: str) -> None:
    assert ends_at("2026-01-31T08:00:00.000Z", quantity, scenario(units_per_hour_max=pace)) == end


def test_only_scenarios_that_can_be_in_an_anomaly_are_watched() -> None:
    versions = [scenario(code="Bicycle", excludes=("Metro",)), scenario(code="Metro"), scenario(code="solar")]
    assert watched(versions) == {"bicycle", "metro"}
    assert watched([*versions, scenario(code="solar", joint_grams_per_day_max=5)]) == {"bicycle", "metro", "solar"}


SCENARIOS = ("metro", "bicycle", "bus")
MINUTES = st.integers(0, 1439)


def _at(minute: int) -> str:
    return at(f"{minute // 60}:{minute % 60}")


def _made(drawn: tuple[tuple[str, int, int, set[str], int, int | None], ...]) -> list[Trip]:
    return [
        trip(
            f"r{number:02d}",
            scenario,
            starts_at=_at(start),
            ends_at=_at(start + lasts),
            excludes=tuple(sorted(excludes)),
            grams=grams,
            joint_grams_max=most,
        )
        for number, (scenario, start, lasts, excludes, grams, most) in enumerate(drawn)
    ]


NAMED = st.sampled_from(SCENARIOS)
DRAWN = st.tuples(
    NAMED,
    MINUTES,
    st.integers(1, 300),
    st.sets(NAMED, max_size=2),
    st.integers(0, 2000),
    st.none() | st.integers(1, 5000),
)


def days_of_trips() -> st.SearchStrategy[list[Trip]]:
    """Up to 8 trips of a day, under versions that exclude and bound as they like."""
    return st.lists(DRAWN, max_size=8).map(lambda drawn: _made(tuple(drawn)))


SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may have other things to do


@SLOW
@given(days_of_trips(), st.lists(st.integers(0, 7), max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_is_found(trips: list[Trip], twice: list[int], chance: Any) -> None:
    again = trips + [trips[number] for number in twice if number < len(trips)]
    chance.shuffle(again)
    assert found(again, DAY) == found(trips, DAY)


@SLOW
@given(days_of_trips())
def test_what_is_found_is_what_each_pair_shows_by_itself(trips: list[Trip]) -> None:
    pairs = {
        one.reduction
        for one in trips
        for other in trips
        if one is not other
        and (other.scenario in one.excludes or one.scenario in other.excludes)
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    }
    assert named(*trips).get("overlap", set()) == pairs


@SLOW
@given(days_of_trips())
def test_another_trip_takes_nothing_back_of_what_was_found(trips: list[Trip]) -> None:
    whole = named(*trips)
    for number in range(len(trips)):
        some = named(*trips[:number], *trips[number + 1 :])
        assert all(reductions <= whole[kind] for kind, reductions in some.items())
