"""Reads. All are strongly consistent except ``missing`` and those of the index (walks.py), which cannot be."""

import random
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any, overload

from boto3.dynamodb.conditions import Attr, ConditionBase
from boto3.dynamodb.conditions import Key as KeyAttr

from chalicelib.deadline import pause
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table.client import ask, client
from chalicelib.table.keys import Key
from chalicelib.table.lists import Budget
from chalicelib.table.row import N, Row, load
from chalicelib.table.walks import listed, merged, places, walk
from chalicelib.table.write import Item, decode, encode

__all__ = ["Attr", "Row", "get", "listed", "many", "merged", "partition", "places", "query", "rows", "together"]


@overload
def get(key: Key) -> Item | None: ...
@overload
def get(key: Key, kind: type[N]) -> N | None: ...
def get(key: Key, kind: type[N] | None = None) -> Any:
    """One item as a ``kind``, as of now."""
    answer = ask(client().get_item, TableName=settings().table_name, Key=encode(key.item()), ConsistentRead=True)
    item = decode(answer.get("Item"))
    return load(kind, item) if kind and item else item


@overload
def many(keys: Sequence[Key]) -> dict[Key, Item]: ...
@overload
def many(keys: Sequence[Key], kind: type[N]) -> dict[Key, N]: ...
def many(keys: Sequence[Key], kind: type[N] | None = None) -> dict[Key, Any]:
    """The items that exist among ``keys``, as of now. Where they are of several kinds, see ``rows``."""
    found = rows(keys)
    return {key: row.load(kind) if kind else row.item for key, row in found.items()}


def rows(keys: Sequence[Key]) -> dict[Key, Row]:
    """The same, each to be loaded as what it is."""
    found: dict[Key, Item] = {}
    for start in range(0, len(keys), 100):
        found |= _batch(keys[start : start + 100])
    return {key: Row(item) for key, item in found.items()}


def stored(keys: Sequence[Key]) -> Iterator[Any]:
    """The same in DynamoDB JSON, as ``scan`` gives them."""
    for start in range(0, len(keys), 100):
        yield from _asked(keys[start : start + 100])


def _batch(keys: Sequence[Key]) -> dict[Key, Item]:
    items = [item for each in _asked(keys) if (item := decode(each)) is not None]
    return {Key(item["pk"], item["sk"]): item for item in items}


def missing(keys: Sequence[Key]) -> list[Key]:
    """Those of ``keys`` where no item stood some moments ago: half as dear as to know it of now."""
    parts = (keys[start : start + 100] for start in range(0, len(keys), 100))
    found = {Key(item["pk"]["S"], item["sk"]["S"]) for part in parts for item in _asked(part, consistent=False)}
    return [key for key in keys if key not in found]


def _asked(keys: Sequence[Key], *, consistent: bool = True) -> Iterator[Any]:
    table = settings().table_name
    request: Any = {table: {"Keys": [encode(key.item()) for key in dict.fromkeys(keys)], "ConsistentRead": consistent}}
    for attempt in range(8):
        answer = ask(client().batch_get_item, RequestItems=request)
        yield from answer["Responses"].get(table, [])
        request = answer.get("UnprocessedKeys")
        if not request:
            return
        pause(random.uniform(0, 0.05 * 2**attempt))
    raise Unavailable()


@overload
def query(
    pk: str,
    low: str,
    high: str,
    *,
    before: str | None = None,
    descending: bool = False,
    where: ConditionBase | None = None,
    chunk: int = 100,
    budget: Budget | None = None,
) -> Iterator[Item]: ...
@overload
def query(
    pk: str,
    low: str,
    high: str,
    kind: type[N],
    *,
    before: str | None = None,
    descending: bool = False,
    where: ConditionBase | None = None,
    chunk: int = 100,
    budget: Budget | None = None,
) -> Iterator[N]: ...
def query(pk: str, low: str, high: str, kind: type[N] | None = None, **options: Any) -> Iterator[Any]:
    """The items of a partition as ``kind``; see ``partition``."""
    return (row.load(kind) if kind else row.item for row in partition(pk, low, high, **options))


def partition(
    pk: str,
    low: str,
    high: str,
    *,
    before: str | None = None,
    descending: bool = False,
    where: ConditionBase | None = None,
    chunk: int = 100,
    budget: Budget | None = None,
) -> Iterator[Row]:
    """The items of a partition with ``low <= sort key <= high``, as of now, read ``chunk`` at a time as consumed.

    ``before`` (a sort key) starts after that item in the direction of the walk. ``budget`` bounds it.
    """
    condition = KeyAttr("pk").eq(pk) & KeyAttr("sk").between(low, high)
    start = Key(pk, before).item() if before else None
    found = walk(condition, start, where, budget, ConsistentRead=True, ScanIndexForward=not descending, Limit=chunk)
    return map(Row, found)


def together(names: Sequence[str], low: str, high: str, *, descending: bool = False, **options: Any) -> Iterator[Row]:
    """The same of several partitions as of one, by sort key."""
    walks = (partition(name, low, high, descending=descending, **options) for name in names)
    return merge(*walks, key=lambda row: row.key.sk, reverse=descending)


def first(items: Iterator[N], count: int) -> list[N]:
    """At most ``count`` items; no further page is asked for."""
    return list(islice(items, count))
