"""Applications as their parties see them."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import get_args

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import AUDITOR, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.text import STORED
from chalicelib.onboarding.model import Application, ApplicationParams, Document, HistoryLine, Status
from chalicelib.onboarding.steps import REQUIRED, SUB_PLATFORM_OPERATOR, next_actions, party
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item

HISTORY_SHOWN = 200  # lines, the newest
_TOLD = ("review", "opinion", "acknowledgement", "agreement", "integration")


def application(id: str) -> Item:
    """An application's item. Raises NotFound."""
    item = read.get(keys.application(id))
    if item is None:
        raise NotFound()
    return item


def seen(caller: Caller, id: str) -> tuple[Item, str]:
    """An application and as what the caller sees it. Raises NotFound where it may not."""
    item = application(id)
    return item, party(caller, item)


def paper(application: str, document: str) -> Item:
    """What is known of a document. Raises NotFound."""
    item = read.get(keys.document(application, document))
    if item is None:
        raise NotFound()
    return item


def view(caller: Caller, id: str, now: datetime) -> Application:
    """An application with its documents and its history, all in one read. Raises NotFound."""
    first = keys.application(id)
    items = list(read.query(first.pk, first.sk, keys.STEPS_END, chunk=1000))
    if not items or items[0]["sk"] != first.sk:
        raise NotFound()
    item, as_party = items[0], party(caller, items[0])
    papers = sorted((each for each in items if "announced_at" in each), key=lambda each: each["announced_at"])
    lines = [each for each in items if "by_role" in each][-HISTORY_SHOWN:]
    age = int((now - datetime.fromisoformat(item["since"])).total_seconds())
    return Application.model_validate(
        dict.fromkeys(_TOLD)
        | item
        | {
            "age_seconds": max(0, age),
            "required_documents": REQUIRED[item["mode"]],
            "documents": [_shown(item, each, as_party) for each in papers],
            "history": [HistoryLine.model_validate(each) for each in lines],
            "next_actions": next_actions(item, as_party),
        },
        context=STORED,
    )


def _shown(item: Item, paper: Item, as_party: str) -> Document:
    readable = paper["status"] == "arrived" and as_party not in (SUB_PLATFORM_OPERATOR, AUDITOR)
    link = f"/v1/applications/{item['id']}/documents/{paper['id']}/link" if readable else None
    counts = item["documents"].get(paper["kind"], {}).get("id") == paper["id"]
    return Document.model_validate({"reason": None, "reason_zh": None} | paper | {"counts": counts, "link": link})


def applications(query: Query[ApplicationParams]) -> Page[Application]:
    """The queue: for exchange and bureau all, those longest in their state first; for an institution its own and those
    beneath its sub-platform, oldest first.
    """
    wanted = _own(query) if query.asker.role == INSTITUTION else _queue(query)
    places = dict(islice(wanted, query.params.limit + 1))
    views = [view(query.asker, id, query.now) for id in places]
    return query.page(views, lambda each: places[each.id])


def _queue(query: Query[ApplicationParams]) -> Iterator[tuple[str, Item]]:
    """The lists of all states merged by rank, or the one of the state asked for."""
    params, after = query.params, query.position
    statuses: Iterable[str] = [params.status] if params.status else get_args(Status)
    where = Attr("category").eq(params.mode) if params.mode else None
    queues = (
        read.listed(
            name,
            after=after | {"list": name} if after else None,  # a place in one list is a place in each
            descending=False,
            where=where,
            chunk=100 if params.mode else params.limit + 1,
        )
        for name in map(lists.applications, statuses)
    )
    for each in heapq.merge(*queues, key=lambda found: (found["rank"], found["pk"])):
        place = {part: each[part] for part in ("pk", "sk", "list", "rank")}
        yield each["pk"].removeprefix(keys.application("").pk), place


def _own(query: Query[ApplicationParams]) -> Iterator[tuple[str, Item]]:
    holder, params = keys.holder(query.asker.account), query.params
    low, high = keys.applied("", "", "").sk, keys.applied("", "~", "").sk
    pointers = read.query(holder, low[:-1], high, before=query.position["sk"] if query.position else None)
    while some := read.first(pointers, 100):
        items = read.many([keys.application(each["application"]) for each in some])
        for each in some:
            item = items[keys.application(each["application"])]
            if params.status in (None, item["status"]) and params.mode in (None, item["mode"]):
                yield item["id"], {"sk": each["sk"]}
