"""``python -m infra.refile``: hand every Record that an account still waits for to the stream's consumer, here.

For Records that the stream lost: its 24 hours were over, or Lambda gave up on a batch. Each is projected once, whether
or not the stream brings it as well. TABLE_NAME names the table, else the local stack's in DATA.
"""

from typing import Any

import boto3

from infra.audit import table_name

_AT_ONCE = 100  # as Lambda's batches are


def waiting(table: str) -> list[str]:
    """The ids of the Records that accounts wait for."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression="attribute_exists(unfiled)",
            ProjectionExpression="unfiled",
        )
    )
    return sorted({id for page in pages for item in page["Items"] for id in item["unfiled"]["SS"]})


def refile(table: str) -> int:
    """Project them; how many there were."""
    import app  # reads the environment

    client, ids = boto3.client("dynamodb"), waiting(table)
    for start in range(0, len(ids), _AT_ONCE):
        keys = [{"pk": {"S": f"record:{id}"}, "sk": {"S": "record"}} for id in ids[start : start + _AT_ONCE]]
        items = [client.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"] for key in keys]
        app.project({"Records": [change(item) for item in items]}, None)
    return len(ids)


def change(item: Any) -> dict[str, Any]:
    """A Record as the stream would bring it."""
    keys = {name: item[name] for name in ("pk", "sk")}
    stream = {"Keys": keys, "NewImage": item, "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_IMAGE"}
    about = {"eventID": "1", "eventName": "INSERT", "awsRegion": "x", "eventSourceARN": "arn:aws:dynamodb:x:1:table/t"}
    return about | {"dynamodb": stream | {"ApproximateCreationDateTime": 1}}


if __name__ == "__main__":
    print(f"{refile(table_name()):,} Records were handed to the consumer")
