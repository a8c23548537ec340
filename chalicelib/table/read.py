"""Reads. All are strongly consistent except those of the index, which cannot be."""

import random
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.conditions import Key as KeyAttr
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.deadline import pause
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table.client import client
from chalicelib.table.commit import BUSY
from chalicelib.table.keys import LISTING, Key
from chalicelib.table.write import Item, decode, encode

__all__ = ["Attr", "get", "listed", "many", "query"]


def get(key: Key) -> Item | None:
    """One item, as of now."""
    answer = _ask(client().get_item, TableName=settings().table_name, Key=encode(key.item()), ConsistentRead=True)
    return decode(answer.get("Item"))


def many(keys: Sequence[Key]) -> dict[Key, Item]:
    """The items that exist among ``keys``, as of now."""
    found: dict[Key, Item] = {}
    for start in range(0, len(keys), 100):
        found |= _batch(keys[start : start + 100])
    return found


def _batch(keys: Sequence[Key]) -> dict[Key, Item]:
    table = settings().table_name
    request: Any = {table: {"Keys": [encode(key.item()) for key in dict.fromkeys(keys)], "ConsistentRead": True}}
    found: dict[Key, Item] = {}
    for attempt in range(8):
        answer = _ask(client().batch_get_item, RequestItems=request)
        for raw in answer["Responses"].get(table, []):
            item = decode(raw)
            assert item is not None
            found[Key(item["pk"], item["sk"])] = item
        request = answer.get("UnprocessedKeys")
        if not request:
            return found
        pause(random.uniform(0, 0.05 * 2**attempt))
    raise Unavailable()


def query(
    pk: str,
    low: str,
    high: str,
    *,
    before: str | None = None,
    descending: bool = False,
    where: ConditionBase | None = None,
    chunk: int = 100,
) -> Iterator[Item]:
    """The items of a partition with ``low <= sort key <= high``, as of now, read ``chunk`` at a time as consumed.

    ``before`` (a sort key) starts after that item in the direction of the walk.
    """
    condition = KeyAttr("pk").eq(pk) & KeyAttr("sk").between(low, high)
    start = Key(pk, before).item() if before else None
    return _walk(condition, start, where, ConsistentRead=True, ScanIndexForward=not descending, Limit=chunk)


def listed(
    name: str,
    *,
    after: Item | None = None,
    descending: bool = True,
    where: ConditionBase | None = None,
    chunk: int = 100,
) -> Iterator[Item]:
    """Keys and projected attributes of what stands in the list ``name``, by rank; eventually consistent.

    ``after`` holds the four key attributes of the item to go on behind.
    """
    condition = KeyAttr("list").eq(name)
    return _walk(condition, after, where, IndexName=LISTING, ScanIndexForward=not descending, Limit=chunk)


def _walk(condition: ConditionBase, start: Item | None, where: ConditionBase | None, **options: Any) -> Iterator[Item]:
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
        answer = _ask(client().query, TableName=settings().table_name, **options)
        yield from (item for raw in answer["Items"] if (item := decode(raw)) is not None)
        last = answer.get("LastEvaluatedKey")
        if not last:
            return
        start = decode(last)


def _ask(operation: Callable[..., Any], **request: Any) -> Any:
    """The store's answer. Raises Unavailable where it is away, or busy for longer than botocore is patient."""
    try:
        return operation(**request)
    except ClientError as error:
        away = error.response["ResponseMetadata"].get("HTTPStatusCode", 500) >= 500
        if away or error.response["Error"]["Code"] in BUSY:
            raise Unavailable() from error
        raise
    except BotoCoreError as error:
        raise Unavailable() from error


def first(items: Iterator[Item], count: int) -> list[Item]:
    """At most ``count`` items; no further page is asked for."""
    return list(islice(items, count))
