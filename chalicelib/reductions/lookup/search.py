"""Reductions by account or scenario, by state and by the time of their report."""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from chalicelib.accounts.queries import readable
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import BUREAU, INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.lines import WALKED
from chalicelib.ledger.model import Entry
from chalicelib.reductions.items import Reduction, TripsPage
from chalicelib.reductions.lookup.queries import as_they_stand, to_answer
from chalicelib.reductions.model import ReductionAnswer, ReductionParams
from chalicelib.scenarios.queries import everything
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Lanes
from chalicelib.table.row import Row

LOOKED_AT_MAX = 500  # reductions (and other lines of a statement) a page; what found too few continues on the next one
_FIRST, _LAST = "0", "~"  # around every rank

Asked = Query[ReductionParams]


class _Found(NamedTuple):
    """A place by its rank ("<time of the report>:<id>"), and whether a reduction stands there."""

    rank: str
    reduction: bool = True


class _Search(NamedTuple):
    """Where to look: places in their order, and what to keep of the reductions that stand there."""

    places: Iterator[_Found]
    keep: Callable[[Reduction], bool]


def listed(query: Asked) -> Page[ReductionAnswer]:
    """A holder's own reductions, an operator's, or, for the bureau, everyone's: newest first.

    If it asks for no scenario and no other state, the bureau sees those that wait for confirmation, oldest first.
    Raises InvalidRequest, AccountNotOpen.
    """
    low, high = _period(query.params)
    role, behind = query.asker.role, query.position["rank"] if query.position else None
    if role in (INDIVIDUAL, INSTITUTION):
        search = _own(query, low, behind or high)
    elif role == SCENARIO_OPERATOR:
        search = _operated(query, low, behind or high)
    elif query.params.scenario is None and query.params.status in (None, "reported"):
        search = _waiting(query, behind or low, high)
    else:
        search = _Search(_of_scenarios(_named(query), query, low, behind or high), lambda _: True)
    return _page(query, _Search((each for each in search.places if each.rank != behind), search.keep))


def _period(params: ReductionParams) -> tuple[str, str]:
    if params.from_ and params.until and params.from_ > params.until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    return stamp(params.from_) if params.from_ else _FIRST, stamp(params.until) if params.until else _LAST


def _own(query: Asked, low: str, high: str) -> _Search:
    """Pointers and, of a person, the lines of trips that have none; what else her statement shows is passed over."""
    names, chunk = [keys.holder(id) for id in readable(query.asker).ids], query.params.limit + 2
    scenario, (first, last) = query.params.scenario, (keys.reported("", rank).sk for rank in (low, high))
    rows = read.together(names, first, last, descending=True, chunk=chunk)
    walks = [(_Found(row.key.sk.partition(":")[2]) for row in rows)]
    if query.asker.role == INDIVIDUAL:
        first, last = keys.entries_at(low), keys.entries_at(high)
        lines = read.together(names, first, last, descending=True, chunk=max(chunk, WALKED))
        walks.append(_line(row) for row in lines)
    places = _once(merge(*walks, reverse=True))
    return _Search(places, lambda each: scenario in (None, keys.scenario_code(each.answer.scenario)))


def _line(row: Row) -> _Found:
    """A trip that was converted at once is its own line; one that was confirmed later has another, and a pointer."""
    entry = row.load(Entry)
    return _Found(f"{entry.at}:{entry.id}", entry.kind == "conversion" and entry.reference == entry.id)


def _once(places: Iterator[_Found]) -> Iterator[_Found]:
    """Of several places at one rank the first: where a reduction stands, if any does."""
    return (next(each) for _, each in groupby(places, key=lambda each: each.rank))


def _operated(query: Asked, low: str, high: str) -> _Search:
    """What this operator reported, under scenarios that it has or once had."""
    return _Search(_of_scenarios(_named(query), query, low, high), lambda each: query.asker.made(each.record))


def _named(query: Asked) -> list[str]:
    """The scenario asked for; without one, all that an operator has or once had, and every one for the bureau."""
    if query.params.scenario:
        return [query.params.scenario]
    asker = query.asker
    mine = (each for each in everything() if asker.role == BUREAU or any(map(asker.operates, each)))
    return [keys.scenario_code(each[0].code) for each in mine]


def _of_scenarios(codes: list[str], query: Asked, low: str, high: str) -> Iterator[_Found]:
    """The lanes of some scenarios and their pages, merged."""
    lanes = [lists.reductions(code, lane) for code in codes for lane in range(lists.REDUCTION_LANES)]
    pages = (_of_pages(code, query, low, high) for code in codes)
    return merge(*(_listed(lane, query, low, high) for lane in lanes), *pages, reverse=True)


def _of_pages(code: str, query: Asked, low: str, high: str) -> Iterator[_Found]:
    """Ten seconds are read together, for several pages share them, each rank once."""
    first, last = keys.trips_page(code, low[: keys.SLOT]), keys.trips_page(code, high)
    rows = read.partition(first.pk, first.sk, last.sk, descending=True, chunk=query.params.limit + 2)
    for slot, pages in groupby(rows, key=lambda row: row.key.sk[: keys.SLOT]):
        ranks = {f"{slot}{rest}" for page in pages for rest in page.load(TripsPage).ranks}
        yield from (_Found(rank) for rank in sorted(ranks, reverse=True) if low <= rank <= high)


def _listed(name: str | Lanes, query: Asked, low: str, high: str, *, descending: bool = True) -> Iterator[_Found]:
    walk = read.places(name, between=(low, high), descending=descending, chunk=query.params.limit + 2)
    return (_Found(place.listing.rank) for place in walk)


def _waiting(query: Asked, low: str, high: str) -> _Search:
    places = _listed(lists.REDUCTIONS_REPORTED, query, low, high, descending=False)
    return _Search(places, lambda each: each.answer.status == "reported")


def _page(query: Asked, search: _Search) -> Page[ReductionAnswer]:
    """What is kept, in its order; at most LOOKED_AT_MAX places are looked at."""
    limit, status = query.params.limit, query.params.status
    found, looked_at, stopped = list[Reduction](), 0, None
    while len(found) <= limit and (some := read.first(search.places, limit + 1)):
        found += [each for each in _read(some) if status in (None, each.answer.status) and search.keep(each)]
        looked_at += len(some)
        if looked_at >= LOOKED_AT_MAX:
            stopped = {"rank": some[-1].rank}
            break
    position = {each.answer.id: {"rank": each.rank} for each in found}
    answers = [to_answer(query.asker, each) for each in found]
    return query.page(answers, lambda each: position[each.id], stopped=stopped)


def _read(places: list[_Found]) -> list[Reduction]:
    ids = [each.rank.rpartition(":")[2] for each in places if each.reduction]
    records = read.many([keys.record(id) for id in ids], Record)
    return as_they_stand(records[keys.record(id)] for id in ids)
