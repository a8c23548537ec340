"""S3 → EventBridge → the app's ``on_cw_event`` handlers, through a queue in the emulator.

The emulator's queue does not survive a kill, its objects do: so at each start, and each time the emulator was away, the
handlers get every object again that is younger than the last time the queue was known to be empty. They may get an
object twice, as on AWS.
"""

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chalice.app import CloudWatchEventConfig

from infra.dev.gateway.events import Context

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_POLL_SECONDS = 1  # the emulator, asked to stop, waits for the poll to end
_RETRY_SECONDS = 5  # how long a failed event stays hidden in the queue
_SLACK_SECONDS = 60  # clocks, and events on their way from the bucket to the queue
_log = logging.getLogger("uploads")


@dataclass(frozen=True)
class Clients:
    s3: "S3Client"
    sqs: "SQSClient"
    events: "EventBridgeClient"
    dynamodb: "DynamoDBClient"


@dataclass(frozen=True)
class UploadPump:
    """Feeds one handler from one queue."""

    clients: Clients
    bucket: str
    positions: str
    trigger: CloudWatchEventConfig
    module: ModuleType
    stop: threading.Event

    def run(self) -> None:
        """Pump until a stop is requested; what fails is tried again."""
        while not self.stop.is_set():
            try:
                queue = self._connect()
                self._tell_again()
                while not self.stop.is_set():
                    self._poll(queue)
            except Exception as error:  # noqa: BLE001 (an event is never dropped)
                _log.warning("uploads: %s: %s; trying again", type(error).__name__, error)
                self.stop.wait(1.0)

    def _connect(self) -> str:
        name = self.trigger.name
        url = self.clients.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": str(_RETRY_SECONDS)})[
            "QueueUrl"
        ]
        arn = self.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.clients.events.put_rule(Name=name, EventPattern=json.dumps(self.trigger.event_pattern))
        self.clients.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        return url

    def _poll(self, queue: str) -> None:
        asked = time.time()
        answer = self.clients.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=_POLL_SECONDS, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            try:
                self._handle(json.loads(message["Body"]))
            except Exception as error:  # noqa: BLE001 (the app's own log line has it)
                _log.warning("uploads: %s: %s; the event is retried", type(error).__name__, error)
                continue
            self.clients.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        if not messages:
            self._note_empty(queue, asked)

    def _handle(self, event: dict[str, Any]) -> None:
        getattr(self.module, self.trigger.handler_string.rpartition(".")[2])(event, Context())

    def _note_empty(self, queue: str, asked: float) -> None:
        hidden = self.clients.sqs.get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )
        if hidden["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0":
            until = {"N": str(int(asked) - _SLACK_SECONDS)}
            self.clients.dynamodb.put_item(TableName=self.positions, Item=self._key() | {"until": until})

    def _key(self) -> dict[str, Any]:
        return {"pk": {"S": f"uploads#{self.trigger.name}"}}

    def _tell_again(self) -> None:
        kept = self.clients.dynamodb.get_item(TableName=self.positions, Key=self._key(), ConsistentRead=True).get(
            "Item"
        )
        since = int(kept["until"]["N"]) if kept else 0
        for event in self._created_since(since):
            try:
                self._handle(event)
            except Exception as error:  # noqa: BLE001 (the app's own log line has it)
                key = event["detail"]["object"]["key"]
                _log.warning("uploads: %s: %s: %s; it is retried at the next start", key, type(error).__name__, error)

    def _created_since(self, since: int) -> Iterator[dict[str, Any]]:
        wanted = _prefixes(self.trigger.event_pattern)
        for page in self.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for found in page.get("Contents", []):
                if found["LastModified"].timestamp() >= since and found["Key"].startswith(wanted):
                    what = {"key": found["Key"], "size": found["Size"], "etag": found["ETag"].strip('"')}
                    yield {
                        "version": "0",
                        "id": str(uuid.uuid4()),
                        "source": "aws.s3",
                        "detail-type": "Object Created",
                        "account": "000000000000",
                        "region": self.clients.s3.meta.region_name,
                        "time": found["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "resources": [f"arn:aws:s3:::{self.bucket}"],
                        "detail": {"version": "0", "bucket": {"name": self.bucket}, "object": what},
                    }


def _prefixes(pattern: dict[str, Any]) -> tuple[str, ...]:
    """The beginnings of the keys that the handler asked for; the empty one if it asked for all."""
    keys = pattern.get("detail", {}).get("object", {}).get("key", [])
    return tuple(each["prefix"] for each in keys if isinstance(each, dict) and "prefix" in each) or ("",)
