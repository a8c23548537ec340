"""Disputes as their parties and officials see them."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, NamedTuple, get_args

from chalicelib.accounts import queries as accounts
from chalicelib.disputes.evidence.items import By, Evidence
from chalicelib.disputes.evidence.model import to_answer as to_evidence
from chalicelib.disputes.items import JUDGES, OFFICIALS, Dispute, Pointer, Status
from chalicelib.disputes.model import DisputeAnswer, DisputeParams, DisputeView, to_answer, to_view
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr, ConditionBase

Party = By | None  # None: an official


class Named(NamedTuple):
    """A dispute in a list, and where the next page starts behind it."""

    dispute: str
    position: Mapping[str, Any]


def item(id: str) -> Dispute:
    """A dispute as it stands. Raises NotFound."""
    if found := read.get(keys.dispute(id), Dispute):
        return found
    raise NotFound()


def visible(caller: Caller, id: str) -> tuple[Dispute, Party]:
    """A dispute, and as which party the caller sees it; officials see all. Raises NotFound."""
    found = item(id)
    if caller.holds(INSTITUTION, found.account) if found.institution else accounts.is_of(caller, found.account):
        return found, "person"
    if caller.holds(INSTITUTION, found.merchant) or caller.operates(found):
        return found, "other_party"
    if caller.reads_as(*OFFICIALS):
        return found, None
    raise NotFound()


def of_person(caller: Caller, id: str) -> Dispute:
    """A dispute of the caller's own. Raises NotFound."""
    return _as(caller, id, "person")


def of_other_party(caller: Caller, id: str) -> Dispute:
    """A dispute that the caller answers. Raises NotFound."""
    return _as(caller, id, "other_party")


def _as(caller: Caller, id: str, wanted: Party) -> Dispute:
    found, party = visible(caller, id)
    if party != wanted:
        raise NotFound()
    return found


def view(caller: Caller, id: str, now: datetime) -> DisputeView:
    """A dispute with its files. Raises NotFound."""
    dispute, party = visible(caller, id)
    files = sorted(read.query(*keys.all_evidence(id), Evidence), key=lambda each: each.announced_at)
    return to_view(dispute, [to_evidence(each, opens=opens(caller, dispute, party, each)) for each in files], now)


def opens(caller: Caller, dispute: Dispute, party: Party, evidence: Evidence) -> bool:
    """Whether the caller can open a file: who sent it, and the official that rules."""
    return party == evidence.by or caller.role == dispute.judge


def evidence(dispute: str, id: str) -> Evidence:
    """A file of a dispute. Raises NotFound."""
    if found := read.get(keys.evidence(dispute, id), Evidence):
        return found
    raise NotFound()


def disputes(query: Query[DisputeParams]) -> Page[DisputeAnswer]:
    """A party's disputes, newest first; for officials all, those longest in their state first."""
    limit = query.params.limit
    named = read.first(_all(query) if query.asker.reads_as(*OFFICIALS) else _own(query), limit + 1)
    positions = {each.dispute: dict(each.position) for each in named}
    found = read.many([keys.dispute(each) for each in positions], Dispute)
    answers = [to_answer(found[keys.dispute(each)], query.now) for each in positions]
    return query.page(answers, lambda each: positions[each.id])


def _own(query: Query[DisputeParams]) -> Iterator[Named]:
    """By their state a party's disputes are in the index, else beside it and complete at once: of all its sides."""
    params, after, where = query.params, query.position, _where(query.params)
    sides = _sides(query.asker)
    if params.status:
        return _merged(query, [lists.disputes_of(side, params.status) for side in sides], descending=True)
    before = _since(after["sk"]) if after else None
    walks = (
        read.partition(
            side.pk,
            side.sk,
            f"{side.sk}~",
            before=f"{side.sk}{before}" if before else None,
            descending=True,
            where=where,
        )
        for side in sides
    )
    rows = heapq.merge(*walks, key=lambda row: _since(row.key.sk), reverse=True)
    return (Named(row.load(Pointer).dispute, {"sk": row.key.sk}) for row in rows)


def _since(place: str) -> str:
    """The same for one dispute, whichever side of it the pointer stands on."""
    return place.partition(":")[2]


def _sides(caller: Caller) -> list[keys.Key]:
    """A person has those of all her accounts; an institution may claim and answer."""
    if caller.role == INDIVIDUAL:
        return [keys.own_disputes(each) for each in accounts.lineage(caller)]
    if caller.role == INSTITUTION:
        return [side(each) for each in caller.accounts for side in (keys.merchant_disputes, keys.own_disputes)]
    return [keys.operator_disputes(caller.sub)]


def _all(query: Query[DisputeParams]) -> Iterator[Named]:
    """The lists of all states, or of the one asked for, merged by rank; so with both officials' lists."""
    params = query.params
    statuses: Iterable[str] = [params.status] if params.status else get_args(Status)
    judges = dict.fromkeys(JUDGES[kind] for kind in JUDGES if params.kind in (None, kind))
    return _merged(query, [lists.disputes(judge, status) for judge in judges for status in statuses])


def _merged(query: Query[DisputeParams], names: Iterable[str], *, descending: bool = False) -> Iterator[Named]:
    after = query.position
    queues = (
        read.places(
            name,
            after=after | {"list": name} if after else None,  # a place in one list is a place in each
            descending=descending,
            where=_where(query.params),
            chunk=query.params.limit + 1,
        )
        for name in names
    )
    for place in heapq.merge(*queues, key=_rank, reverse=descending):
        yield Named(place.listing.rank.rpartition(":")[2], place.position)


def _rank(place: Place) -> str:
    return place.listing.rank


def _where(params: DisputeParams) -> ConditionBase | None:
    wanted = {"category": params.kind, "merchant": params.merchant}
    conditions = [Attr(name).eq(value) for name, value in wanted.items() if value]
    return reduce(and_, conditions) if conditions else None
