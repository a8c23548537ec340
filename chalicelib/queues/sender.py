"""Sending work to the queue, and what a message holds."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.deadline import guard
from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_AT_ONCE = 10  # SQS takes no more in one call
DELAY_SECONDS_MAX = 900  # nor holds a message back for longer
# A reaction sends too, and others wait for their turn meanwhile.
_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@lru_cache(maxsize=1)
def client() -> "SQSClient":
    made = boto3.client("sqs", config=_CONFIG)
    guard(made, "sqs")
    return made


def send(messages: Iterable[dict[str, Any]], *, to: str, delay_seconds: int = 0) -> None:
    """Each message at least once, to the queue at the URL ``to``.

    Raises Unavailable where SQS did not take them all: send them all again.
    """
    bodies = [json.dumps(message) for message in messages]
    for start in range(0, len(bodies), _AT_ONCE):
        entries: list[Any] = [
            {"Id": str(n), "MessageBody": body, "DelaySeconds": delay_seconds}
            for n, body in enumerate(bodies[start : start + _AT_ONCE])
        ]
        try:
            answer = client().send_message_batch(QueueUrl=to, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise Unavailable() from error
        if answer.get("Failed"):
            raise Unavailable()
