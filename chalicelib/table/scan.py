"""The whole table, item by item: for what happens once a day."""

from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, ConditionExpressionBuilder

from chalicelib.settings import settings
from chalicelib.table.client import ask, client
from chalicelib.table.write import encode


def scan(segment: int, segments: int, *, where: ConditionBase | None = None) -> Iterator[Any]:
    """One of ``segments`` parts of the whole table, each item as of when it is read: the table moves meanwhile.

    In DynamoDB JSON: who reads millions of items looks at little of each.
    """
    options: dict[str, Any] = {"Segment": segment, "TotalSegments": segments, "ConsistentRead": True}
    if where is not None:
        built = ConditionExpressionBuilder().build_expression(where)
        options["FilterExpression"] = built.condition_expression
        options["ExpressionAttributeNames"] = built.attribute_name_placeholders
        options["ExpressionAttributeValues"] = encode(built.attribute_value_placeholders)
    while True:
        answer = ask(client().scan, TableName=settings().table_name, **options)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        options["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
