"""Disputes as their parties and officials see them."""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, NamedTuple, get_args

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
    if caller.holds(INDIVIDUAL, found.account):
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
    """By its state a party's list is in the index, else beside it and complete at once."""
    params, after, where = query.params, query.position, _where(query.params)
    of = _side(query.asker)
    if params.status:
        listed = read.places(lists.disputes_of(of, params.status), after=after, where=where)
        return (Named(place.listing.rank.rpartition(":")[2], place.position) for place in listed)
    before = after["sk"] if after else None
    rows = read.partition(of.pk, of.sk, f"{of.sk}~", before=before, descending=True, where=where)
    return (Named(row.load(Pointer).dispute, {"sk": row.key.sk}) for row in rows)


def _side(caller: Caller) -> keys.Key:
    if caller.role == INDIVIDUAL:
        return keys.own_disputes(caller.account)
    return keys.merchant_disputes(caller.account) if caller.role == INSTITUTION else keys.operator_disputes(caller.sub)


def _all(query: Query[DisputeParams]) -> Iterator[Named]:
    """The lists of all states, or of the one asked for, merged by rank; so with both officials' lists."""
    params, after = query.params, query.position
    statuses: Iterable[str] = [params.status] if params.status else get_args(Status)
    judges = dict.fromkeys(JUDGES[kind] for kind in JUDGES if params.kind in (None, kind))
    queues = (
        read.places(
            name,
            after=after | {"list": name} if after else None,  # a place in one list is a place in each
            descending=False,
            where=_where(params),
            chunk=params.limit + 1,
        )
        for name in (lists.disputes(judge, status) for judge in judges for status in statuses)
    )
    for place in heapq.merge(*queues, key=_rank):
        yield Named(place.listing.rank.rpartition(":")[2], place.position)


def _rank(place: Place) -> str:
    return place.listing.rank


def _where(params: DisputeParams) -> ConditionBase | None:
    wanted = {"category": params.kind, "merchant": params.merchant}
    conditions = [Attr(name).eq(value) for name, value in wanted.items() if value]
    return reduce(and_, conditions) if conditions else None
