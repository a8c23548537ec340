"""Reductions by account or scenario, by state and by the time of their report."""

from collections.abc import Callable, Iterator
from heapq import merge
from typing import NamedTuple

from chalicelib.accounts.queries import readable
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import BUREAU, INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.reductions.items import Reduction
from chalicelib.reductions.lookup.queries import as_they_stand, to_answer
from chalicelib.reductions.model import ReductionAnswer, ReductionParams
from chalicelib.scenarios.queries import everything
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Lanes

LOOKED_AT_MAX = 500  # reductions a page; a search that found too few by then continues on the next page
_FIRST, _LAST = "0", "~"  # around every rank

Asked = Query[ReductionParams]


class _Search(NamedTuple):
    """Where to look: ranks ("<time of the report>:<id>") in their order, and what to keep of what stands there."""

    ranks: Iterator[str]
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
    return _page(query, _Search((rank for rank in search.ranks if rank != behind), search.keep))


def _period(params: ReductionParams) -> tuple[str, str]:
    if params.from_ and params.until and params.from_ > params.until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    return stamp(params.from_) if params.from_ else _FIRST, stamp(params.until) if params.until else _LAST


def _own(query: Asked, low: str, high: str) -> _Search:
    names = [keys.holder(id) for id in readable(query.asker).ids]
    scenario, (first, last) = query.params.scenario, (keys.reported("", rank).sk for rank in (low, high))
    rows = read.together(names, first, last, descending=True, chunk=query.params.limit + 2)
    ranks = (row.key.sk.partition(":")[2] for row in rows)
    return _Search(ranks, lambda each: scenario in (None, keys.scenario_code(each.answer.scenario)))


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


def _of_scenarios(codes: list[str], query: Asked, low: str, high: str) -> Iterator[str]:
    """The lanes of some scenarios, merged."""
    lanes = [lists.reductions(code, lane) for code in codes for lane in range(lists.REDUCTION_LANES)]
    return merge(*(_ranks(lane, query, low, high) for lane in lanes), reverse=True)


def _ranks(name: str | Lanes, query: Asked, low: str, high: str, *, descending: bool = True) -> Iterator[str]:
    walk = read.places(name, between=(low, high), descending=descending, chunk=query.params.limit + 2)
    return (place.listing.rank for place in walk)


def _waiting(query: Asked, low: str, high: str) -> _Search:
    ranks = _ranks(lists.REDUCTIONS_REPORTED, query, low, high, descending=False)
    return _Search(ranks, lambda each: each.answer.status == "reported")


def _page(query: Asked, search: _Search) -> Page[ReductionAnswer]:
    """What is kept, in its order; at most LOOKED_AT_MAX reductions are looked at."""
    limit, status = query.params.limit, query.params.status
    found, looked_at, stopped = list[Reduction](), 0, None
    while len(found) <= limit and (some := read.first(search.ranks, limit + 1)):
        found += [each for each in _read(some) if status in (None, each.answer.status) and search.keep(each)]
        looked_at += len(some)
        if looked_at >= LOOKED_AT_MAX:
            stopped = {"rank": some[-1]}
            break
    position = {each.answer.id: {"rank": each.rank} for each in found}
    answers = [to_answer(query.asker, each) for each in found]
    return query.page(answers, lambda each: position[each.id], stopped=stopped)


def _read(ranks: list[str]) -> list[Reduction]:
    ids = [rank.rpartition(":")[2] for rank in ranks]
    records = read.many([keys.record(id) for id in ids], Record)
    return as_they_stand(records[keys.record(id)] for id in ids)
