"""What a person can hardly have done. Pure: the order of the trips does not matter, nor that one comes twice."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal, localcontext

from chalicelib import shanghai
from chalicelib.anomalies.items import Finding, Kind, Trip
from chalicelib.kernel.fields import stamp
from chalicelib.reductions.items import Reduction
from chalicelib.scenarios.items import Scenario
from chalicelib.table import keys

KEPT = timedelta(days=93)  # a trip is compared with what is reported until so long after its own report
LONGEST = timedelta(hours=24)  # a trip touches two days at most
_SHORTEST = timedelta(milliseconds=1)
_HOUR_MS = 3_600_000


def watched(versions: Iterable[Scenario]) -> frozenset[str]:
    """Codes (lower case) of scenarios whose trips are compared: a version excludes, is excluded or is bounded."""
    found = set[str]()
    for version in versions:
        if version.excludes or version.joint_grams_per_day_max is not None:
            found |= {keys.scenario_code(code) for code in (version.code, *version.excludes)}
    return frozenset(found)


def trip(reduction: Reduction, scenario: Scenario) -> Trip:
    """A reported reduction under the version that governed it."""
    answer, record = reduction.answer, reduction.record
    return Trip(
        reduction=answer.id,
        record=answer.record_id,
        scenario=keys.scenario_code(answer.scenario),
        starts_at=answer.occurred_at,
        ends_at=ends_at(answer.occurred_at, answer.quantity, scenario),
        grams=answer.grams,
        reported_at=record.at,
        excludes=tuple(keys.scenario_code(code) for code in scenario.excludes),
        joint_grams_max=scenario.joint_grams_per_day_max,
        expires_at=int((datetime.fromisoformat(record.at) + KEPT).timestamp()),
    )


def ends_at(starts_at: str, quantity: str, scenario: Scenario) -> str:
    """The earliest time at which the trip can have ended: its quantity at ``units_per_hour_max``, at most 24 hours."""
    least = _SHORTEST
    if scenario.units_per_hour_max is not None:
        with localcontext(prec=60):
            exact = Decimal(quantity) * _HOUR_MS / Decimal(scenario.units_per_hour_max)
            whole = min(exact, Decimal(LONGEST / _SHORTEST)).to_integral_value(ROUND_DOWN)
        least = max(_SHORTEST, int(whole) * _SHORTEST)
    return stamp(datetime.fromisoformat(starts_at) + least)


def day(at: str) -> str:
    """The calendar day in Shanghai: ``2026-01-31``."""
    return f"{shanghai.clock(datetime.fromisoformat(at)):%Y-%m-%d}"


def days(trip: Trip) -> list[str]:
    """The one or two days that a trip touches."""
    last = stamp(datetime.fromisoformat(trip.ends_at) - _SHORTEST)
    return sorted({day(trip.starts_at), day(last)})


def found(trips: Iterable[Trip], on: str) -> list[Finding]:
    """The anomalies of one person's day ``on``, at most one of a kind. ``trips``: all that touch the day."""
    known = sorted({each.reduction: each for each in trips}.values(), key=lambda each: (each.starts_at, each.reduction))
    overlapping = {each.reduction: each for pair in _overlaps(known, on) for each in pair}
    beyond = {each.reduction: each for group in _beyond(known, on) for each in group}
    named: tuple[tuple[Kind, dict[str, Trip]], ...] = ("overlap", overlapping), ("day_sum", beyond)
    return [_finding(kind, trips) for kind, trips in named if trips]


def _overlaps(trips: list[Trip], on: str) -> Iterator[tuple[Trip, Trip]]:
    """Pairs that exclude each other and overlap, where the later one begins on this day: each pair has one day."""
    for number, first in enumerate(trips):
        for second in trips[number + 1 :]:
            if second.starts_at >= first.ends_at:
                break
            if _exclude(first, second) and day(second.starts_at) == on:
                yield first, second


def _beyond(trips: list[Trip], on: str) -> Iterator[list[Trip]]:
    """Trips of the day that together save more than a scenario of theirs allows for all that exclude it."""
    begun = [each for each in trips if day(each.starts_at) == on]
    bounds = {(each.scenario, each.excludes, each.joint_grams_max): each for each in begun}
    for (scenario, _, most), bounded in bounds.items():
        joint = [each for each in begun if each.scenario == scenario or _exclude(bounded, each)]
        if most is not None and sum(each.grams for each in joint) > most:
            yield joint


def _exclude(one: Trip, other: Trip) -> bool:
    """Whether the same person cannot make both at the same time: it is enough that one names the other."""
    return other.scenario in one.excludes or one.scenario in other.excludes


def _finding(kind: Kind, trips: dict[str, Trip]) -> Finding:
    scenarios = frozenset(each.scenario for each in trips.values())
    return Finding(kind, frozenset(trips), scenarios, max(each.reported_at for each in trips.values()))
