"""DynamoDB's point-in-time export of a World's table into moto's bucket, in the format of its manual; and its queue."""

import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from zlib import crc32

import boto3
import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.files import client
from chalicelib.queues import sender
from chalicelib.reconciliation import worker
from chalicelib.settings import settings
from tests.world import World

FILES = 3
Lines = list[tuple[str, dict[str, Any]]]
_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/carbon-points-local/export/"


@dataclass
class Exports:
    """``asked`` are the requests, by token; an export is done after it was asked for ``patience`` times."""

    world: World
    s3: Any
    patience: int = 0
    fails: tuple[int, ...] = ()  # which of them
    lost: bool = False  # what is sent from now on never arrives
    now: str | None = None  # what the worker takes for the time; else it is that of this machine
    refuses: bool = False  # whether exports of changes are refused
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[float, dict[tuple[str, str], Any]] = field(default_factory=dict)  # as they were at instants
    looked: int = 0
    sent: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def export(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ExportTableToPointInTime."""
        assert (asked["ExportFormat"], asked["S3SseAlgorithm"]) == ("DYNAMODB_JSON", "KMS")
        if asked["ClientToken"] not in self.asked:
            if self.refuses and "ExportType" in asked:
                error = {"Code": "InvalidExportTimeException", "Message": "outside of the window"}
                raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "Export")  # type: ignore[typeddict-item]
            self.asked[asked["ClientToken"]] = asked
            self.write(asked, len(self.asked))
        assert self.asked[asked["ClientToken"]] == asked  # or DynamoDB says that the token was used for another
        number = [*self.asked].index(asked["ClientToken"]) + 1
        return {"ExportDescription": {"ExportArn": f"{_ARN}{self.name(number)}", "ExportStatus": "IN_PROGRESS"}}

    def describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeExport."""
        name = asked["ExportArn"].removeprefix(_ARN)
        request = [*self.asked.values()][int(name[:14]) - 1]
        found = {"ExportArn": asked["ExportArn"], "ExportStatus": "IN_PROGRESS"}
        found |= {name: request[name] for name in ("ExportTime", "IncrementalExportSpecification") if name in request}
        if int(name[:14]) in self.fails:
            found |= {"ExportStatus": "FAILED", "FailureCode": "S3NoSuchBucket", "FailureMessage": "no bucket"}
        elif self.looked >= self.patience:
            manifest = f"{request['S3Prefix']}/AWSDynamoDB/{name}/manifest-summary.json"
            found |= {"ExportStatus": "COMPLETED", "ExportManifest": manifest}
        self.looked += 1
        return {"ExportDescription": found}

    @staticmethod
    def name(number: int) -> str:
        return f"{number:014d}-a1b2c3d4"

    def write(self, asked: dict[str, Any], number: int) -> None:
        """Of the table as it is now: files by the hash of the partition key, then the manifests."""
        bucket, prefix, folder = asked["S3Bucket"], asked["S3Prefix"], f"AWSDynamoDB/{self.name(number)}"
        data = "AWSDynamoDB/data" if "ExportType" in asked else f"{folder}/data"
        entries = []
        lines = self.changes(asked) if "ExportType" in asked else self.table(asked["ExportTime"])
        for file in range(FILES):
            some = [line for pk, line in lines if crc32(pk.encode()) % FILES == file]
            text = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in some)
            key = f"{data}/{number}{file}es5o3lnrhoznhnkyax3hxvya.json.gz"
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=gzip.compress(text.encode()))
            entries.append({"itemCount": len(some), "md5Checksum": "sQMSpEILNgoQmarvDFonGQ==", "etag": "a-1",
                            "dataFileS3Key": key})  # fmt: skip
        for name, text in (
            ("_started", ""),
            ("manifest-files.json", "".join(f"{json.dumps(each)}\n" for each in entries)),
            ("manifest-summary.json", json.dumps({"manifestFilesS3Key": f"{folder}/manifest-files.json"})),
        ):
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}/{folder}/{name}", Body=text.encode())

    def table(self, at: float) -> Lines:
        """All items; an export of changes may begin here."""
        self.tables[at] = {(each["pk"]["S"], each["sk"]["S"]): copy.deepcopy(each) for each in self.world.items()}
        return [(pk, {"Item": each}) for (pk, _), each in self.tables[at].items()]

    def changes(self, asked: dict[str, Any]) -> Lines:
        """What each item was at the one instant and is at the other, once, where that differs."""
        assert (asked["ExportType"], asked.get("ExportTime")) == ("INCREMENTAL_EXPORT", None)
        span = asked["IncrementalExportSpecification"]
        assert span["ExportViewType"] == "NEW_AND_OLD_IMAGES"
        assert 15 * 60 <= span["ExportToTime"] - span["ExportFromTime"] <= 24 * 3600
        before = self.tables[span["ExportFromTime"]]
        self.table(span["ExportToTime"])
        after = self.tables[span["ExportToTime"]]
        lines: Lines = []
        for pk, sk in sorted(before.keys() | after.keys()):
            images = {"OldImage": before.get((pk, sk)), "NewImage": after.get((pk, sk))}
            if images["OldImage"] != images["NewImage"]:
                keys = {"pk": {"S": pk}, "sk": {"S": sk}}
                line = {"Metadata": {"WriteTimestampMicros": {"N": "1769799599000000"}}, "Keys": keys}
                lines.append((pk, line | {name: image for name, image in images.items() if image}))
        return lines

    def send(self, messages: list[dict[str, Any]], *, to: str = "", delay_seconds: int = 0) -> None:
        if to != settings().books_queue_url:
            return
        self.sent += len(messages)
        self.queue += [] if self.lost else messages
        self.delays.append(delay_seconds)

    def deliver(self, message: dict[str, Any]) -> bool:
        """One message, as SQS brings it; whether it was worked on."""
        record = {
            "messageId": "1",
            "receiptHandle": "1",
            "body": json.dumps(message),
            "eventSourceARN": settings().books_queue_arn,
        }
        return not app.count_books({"Records": [record]}, None)["batchItemFailures"]

    def drain(self) -> None:
        """All messages, and those that they send; five tries each."""
        tries: dict[str, int] = {}
        while self.queue:
            message = self.queue.pop(0)
            if not self.deliver(message):
                name = json.dumps(message)
                tries[name] = tries.get(name, 0) + 1
                (self.queue if tries[name] < 5 else self.failed).append(message)


def exporting(world: World, monkeypatch: pytest.MonkeyPatch) -> Exports:
    """The World's books come from exports from now on."""
    monkeypatch.setenv("STAGE", "prod")
    settings.cache_clear()
    client.client.cache_clear()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=settings().documents_bucket)
    made = Exports(world, s3)
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "_ExportTableToPointInTime": made.export, "_DescribeExport": made.describe,
    }  # fmt: skip
    for name, answer in answers.items():
        monkeypatch.setattr(world.store, name, answer, raising=False)
    monkeypatch.setattr(sender, "send", made.send)

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(made.now).astimezone(tz) if made.now else datetime.now(tz)

    monkeypatch.setattr(worker, "datetime", Then)
    return made
