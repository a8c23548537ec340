"""Sums by month, as projected from the stream: seconds behind."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from chalicelib.errors import InvalidRequest
from chalicelib.kernel.query import Query
from chalicelib.statistics import memory, model
from chalicelib.statistics.model import (
    Confirmed,
    IssuedAnswer,
    MonthAnswer,
    StatisticsAnswer,
    StatisticsParams,
    Sums,
    Turnover,
)
from chalicelib.table import keys, read

MONTHS, MONTHS_MAX = 12, 60
TOGETHER = 4000  # lanes of merchants a request: about as many as DynamoDB gives at once
T = TypeVar("T", Confirmed, Turnover)


def statistics(query: Query[StatisticsParams]) -> StatisticsAnswer:
    """The months asked for, the oldest first. Those that are closed are read once an hour. Raises InvalidRequest."""
    since, until = period(query.params, query.now)
    names = [model.named(each) for each in range(model.number(since), model.number(until) + 1)]
    answers = memory.remembered(names)
    if unknown := [name for name in names if name not in answers]:
        found = sums(unknown[0], unknown[-1])
        new = {name: _answer(found.get(name) or Sums(month=name)) for name in unknown}
        memory.remember(new.values(), query.now)
        answers |= new
    return StatisticsAnswer(items=[answers[name] for name in names])


def period(params: StatisticsParams, now: datetime) -> tuple[str, str]:
    """The first and the last month asked for. Raises InvalidRequest where there are none, or too many."""
    until = params.until or max(model.month(now), params.from_ or "")
    since = params.from_ or model.named(model.number(until) - MONTHS + 1)
    if since > until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    if model.number(until) - model.number(since) >= MONTHS_MAX:
        raise InvalidRequest.at("/from", f"At most {MONTHS_MAX} months at once", f"每次最多 {MONTHS_MAX} 个月")
    return since, until


def sums(since: str, until: str) -> dict[str, Sums]:
    """The sums of the months from ``since`` to ``until``, both included, by month; without those that have none."""
    lanes: dict[str, list[Sums]] = defaultdict(list)
    for lane in read.query(*keys.months(since, until), Sums):
        lanes[lane.month].append(lane)
    return {month: model.total(month, found) for month, found in lanes.items()}


def confirmed(month: str) -> list[Confirmed]:
    """Grams of a month by scenario and methodology, by name."""
    lanes = (lane for pk in keys.confirmed_in(month) for lane in read.query(pk, "!", "~", Confirmed))
    return _together(lanes, Confirmed, lambda each: {"scenario": each.scenario, "methodology": each.methodology})


def turnovers(month: str, after: str) -> Iterator[Turnover]:
    """What each merchant sold in a month, by id, behind that of ``after``; read as consumed."""
    lanes = read.query(keys.turnover_in(month), f"{after}:~", "~", Turnover, chunk=TOGETHER)
    for _, own in groupby(lanes, key=lambda lane: lane.merchant):
        yield from _together(own, Turnover, lambda each: {"merchant": each.merchant})


def turnover_of(month: str, merchants: Iterable[str]) -> list[Turnover]:
    """The same of some merchants; without those that sold nothing."""
    places = [keys.turnover(month, each, lane) for each in merchants for lane in range(model.TURNOVER_LANES)]
    return _together(read.many(places, Turnover).values(), Turnover, lambda each: {"merchant": each.merchant})


def _together(lanes: Iterable[T], kind: type[T], names: Callable[[T], dict[str, str]]) -> list[T]:
    amounts = [each.name for each in fields(kind) if each.type is int]
    found: dict[tuple[tuple[str, str], ...], Counter[str]] = defaultdict(Counter)
    for lane in lanes:
        found[tuple(names(lane).items())].update({name: getattr(lane, name) for name in amounts})
    make: Callable[..., T] = kind
    return [make(**dict(named), **counted) for named, counted in sorted(found.items())]


def _answer(month: Sums) -> MonthAnswer:
    issued = [IssuedAnswer(**vars(each)) for each in (confirmed(month.month) if month.records else ())]
    return MonthAnswer(**vars(month), issued=issued)
