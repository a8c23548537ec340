"""Walks that end with their budget and continue with the next firing: over an agenda, and over a whole list.

What fails keeps nothing else waiting: it is logged, the walk continues, and in the end it raises what failed first, so
that the schedule's alarm sees it. Where the store is away (Unavailable) a walk stops at once.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.agenda.attempts import single_out
from chalicelib.agenda.model import KEPT, Agenda, begins
from chalicelib.agenda.notes import names_in, note
from chalicelib.errors import Contended
from chalicelib.kernel.settle import derive
from chalicelib.table import keys, read
from chalicelib.table.lists import Budget, ListName, Place
from chalicelib.table.write import ConditionBase, update

AT_ONCE = 100  # names, or items of a list, between two looks at the clock
PARTITIONS_AT_ONCE = 100  # the same for partitions of an agenda, of which many may be empty
NEWEST_SHARE = 4  # a walk that stays behind spends one part of so many on what was noted last
_FIRST = timedelta(hours=1)  # how far back the first walk of an agenda begins


@dataclass(frozen=True)
class _Kept:
    """How far a walk of an agenda is: all that stands before was looked at."""

    noted: str
    name: str = ""


@dataclass(frozen=True)
class Reached:
    """The last item of a list that was looked at."""

    after: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Firing:
    """One firing of a walk of an agenda: what it has looked at, and what failed."""

    agenda: Agenda
    do: Callable[[Sequence[str]], object]
    now: datetime
    seen: set[str] = field(default_factory=set)
    failures: list[Exception] = field(default_factory=list)

    def look(self, names: Sequence[str]) -> None:
        """At each name once, in however many slots it is noted. What fails is noted again, for the next slot."""
        new = [name for name in names if name not in self.seen]
        failed = single_out(self.do, new, what=self.agenda.name, name=str)
        note(self.agenda, failed, self.now + timedelta(seconds=self.agenda.seconds))
        self.failures += failed.values()
        self.seen.update(new)


def walk(agenda: Agenda, do: Callable[[Sequence[str]], object], *, now: datetime, until: float) -> bool:
    """``do`` what is noted up to ``now``, at most AT_ONCE names at a time, until ``until`` (time.monotonic).

    Whether it came to the end. What follows a walk that did not is done by the next one; until it has, the newest slots
    get a share of each. A slot that is still open is looked at again by the next walk, so what is noted behind this one
    is not lost; two walks at once, or one that died, look at the same names again.
    """
    firing = _Firing(agenda, do, now)
    share = max(0.0, until - time.monotonic()) / NEWEST_SHARE
    ended = _walk_on(firing, until - share)
    if not ended and time.monotonic() <= until:
        _walk_newest(firing, until)
    if firing.failures:
        raise firing.failures[0]
    return ended


def _walk_on(firing: _Firing, until: float) -> bool:
    """From the mark to the end."""
    agenda, now, start = firing.agenda, firing.now, _mark(firing.agenda)
    since = max(begins(start.pk), now - KEPT) if start else now - _FIRST
    for number, partition in enumerate(agenda.partitions(since, now, now)):
        if start and partition.pk < start.pk:
            continue
        if number % PARTITIONS_AT_ONCE == PARTITIONS_AT_ONCE - 1 and time.monotonic() > until:
            _keep(agenda, keys.Key(min(partition.pk, _first_open(agenda, now)), ""))
            return False
        after = start.sk if start and start.pk == partition.pk else ""
        for names in _batches(partition.pk, after):
            firing.look(names)
            if partition.closed:
                _keep(agenda, keys.Key(partition.pk, names[-1]))
            if time.monotonic() > until:
                return False
    _keep(agenda, keys.Key(_first_open(agenda, now), ""))
    return True


def _walk_newest(firing: _Firing, until: float) -> None:
    """The slots that are open still, and no mark: whoever is behind comes to them again."""
    for partition in firing.agenda.partitions(firing.agenda.open_since(firing.now), firing.now, firing.now):
        for names in _batches(partition.pk, ""):
            if time.monotonic() > until:
                return
            firing.look(names)


def _first_open(agenda: Agenda, now: datetime) -> str:
    return next(each.pk for each in agenda.partitions(agenda.open_since(now), now, now))


def _batches(pk: str, after: str) -> Iterator[list[str]]:
    names = names_in(pk, after or None)
    while batch := read.first(names, AT_ONCE):
        yield batch


def _mark(agenda: Agenda) -> keys.Key | None:
    kept = read.get(keys.walked(agenda.name), _Kept)
    return keys.Key(kept.noted, kept.name) if kept else None


def _keep(agenda: Agenda, mark: keys.Key) -> None:
    """Whoever says how far it came has looked at all that stands before: of two who do, either is right."""
    _assign(keys.walked(agenda.name), {"noted": mark.pk, "name": mark.sk})


def go_round(
    name: ListName,
    do: Callable[[Place], object],
    *,
    until: float,
    up_to: str | None = None,
    where: ConditionBase | None = None,
) -> bool:
    """``do`` each item of the list ``name``, oldest first, from where the last firing stopped until ``until``
    (time.monotonic). Whether it came to the end; the next firing begins again then.

    So those that stay on the list, however many, delay the others by one round. ``up_to`` bounds the rank; ``where`` is
    a condition on what the index shows of an item.
    """
    return _round(name, lambda some: do(some[0]), until, 1, up_to=up_to, where=where)


def go_round_together(
    name: ListName, do: Callable[[Sequence[Place]], object], *, until: float, where: ConditionBase | None = None
) -> bool:
    """The same for at most AT_ONCE items at a time."""
    return _round(name, do, until, AT_ONCE, where=where)


def _round(name: ListName, do: Callable[[Sequence[Place]], object], until: float, at_once: int, **bounds: Any) -> bool:
    failures: list[Exception] = []
    begun = stopped = _reached(name, bounds.get("up_to"))
    for some, behind in _pages(name, begun, at_once, **bounds):
        failures += single_out(do, some, what=str(name), name=lambda place: place.listing.rank).values()
        stopped = behind
        if time.monotonic() > until:
            break
    else:
        stopped = {}
    if stopped or begun:
        _assign(keys.walked(str(name)), {"after": stopped})
    if failures:
        raise failures[0]
    return not stopped


def _reached(name: ListName, up_to: str | None) -> dict[str, str]:
    """Where the last firing stopped; from the beginning where that is not due any more."""
    after = dict((read.get(keys.walked(str(name)), Reached) or Reached()).after)
    return {} if up_to and after and after["rank"] > up_to else after


def _pages(
    name: ListName, after: dict[str, str], at_once: int, *, up_to: str | None = None, where: ConditionBase | None = None
) -> Iterator[tuple[list[Place], dict[str, str]]]:
    """Items, and the position behind them; also where a page of the list holds none that match."""
    between, at = ("!", up_to) if up_to else None, after
    while True:
        budget = Budget(1)
        page = list(read.places(
            name, between=between, after=at or None, descending=False, where=where, chunk=AT_ONCE, budget=budget
        ))  # fmt: skip
        for start in range(0, len(page), at_once):
            some = page[start : start + at_once]
            yield some, some[-1].position
        if budget.stopped is None:
            return
        at = budget.stopped
        yield [], at


def _assign(key: keys.Key, values: Mapping[str, object]) -> None:
    try:
        derive(update(key, assign=values))
    except Contended:  # another walk says how far it is
        return
