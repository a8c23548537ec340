"""Anomalies, and the trips of a person's day."""

import time
from collections.abc import Collection, Iterator
from heapq import merge
from itertools import groupby
from typing import get_args

from chalicelib.anomalies.detection import ends_at
from chalicelib.anomalies.items import Anomaly, Status, Trip
from chalicelib.anomalies.model import AnomalousTrip, AnomalyAnswer, AnomalyParams, FullAnomalyAnswer, to_answer
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.reductions.items import Reduction, ReductionState
from chalicelib.reductions.lookup.queries import as_they_stand
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.queries import everything
from chalicelib.table import keys, lists, read

TRIPS_MAX = 500  # of a person's day; those that began later are not looked at
LOOKED_AT_MAX = 500  # anomalies a page; a search that found too few by then continues on the next page
_FIRST, _LAST = "0", "~"  # around every rank
_FALLEN = ("reversed", "rejected")

REMEMBERED_SECONDS = 5.0  # how long the stream may not know that a new version excludes one of another scenario

Governing = dict[tuple[str, int], Scenario]
_now = time.monotonic
_remembered: list[tuple[float, Governing]] = []  # when they were read, and the versions; at most one


def terms() -> Governing:
    """Every version of every scenario, by its code in lower case and its number."""
    return {(keys.scenario_code(each.code), each.version): each for versions in everything() for each in versions}


def remembered_terms(named: Collection[tuple[str, int]]) -> Governing:
    """The same as they were seconds ago, so that a busy stream does not read them for each of its batches.

    A version never changes; where one of ``named`` is unknown, all are read.
    """
    now = _now()
    known = next((each for read_at, each in _remembered if now - read_at <= REMEMBERED_SECONDS), {})
    if not known.keys() >= {*named}:
        known = terms()
        _remembered[:] = [(now, known)]
    return known


def forget() -> None:
    """Forget the versions (tests start afresh)."""
    _remembered.clear()


def trips(person: str, day: str) -> list[Trip]:
    """The trips of a person that touch a day, as of now; at most TRIPS_MAX."""
    return read.first(read.query(*keys.trips(person, day), Trip), TRIPS_MAX)


def standing(trips: Collection[Trip]) -> list[Trip]:
    """Those that were neither reversed nor rejected by now."""
    places = {each.reduction: keys.reduction(each.scenario, each.record) for each in trips}
    states = read.many(list(places.values()), ReductionState)
    return [each for each in trips if states[places[each.reduction]].status not in _FALLEN]


def stored(person: str, day: str, kind: str) -> Anomaly | None:
    """The anomaly of a person's day, if there is one."""
    return read.get(keys.anomaly(keys.anomaly_id(person, day, kind)), Anomaly)


def anomaly(id: str) -> Anomaly:
    """An anomaly as it stands. Raises NotFound."""
    found = read.get(keys.anomaly(id), Anomaly)
    if found is None:
        raise NotFound()
    return found


def reductions(anomaly: Anomaly) -> list[Reduction]:
    """What it names, as it stands, by the time when each trip began."""
    records = read.many([keys.record(id) for id in anomaly.reductions], Record)
    return sorted(as_they_stand(records.values()), key=lambda each: (each.answer.occurred_at, each.answer.id))


def reversed_some(anomaly: Anomaly) -> bool:
    """Whether a reduction that it names was reversed."""
    return any(each.answer.status == "reversed" for each in reductions(anomaly))


def full(id: str) -> FullAnomalyAnswer:
    """An anomaly with its trips. Raises NotFound."""
    found, known = anomaly(id), terms()
    trips = [_trip(each, known) for each in reductions(found)]
    return FullAnomalyAnswer(**to_answer(found).model_dump(), trips=trips)


def _trip(reduction: Reduction, known: Governing) -> AnomalousTrip:
    answer = reduction.answer
    governing = known[keys.scenario_code(answer.scenario), answer.scenario_version]
    seen = answer.model_dump(include={*AnomalousTrip.model_fields}) | {"account": reduction.recipient.id}
    end = ends_at(answer.occurred_at, answer.quantity, governing)
    return AnomalousTrip(**seen, ends_at=end, reported_at=reduction.record.at)


def anomalies(query: Query[AnomalyParams]) -> Page[AnomalyAnswer]:
    """Anomalies, the latest first; at most LOOKED_AT_MAX are looked at. Raises InvalidRequest."""
    limit, found, looked_at, stopped = query.params.limit, list[Anomaly](), 0, None
    ranks = _ranks(query)
    while len(found) <= limit and (some := read.first(ranks, limit + 1)):
        found += [each for each in _read(some) if _asked(each, query.params)]
        looked_at += len(some)
        if looked_at >= LOOKED_AT_MAX:
            stopped = {"rank": some[-1]}
            break
    places = {each.id: {"rank": each.rank} for each in found}
    return query.page([to_answer(each) for each in found], lambda each: places[each.id], stopped=stopped)


def _ranks(query: Query[AnomalyParams]) -> Iterator[str]:
    """Where to look, the latest first: behind the page before, and within the time that was asked for. Each once: one
    that moves between the lists may stand in both for a moment.
    """
    params, behind = query.params, query.position["rank"] if query.position else None
    if params.from_ and params.until and params.from_ > params.until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    low = stamp(params.from_) if params.from_ else _FIRST
    high = behind or (stamp(params.until) if params.until else _LAST)
    names = [lists.anomalies(each) for each in get_args(Status) if params.status in (None, each)]
    walks = (read.places(name, between=(low, high), chunk=params.limit + 2) for name in names)
    ranks = merge(*((place.listing.rank for place in walk) for walk in walks), reverse=True)
    return (rank for rank, _ in groupby(ranks) if rank != behind)


def _read(ranks: list[str]) -> list[Anomaly]:
    places = [keys.anomaly(rank.rpartition(":")[2]) for rank in ranks]
    found = read.many(places, Anomaly)
    return [found[place] for place in places]


def _asked(anomaly: Anomaly, params: AnomalyParams) -> bool:
    kind, status = params.kind in (None, anomaly.kind), params.status in (None, anomaly.status)
    return kind and status and (params.scenario is None or params.scenario in anomaly.scenarios)
