"""Everything that is kept about a caller, for itself."""

import json
from collections.abc import Iterator
from typing import Any

from chalicelib.accounts.model import SHOWN, AccountView
from chalicelib.accounts.queries import own, unfiled, view
from chalicelib.kernel.fields import Answer, Paged, Time, example
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.table import keys, read
from chalicelib.table.write import Item

_FIRST, _LAST = " ", "~~"  # around every sort key
_COUNTED = ("purchases:", "usage:")  # by person, in the partition of her first account
_HIDDEN = {"pk", "sk", "list", "rank", "identity"}  # keys of the table, and the hash of a number


class Request(Answer):
    """A request that moved something of the caller's: whose role asked, for what, and what was answered."""

    kind: str
    at: Time
    role: str
    answer: dict[str, Any]


class Kept(Answer):
    """One thing that is kept, with the request that made it and, of an order, how it stands.

    ``place`` is its name among the caller's things: ``entry:…`` a line of the statement, ``usage:…`` grams of a day,
    ``reduction:…`` a reported reduction, ``purchases:…`` units of an offer, ``account`` the account itself.
    """

    place: str
    kept: dict[str, Any]
    request: Request | None
    order: dict[str, Any] | None


class Export(Answer):
    """A page of everything that is kept about the caller; of its number that is a keyed hash, which is not shown."""

    model_config = example(
        login="alice",
        account=SHOWN,
        items=[{"place": "usage:metro:2026-01-31", "kept": {"grams": 887}, "request": None, "order": None}],
        next_cursor=None,
    )

    login: str
    account: AccountView
    items: list[Kept]
    next_cursor: str | None


def page(query: Query[Paged]) -> Export:
    """The items of the caller's own partition, whatever they are: what is added there one day is shown that day.
    What is counted for the person stands beside them, even where an earlier account of hers keeps it.

    Lines that are not filed yet stand among the filed ones, as in the statement. Raises AccountNotOpen.
    """
    item, limit = own(query.asker), query.params.limit
    after: str = query.position["sk"] if query.position else _FIRST
    found = {line["sk"]: line for line in unfiled(item) if line["sk"] > after}
    for walk in _walks(item, after, limit + 2):  # one more: where a page begins was shown before
        found |= {each["sk"]: each for each in walk if each["sk"] != after}
    items = [found[place] for place in sorted(found)[: limit + 1]]
    records, orders = _behind(items)
    shown = [
        Kept(place=each["sk"], kept=_plain(each), request=records.get(each.get("id")), order=orders.get(each.get("id")))
        for each in items
    ]
    paged = query.page(shown, lambda kept: {"sk": kept.place})
    return Export(login=query.asker.sub, account=view(item), items=paged.items, next_cursor=paged.next_cursor)


def _walks(item: Item, after: str, count: int) -> Iterator[list[Item]]:
    """The next ``count`` items from ``after`` on: the account's, and what is counted for its person elsewhere."""
    places = [(item["pk"], _FIRST, _LAST)]
    if "person" in item:
        places += [(keys.holder(item["person"]), kind, f"{kind}~") for kind in _COUNTED]
    for pk, low, high in places:
        if after < high:
            yield read.first(read.query(pk, max(low, after), high, chunk=count), count)


def _behind(items: list[Item]) -> tuple[dict[Any, Request], dict[Any, Item]]:
    """The Records of statement lines, and how those that are orders stand, by id."""
    ids = [each["id"] for each in items if each["sk"].startswith(keys.ENTRIES)]
    records = list(read.many([keys.record(id) for id in ids], Record).values())
    placed = [record.id for record in records if record.kind == "redemption"]
    orders = {key.pk.partition(":")[2]: item for key, item in read.many([keys.order(id) for id in placed]).items()}
    return {record.id: _request(record) for record in records}, {id: _plain(item) for id, item in orders.items()}


def _request(record: Record) -> Request:
    return Request(kind=record.kind, at=record.at, role=record.role, answer=json.loads(record.answer))


def _plain(item: Item) -> Item:
    """An item as JSON can hold it, without what concerns only the table."""
    return {
        name: sorted(value) if isinstance(value, set) else value for name, value in item.items() if name not in _HIDDEN
    }
