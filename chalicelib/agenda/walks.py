"""Walks that end with their budget and continue with the next firing: over an agenda, and over a whole list."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.agenda.model import Agenda, begins
from chalicelib.agenda.notes import names_in
from chalicelib.errors import Contended
from chalicelib.kernel.settle import derive
from chalicelib.table import keys, read
from chalicelib.table.lists import Place
from chalicelib.table.write import update

AT_ONCE = 100  # names, or items of a list, between two looks at the clock
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


def walk(agenda: Agenda, do: Callable[[Sequence[str]], object], *, now: datetime, until: float) -> bool:
    """``do`` what is noted up to ``now``, at most AT_ONCE names at a time, until ``until`` (time.monotonic).

    Whether it came to the end. What follows a walk that did not is done by the next one. A slot that is still open is
    looked at again by the next walk, so what is noted behind this one is not lost; two walks at once, or one that died,
    look at the same names again. An exception of ``do`` stops the walk where it is.
    """
    start = _mark(agenda)
    since = begins(start.pk) if start else now - _FIRST
    for partition in agenda.partitions(since, now, now):
        if start and partition.pk < start.pk:
            continue
        after = start.sk if start and start.pk == partition.pk else ""
        for names in _batches(partition.pk, after):
            do(names)
            if partition.closed:
                _keep(agenda, keys.Key(partition.pk, names[-1]))
            if time.monotonic() > until:
                return False
    _keep(agenda, keys.Key(_first_open(agenda, since, now), ""))
    return True


def _first_open(agenda: Agenda, since: datetime, now: datetime) -> str:
    return next(each.pk for each in agenda.partitions(since, now, now) if not each.closed)


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


def go_round(name: str, do: Callable[[Sequence[Place]], object], *, until: float) -> bool:
    """``do`` what stands in the list ``name``, oldest first, from where the last firing stopped until ``until``
    (time.monotonic). Whether it came to the end; the next firing begins again then.
    """
    reached = read.get(keys.walked(name), Reached) or Reached()
    places = read.places(name, after=dict(reached.after) or None, descending=False, chunk=AT_ONCE)
    while batch := read.first(places, AT_ONCE):
        do(batch)
        if time.monotonic() > until:
            _assign(keys.walked(name), {"after": dict(batch[-1].position)})
            return False
    if reached.after:
        _assign(keys.walked(name), {"after": {}})
    return True


def _assign(key: keys.Key, values: Mapping[str, object]) -> None:
    try:
        derive(update(key, assign=values))
    except Contended:  # another walk says how far it is
        return
