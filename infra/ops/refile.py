"""``python -m infra.ops.refile [--all | --rebuild | --since TIME]``: hand the consumers' own code what the stream lost.

It runs in this process. The stream loses a Record when its 24 hours are over, or when Lambda gives up on a batch.
Handed over are those that an account still waits for; with ``--all``, which reads the whole table once, every Record
that moved something and bears no mark of projection: those that no account waits for, too; with ``--rebuild`` the same,
after projections and totals of accounts were deleted, and with what Records summed themselves; with ``--since`` every
Record since TIME (UTC) that moved something or is published, because reactions leave no mark. Projection and reactions
both get them. Each has its effect once, whether or not the stream brings it as well, and however often this is run.

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
_SHOWN_MAX = 20
_RECORD = "record"
# Records that moved something, and the consumer's marks: of all others nothing is sent.
_SOUGHT = "(sk = :record AND attribute_exists(movement)) OR sk = :filed OR begins_with(sk, :entry)"
_SPOKEN = {":record": {"S": _RECORD}, ":filed": {"S": "filed"}, ":entry": {"S": "entry:"}}
_FOLLOWED = "sk = :record AND #at >= :since AND (attribute_exists(movement) OR attribute_exists(publish))"


def waiting(table: str) -> list[str]:
    """The ids of the Records that accounts wait for."""
    scan = boto3.client("dynamodb").get_paginator("scan").paginate
    pages = scan(TableName=table, FilterExpression="attribute_exists(unfiled)", ProjectionExpression="unfiled")
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
        id = _record(item)
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
    """The ids of the Records that moved something and are not marked as projected. ``read`` gets the number of items.

    Not strongly consistent, which would cost twice as much: a mark that is missed has its Record handed over for
    nothing, and a Record that is missed is so new that the stream still has it.
    """
    client, found, lock = boto3.client("dynamodb"), Unmarked(), threading.Lock()

    def walk(segment: int) -> None:
        pages = client.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression=_SOUGHT,
            ProjectionExpression="pk, sk, #id, #at",
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


def since(table: str, time: str) -> list[str]:
    """The ids of the Records since ``time`` that reactions get, the oldest first. Reads the whole table."""
    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=table,
            FilterExpression=_FOLLOWED,
            ProjectionExpression="pk, sk, #at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":record": {"S": _RECORD}, ":since": {"S": time}},
        )
    )
    found = [(item["at"]["S"], _record(item)) for page in pages for item in page["Items"]]
    return [id for _, id in sorted(found)]


def refile(table: str, ids: Sequence[str], handed: Tell = lambda _: None, *, rebuild: bool = False) -> list[str]:
    """Project these Records and react to them; the ids of those that a reaction failed for.

    If a projection raises, the Records before its batch are done; ``handed`` gets their number. ``rebuild``: see above.
    """
    import app  # reads the environment

    failed: list[str] = []
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        items = _records(table, some)
        for item in items.values() if rebuild else ():
            item.pop("summed", None)
        event = {"Records": [change(items[id], str(place)) for place, id in enumerate(some)]}
        app.project(event, None)
        failed += [some[int(each["itemIdentifier"])] for each in app.react(event, None)["batchItemFailures"]]
        handed(len(some))
    return failed


def _records(table: str, ids: Sequence[str]) -> dict[str, Any]:
    """The Records, as DynamoDB has them."""
    client, found = boto3.client("dynamodb"), dict[str, Any]()
    wanted: Any = {table: {"Keys": [{"pk": {"S": f"record:{id}"}, "sk": {"S": _RECORD}} for id in ids]}}
    wanted[table]["ConsistentRead"] = True
    while wanted:  # an answer holds 16 MB
        answer = client.batch_get_item(RequestItems=wanted)
        found |= {_record(item): item for item in answer["Responses"].get(table, [])}
        wanted = answer.get("UnprocessedKeys")
    return found


def _record(item: Any) -> str:
    """The id of a Record, or of that which a mark is of; some bear it in their key alone."""
    return str((item.get("id") or item["pk" if item["sk"]["S"] == _RECORD else "sk"])["S"].rpartition(":")[2])


def change(item: Any, place: str = "1") -> dict[str, Any]:
    """A Record as the stream would bring it, ``place`` being its number there."""
    keys = {name: item[name] for name in ("pk", "sk")}
    stream = {"Keys": keys, "NewImage": item, "SequenceNumber": place, "SizeBytes": 1, "StreamViewType": "NEW_IMAGE"}
    about = {"eventID": "1", "eventName": "INSERT", "awsRegion": "x", "eventSourceARN": "arn:aws:dynamodb:x:1:table/t"}
    return about | {"dynamodb": stream | {"ApproximateCreationDateTime": 1}}


def main(arguments: list[str]) -> None:
    """Raises SystemExit with one line where there is nothing to read, or where reactions failed."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.refile", description=(__doc__ or "").partition("\n")[0])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="read the whole table: also what no account waits for")
    which.add_argument("--rebuild", action="store_true", help="the same, after projections and totals were deleted")
    which.add_argument("--since", metavar="TIME", help="what reactions lost: every Record since 2026-01-31T08:00 (UTC)")
    asked = parser.parse_args(arguments)
    if stage := target.named_stage():
        target.take_settings(stage)
    table = target.table_name()
    print(f"Reading {table}", flush=True)
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        with target.in_one_line(table):
            ids = _sought(table, progress, asked)
        handing = progress.add_task("handed over", total=len(ids))
        failed = refile(table, ids, lambda count: progress.advance(handing, count), rebuild=asked.rebuild)
    print(f"{len(ids):,} Records were handed to the consumers")
    if failed:
        sys.exit(f"Reactions failed for {len(failed):,} of them: {', '.join(failed[:_SHOWN_MAX])}")


def _sought(table: str, progress: Progress, asked: argparse.Namespace) -> list[str]:
    if not (asked.all or asked.rebuild):
        return since(table, asked.since) if asked.since else waiting(table)
    about = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
    reading = progress.add_task("read", total=about.get("ItemCount") or None)  # as of some hours ago
    return unmarked(table, lambda count: progress.advance(reading, count))


if __name__ == "__main__":
    main(sys.argv[1:])
