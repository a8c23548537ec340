"""``python -m infra.ops.refile [--all]``: hand Records that the stream lost to its consumer's code, in this process.

The stream loses a Record when its 24 hours are over, or when Lambda gives up on a batch. Handed over are those that an
account still waits for. With ``--all`` the whole table is read, once, and handed over is every Record that moved
something and bears no mark of the consumer: those that no account waits for too, and all of them after the projections
were deleted. Each is projected once, whether or not the stream brings it as well, and however often this is run.

STAGE names a deployed stage: its consumer's settings are taken. Without it TABLE_NAME names the table, else it is the
local stack's in DATA. Where both are named, the table is that in TABLE_NAME.
"""

import argparse
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
from rich.console import Console
from rich.progress import Progress

from infra.ops import target
from infra.ops.audit import SEGMENTS

Tell = Callable[[int], None]
_AT_ONCE = 100  # as Lambda's batches are, and as many as one request reads
_RECORD = "record"
# Records that moved something, and the consumer's marks: of all others nothing is sent.
_SOUGHT = "(sk = :record AND attribute_exists(movement)) OR sk = :filed OR begins_with(sk, :entry)"
_SPOKEN = {":record": {"S": _RECORD}, ":filed": {"S": "filed"}, ":entry": {"S": "entry:"}}


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


@dataclass
class Unmarked:
    """Records without a mark among the items added so far, in any order.

    Kept is only what has not met its counterpart, some 200 bytes each: about half of all Records at a time, and all of
    them where there are no marks. The marks that stay are second lines.
    """

    records: dict[str, str] = field(default_factory=dict)  # times by ids
    marks: set[str] = field(default_factory=set)

    def add(self, item: Any) -> None:
        """A Record, or a mark: an item that bears the Record's id."""
        id = item["id"]["S"]
        if item["sk"]["S"] != _RECORD:
            if self.records.pop(id, None) is None:
                self.marks.add(id)
        elif id in self.marks:
            self.marks.discard(id)
        else:
            self.records[id] = item["at"]["S"]

    def ids(self) -> list[str]:
        """The oldest first, as the stream would bring them."""
        return sorted(self.records, key=lambda id: (self.records[id], id))


def unmarked(table: str, read: Tell = lambda _: None, segments: int = SEGMENTS) -> list[str]:
    """The ids of the Records that moved something and are not marked as projected. ``read`` is told of items.

    Not strongly consistent, which would cost twice as much: a mark that is missed has its Record handed over for
    nothing, and a Record that is missed is so new that the stream still has it.
    """
    client, found, lock = boto3.client("dynamodb"), Unmarked(), threading.Lock()

    def walk(segment: int) -> None:
        pages = client.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression=_SOUGHT,
            ProjectionExpression="sk, #id, #at",
            ExpressionAttributeNames={"#id": "id", "#at": "at"},
            ExpressionAttributeValues=_SPOKEN,
            Segment=segment,
            TotalSegments=segments,
        )
        for page in pages:
            with lock:
                for item in page["Items"]:
                    found.add(item)
            read(page["ScannedCount"])

    with ThreadPoolExecutor(segments) as pool:
        list(pool.map(walk, range(segments)))
    return found.ids()


def refile(table: str, ids: Sequence[str], handed: Tell = lambda _: None) -> None:
    """Project these Records. Where one of them raises, those before it are done; ``handed`` is told of them."""
    import app  # reads the environment

    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        items = _records(table, some)
        app.project({"Records": [change(items[id]) for id in some]}, None)
        handed(len(some))


def _records(table: str, ids: Sequence[str]) -> dict[str, Any]:
    """The Records, as DynamoDB has them."""
    client, found = boto3.client("dynamodb"), dict[str, Any]()
    wanted: Any = {table: {"Keys": [{"pk": {"S": f"record:{id}"}, "sk": {"S": _RECORD}} for id in ids]}}
    wanted[table]["ConsistentRead"] = True
    while wanted:  # an answer holds 16 MB
        answer = client.batch_get_item(RequestItems=wanted)
        found |= {item["id"]["S"]: item for item in answer["Responses"].get(table, [])}
        wanted = answer.get("UnprocessedKeys")
    return found


def change(item: Any) -> dict[str, Any]:
    """A Record as the stream would bring it."""
    keys = {name: item[name] for name in ("pk", "sk")}
    stream = {"Keys": keys, "NewImage": item, "SequenceNumber": "1", "SizeBytes": 1, "StreamViewType": "NEW_IMAGE"}
    about = {"eventID": "1", "eventName": "INSERT", "awsRegion": "x", "eventSourceARN": "arn:aws:dynamodb:x:1:table/t"}
    return about | {"dynamodb": stream | {"ApproximateCreationDateTime": 1}}


def main(arguments: list[str]) -> None:
    """Raises SystemExit with one line where there is nothing to read."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.refile", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="read the whole table: also what no account waits for")
    asked = parser.parse_args(arguments)
    if stage := target.named_stage():
        target.take_settings(stage)
    table = target.table_name()
    print(f"Reading {table}", flush=True)
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        with target.in_one_line(table):
            ids = _sought(table, progress) if asked.all else waiting(table)
        handing = progress.add_task("handed over", total=len(ids))
        refile(table, ids, lambda count: progress.advance(handing, count))
    print(f"{len(ids):,} Records were handed to the consumer")


def _sought(table: str, progress: Progress) -> list[str]:
    about = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    reading = progress.add_task("read", total=about.get("ItemCount") or None)  # as of some hours ago
    return unmarked(table, lambda count: progress.advance(reading, count))


if __name__ == "__main__":
    main(sys.argv[1:])
