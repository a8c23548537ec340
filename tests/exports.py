"""DynamoDB's point-in-time export of a World's table into moto's bucket, in the format of its manual; and its queue."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import boto3
import pytest

import app
from chalicelib.files import client
from chalicelib.queues import sender
from chalicelib.settings import settings
from tests.world import World

FILES = 3
_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/carbon-points-local/export/"


@dataclass
class Exports:
    """``asked`` are the requests, by token; an export is done after it was asked for ``patience`` times."""

    world: World
    s3: Any
    patience: int = 0
    fails: bool = False
    lost: bool = False  # what is sent from now on never arrives
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    looked: int = 0
    sent: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def export(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ExportTableToPointInTime."""
        assert (asked["ExportFormat"], asked["S3SseAlgorithm"]) == ("DYNAMODB_JSON", "KMS")
        if asked["ClientToken"] not in self.asked:
            self.asked[asked["ClientToken"]] = asked
            self.write(asked["S3Bucket"], asked["S3Prefix"], len(self.asked))
        number = [*self.asked].index(asked["ClientToken"]) + 1
        return {"ExportDescription": {"ExportArn": f"{_ARN}{self.name(number)}", "ExportStatus": "IN_PROGRESS"}}

    def describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeExport."""
        name = asked["ExportArn"].removeprefix(_ARN)
        request = [*self.asked.values()][int(name[:14]) - 1]
        found = {"ExportArn": asked["ExportArn"], "ExportTime": 1_769_799_600.0, "ExportStatus": "IN_PROGRESS"}
        if self.fails and name == self.name(1):
            found |= {"ExportStatus": "FAILED", "FailureCode": "S3NoSuchBucket", "FailureMessage": "no bucket"}
        elif self.looked >= self.patience:
            manifest = f"{request['S3Prefix']}/AWSDynamoDB/{name}/manifest-summary.json"
            found |= {"ExportStatus": "COMPLETED", "ExportManifest": manifest}
        self.looked += 1
        return {"ExportDescription": found}

    @staticmethod
    def name(number: int) -> str:
        return f"{number:014d}-a1b2c3d4"

    def write(self, bucket: str, prefix: str, number: int) -> None:
        """The table as it is now: files by the hash of the partition key, then the manifests."""
        folder, entries = f"AWSDynamoDB/{self.name(number)}", []
        for file in range(FILES):
            items = [each for each in self.world.items() if crc32(each["pk"]["S"].encode()) % FILES == file]
            lines = "".join(f"{json.dumps({'Item': each}, ensure_ascii=False)}\n" for each in items)
            key = f"{folder}/data/{file}kes5o3lnrhoznhnkyax3hxvya.json.gz"
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}", Body=gzip.compress(lines.encode()))
            entries.append({"itemCount": len(items), "md5Checksum": "sQMSpEILNgoQmarvDFonGQ==", "etag": "a-1",
                            "dataFileS3Key": key})  # fmt: skip
        for name, text in (
            ("_started", ""),
            ("manifest-files.json", "".join(f"{json.dumps(each)}\n" for each in entries)),
            ("manifest-summary.json", json.dumps({"manifestFilesS3Key": f"{folder}/manifest-files.json"})),
        ):
            self.s3.put_object(Bucket=bucket, Key=f"{prefix}/{folder}/{name}", Body=text.encode())

    def send(self, messages: list[dict[str, Any]], *, to: str = "", delay_seconds: int = 0) -> None:
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
    return made
