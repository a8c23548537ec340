"""Applications as their parties see them."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, get_args

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import AUDITOR, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import ANSWER_BYTES_MAX, Query, weight
from chalicelib.kernel.text import STORED
from chalicelib.merchants.history import HistoryLine
from chalicelib.merchants.model import SUB_PLATFORM_OPERATOR
from chalicelib.onboarding.forms.answers import ApplicationAnswer, DocumentAnswer
from chalicelib.onboarding.items import Application, Applied, Document, Status
from chalicelib.onboarding.model import ApplicationParams
from chalicelib.onboarding.required import REQUIRED
from chalicelib.onboarding.steps import next_actions, party
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr

HISTORY_MAX, HISTORY_LISTED_MAX = 200, 20  # the newest lines of one application, and of each in a list
HISTORY_BYTES_MAX = ANSWER_BYTES_MAX // 2  # of the lines' comments, as ``weight`` counts: one may have 4000 letters


class Visible(NamedTuple):
    """An application, and as what the caller sees it."""

    application: Application
    party: str


class Pointer(NamedTuple):
    """An application in a list, and where the next page starts behind it."""

    id: str
    position: Mapping[str, Any]


def application(id: str) -> Application:
    """An application as of now. Raises NotFound."""
    stored = read.get(keys.application(id), Application)
    if stored is None:
        raise NotFound()
    return stored


def visible(caller: Caller, id: str) -> Visible:
    """An application for one of its parties. Raises NotFound where the caller may not see it."""
    stored = application(id)
    return Visible(stored, party(caller, stored))


def document(application: str, id: str) -> Document:
    """What is known of a document. Raises NotFound."""
    stored = read.get(keys.document(application, id), Document)
    if stored is None:
        raise NotFound()
    return stored


def view(caller: Caller, id: str, now: datetime, lines_max: int = HISTORY_MAX) -> ApplicationAnswer:
    """An application with its documents and the newest lines of its history. Raises NotFound."""
    key = keys.application(id)
    rows = list(read.partition(key.pk, key.sk, keys.DOCUMENTS_END, chunk=200))
    if not rows or rows[0].key != key:
        raise NotFound()
    stored = rows[0].load(Application)
    as_party = party(caller, stored)
    documents = sorted((row.load(Document) for row in rows[1:]), key=lambda each: each.announced_at)
    newest = read.query(key.pk, keys.STEPS, keys.STEPS_END, HistoryLine, descending=True, chunk=lines_max)
    age = int((now - datetime.fromisoformat(stored.since)).total_seconds())
    return ApplicationAnswer.model_validate(
        vars(stored)
        | {
            "age_seconds": max(0, age),
            "required_documents": REQUIRED[stored.mode],
            "documents": [_document(stored, each, as_party) for each in documents],
            "history": _within(read.first(newest, lines_max))[::-1],
            "next_actions": next_actions(stored, as_party),
        },
        context=STORED,
    )


def _within(newest: Sequence[HistoryLine]) -> Sequence[HistoryLine]:
    """As many of them as fit into an answer beside what else an application says."""
    left = HISTORY_BYTES_MAX
    for count, line in enumerate(newest):
        left -= weight(line.comment or "")
        if left < 0:
            return newest[:count]
    return newest


def _document(application: Application, document: Document, as_party: str) -> DocumentAnswer:
    readable = document.status == "arrived" and as_party not in (SUB_PLATFORM_OPERATOR, AUDITOR)
    link = f"/v1/applications/{application.id}/documents/{document.id}/link" if readable else None
    counting = application.documents.get(document.kind)
    counts = counting is not None and counting.id == document.id
    return DocumentAnswer.model_validate(vars(document) | {"counts": counts, "link": link})


def applications(query: Query[ApplicationParams]) -> Page[ApplicationAnswer]:
    """The queue: for exchange and bureau all, those longest in their state first; for an institution its own and those
    beneath its sub-platform, oldest first.
    """
    wanted = _own(query) if query.asker.role == INSTITUTION else _queue(query)
    positions = {each.id: dict(each.position) for each in read.first(wanted, query.params.limit + 1)}
    answers = [view(query.asker, id, query.now, HISTORY_LISTED_MAX) for id in positions]
    return query.page(answers, lambda each: positions[each.id])


def _queue(query: Query[ApplicationParams]) -> Iterator[Pointer]:
    """The lists of all states merged by rank, or the one of the state asked for."""
    params, after = query.params, query.position
    statuses: Iterable[str] = [params.status] if params.status else get_args(Status)
    where = Attr("category").eq(params.mode) if params.mode else None
    queues = (
        read.places(
            name,
            after=after | {"list": name} if after else None,  # a place in one list is a place in each
            descending=False,
            where=where,
            chunk=100 if params.mode else params.limit + 1,
        )
        for name in map(lists.applications, statuses)
    )
    for place in heapq.merge(*queues, key=_rank):
        yield Pointer(place.key.pk.removeprefix(keys.application("").pk), place.position)


def _rank(place: Place) -> tuple[str, str]:
    return place.listing.rank, place.key.pk


def _own(query: Query[ApplicationParams]) -> Iterator[Pointer]:
    names, params = [keys.holder(each) for each in query.asker.accounts], query.params
    low, high = keys.applied("", "", "").sk, keys.applied("", "~", "").sk
    pointers = read.together(names, low[:-1], high, before=query.position["sk"] if query.position else None)
    while some := read.first(pointers, 100):
        named = {row.key.sk: keys.application(row.load(Applied).application) for row in some}
        stored = read.many(list(named.values()), Application)
        for sk, key in named.items():
            each = stored[key]
            if params.status in (None, each.status) and params.mode in (None, each.mode):
                yield Pointer(each.id, {"sk": sk})
