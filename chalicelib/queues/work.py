"""Sending work to the queue, and what a message holds."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3

from chalicelib.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_AT_ONCE = 10  # SQS takes no more in one call


@lru_cache(maxsize=1)
def client() -> "SQSClient":
    return boto3.client("sqs")


def send(messages: Iterable[dict[str, Any]]) -> None:
    """Each message at least once. Raises RuntimeError where SQS took only some: send them all again."""
    bodies = [json.dumps(message) for message in messages]
    for start in range(0, len(bodies), _AT_ONCE):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + _AT_ONCE])]
        answer = client().send_message_batch(QueueUrl=settings().buy_back_queue_url, Entries=entries)  # type: ignore[arg-type]
        if answer.get("Failed"):
            raise RuntimeError(f"SQS refused {len(answer['Failed'])} messages")
