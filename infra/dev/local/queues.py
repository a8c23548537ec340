"""The work queues with their dead letters; the pump that feeds the app's ``on_sqs_message`` handlers as Lambda does.

The emulator's queues do not survive a kill; the app remembers its work in the table and sends it again (``resume``,
which the pump also calls at its start).
"""

import json
import logging
import os
import threading
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chalice.app import SQSEventConfig

from infra.dev.gateway.events import Context

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_VISIBILITY_SECONDS, _POLL_SECONDS, _TRIES = 30, 1, 5
_log = logging.getLogger("queues")


# and what the settings that name it begin with
NAMES = {"buy-back": "BUY_BACK_QUEUE", "webhooks": "WEBHOOK_QUEUE", "books": "BOOKS_QUEUE", "batches": "BATCH_QUEUE"}


def ensure(client: "SQSClient") -> dict[str, str]:
    """Every queue and its dead-letter queue; the settings that name them."""
    made = ((setting, _ensure(client, name)) for name, setting in NAMES.items())
    return {key: value for setting, url in made for key, value in _named(client, setting, url).items()}


def url_of(arn: str) -> str:
    """Where the queue of a trigger is, as the settings say."""
    [setting] = [setting for setting in NAMES.values() if os.environ.get(f"{setting}_ARN") == arn]
    return os.environ[f"{setting}_URL"]


def _named(client: "SQSClient", setting: str, url: str) -> dict[str, str]:
    return {f"{setting}_URL": url, f"{setting}_ARN": _arn(client, url)}


def _ensure(client: "SQSClient", name: str) -> str:
    dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": _arn(client, dead), "maxReceiveCount": str(_TRIES)})
    attributes: Any = {"VisibilityTimeout": str(_VISIBILITY_SECONDS), "RedrivePolicy": redrive}
    return client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def _arn(client: "SQSClient", url: str) -> str:
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@dataclass(frozen=True)
class QueuePump:
    """Feeds one handler from its queue."""

    client: "SQSClient"
    url: str
    trigger: SQSEventConfig
    module: ModuleType
    stop: threading.Event

    def run(self) -> None:
        """Pump until a stop is requested. A message is deleted only when the handler has not named it as failed."""
        while not self.stop.is_set():
            try:
                self._poll()
            except Exception as error:  # noqa: BLE001 (the queue brings a message again)
                _log.warning("queue %s: %s: %s; trying again", self.trigger.name, type(error).__name__, error)
                self.stop.wait(1.0)

    def _poll(self) -> None:
        answer = self.client.receive_message(
            QueueUrl=self.url, WaitTimeSeconds=_POLL_SECONDS, MaxNumberOfMessages=self.trigger.batch_size
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        event = {"Records": [self._record(message) for message in messages]}
        failed = getattr(self.module, self.trigger.handler_string.rpartition(".")[2])(event, Context())
        kept = {each["itemIdentifier"] for each in failed["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in kept:
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def _record(self, message: Any) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": str(self.trigger.queue_arn),
            "awsRegion": "us-east-1",
        }
