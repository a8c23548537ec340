"""Walks: page by page over a partition, over a list of the sparse index, over several lists as one."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from heapq import merge
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.conditions import Key as KeyAttr

from chalicelib.settings import settings
from chalicelib.table.client import ask, client
from chalicelib.table.keys import Key
from chalicelib.table.lists import FIRST, INDEX, LAST, Budget, Lanes, Listing, Place
from chalicelib.table.write import Item, decode, encode

_STOP = Key("", "")  # stands in for what a budget leaves unread


def listed(
    name: str,
    *,
    between: tuple[str, str] | None = None,
    after: Item | None = None,
    descending: bool = True,
    where: ConditionBase | None = None,
    chunk: int = 100,
    budget: Budget | None = None,
) -> Iterator[Item]:
    """Keys and projected attributes of what stands in the list ``name``, by rank; eventually consistent.

    ``between`` bounds the rank, both ends included. ``after`` holds the four key attributes of the item to
    start behind.
    """
    whole = KeyAttr("list").eq(name)
    condition = whole & KeyAttr("rank").between(*between) if between else whole
    return walk(condition, after, where, budget, IndexName=INDEX, ScanIndexForward=not descending, Limit=chunk)


def places(name: str | Lanes, *, after: Item | None = None, descending: bool = True, **options: Any) -> Iterator[Place]:
    """What stands in the list ``name``, by rank; eventually consistent. ``after`` is a ``Place.position``; other
    ``options`` are those of ``listed``.
    """
    if isinstance(name, Lanes):
        return merged(name.names, after=after, descending=descending, **options)
    return _places(listed(name, after=after, descending=descending, **options))


def merged(
    names: Sequence[str],
    *,
    between: tuple[str, str] | None = None,
    after: Item | None = None,
    descending: bool = True,
    budget: Budget | None = None,
    **options: Any,
) -> Iterator[Place]:
    """The same of several lists as of one, each rank once. Where the budget ends one of them, all end at that rank."""
    low, high = between or (FIRST, LAST)
    behind = str(after["rank"]) if after else None
    if behind:
        low, high = (low, behind) if descending else (behind, high)
    walk = partial(_until_spent, between=(low, high), descending=descending, budget=budget, **options)
    for place in merge(*map(walk, names), key=lambda each: each.listing.rank, reverse=descending):
        rank = place.listing.rank
        if place.key == _STOP and budget:
            budget.stopped = {"rank": rank}
            return
        if rank != behind:
            yield place
        behind = rank


def _until_spent(name: str, *, budget: Budget | None, **options: Any) -> Iterator[Place]:
    """One of them; where the budget has ended it, a mark at the rank from which on more may stand."""
    own = budget.share() if budget else None
    yield from _places(listed(name, budget=own, **options))
    if own and own.stopped:
        yield Place(_STOP, Listing(name, own.stopped["rank"]))


def _places(found: Iterable[Item]) -> Iterator[Place]:
    return (Place(Key(each["pk"], each["sk"]), Listing(each["list"], each["rank"])) for each in found)


def walk(
    condition: ConditionBase, start: Item | None, where: ConditionBase | None, budget: Budget | None, **options: Any
) -> Iterator[Item]:
    """The items that a Query finds, each page as it is consumed. ``start`` is the key to start behind."""
    builder = ConditionExpressionBuilder()
    built = builder.build_expression(condition, is_key_condition=True)
    names, values = dict(built.attribute_name_placeholders), dict(built.attribute_value_placeholders)
    options["KeyConditionExpression"] = built.condition_expression
    if where is not None:
        filtered = builder.build_expression(where)
        options["FilterExpression"] = filtered.condition_expression
        names |= filtered.attribute_name_placeholders
        values |= filtered.attribute_value_placeholders
    options |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": encode(values)}
    while True:
        if start:
            options["ExclusiveStartKey"] = encode(start)
        answer = ask(client().query, TableName=settings().table_name, **options)
        yield from (item for raw in answer["Items"] if (item := decode(raw)) is not None)
        start = decode(answer.get("LastEvaluatedKey"))
        if not start or (budget and budget.spent(start)):
            return
