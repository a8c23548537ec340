"""An account to deploy to: the emulator, and what Lambda would do there with streams and queues."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from infra.dev.local import engines, settings
from infra.here import REGION


@contextmanager
def account(folder: Path) -> Iterator["Session"]:
    """A session in an empty account, whose services all answer at one address."""
    (folder / "ministack").mkdir()
    engine = engines.ministack(replace(settings.read(), data=folder))
    with open(folder / "ministack.log", "wb") as log:
        process = subprocess.Popen(engine.command, env=os.environ | dict(engine.env), stdout=log, stderr=log)
    try:
        assert engines.wait(engine, lambda: process.poll() is None)
        yield Session(engine.url)
    finally:
        process.terminate()
        process.wait()


class Session(boto3.Session):
    """Its clients find the emulator without a variable of the environment."""

    def __init__(self, url: str) -> None:
        super().__init__("test", "test", region_name=REGION)
        self.url = url

    def client(self, *arguments: Any, **options: Any) -> Any:
        return super().client(*arguments, **{"endpoint_url": self.url} | options)


def functions(session: "Session") -> dict[str, dict[str, Any]]:
    """What Lambda knows of each function, by handler: ``project`` for one."""
    found = session.client("lambda").list_functions()["Functions"]
    return {each["Handler"].removeprefix("app."): each for each in found}


def quiet(session: "Session") -> None:
    """The emulator would run functions itself where it can; here the test delivers, so that it knows when."""
    client = session.client("lambda")
    for each in client.list_event_source_mappings()["EventSourceMappings"]:
        client.update_event_source_mapping(UUID=each["UUID"], Enabled=False)


def changes(session: "Session", stream_arn: str) -> list[dict[str, Any]]:
    """The whole stream so far, as Lambda's events have it."""
    streams: Any = session.client("dynamodbstreams")
    records: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"]:
        start = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        place = streams.get_shard_iterator(StreamArn=stream_arn, **start).get("ShardIterator")
        while place and (page := streams.get_records(ShardIterator=place))["Records"]:
            records += page["Records"]
            place = page.get("NextShardIterator")
    return [_record(each, stream_arn) for each in records]


def _record(record: Any, stream_arn: str) -> dict[str, Any]:
    at = record["dynamodb"]["ApproximateCreationDateTime"].timestamp()
    image = record["dynamodb"] | {"ApproximateCreationDateTime": at}
    return dict(record) | {"dynamodb": image, "eventSourceARN": stream_arn}


def messages(session: "Session", url: str, count: int) -> list[dict[str, Any]]:
    """Up to ``count`` messages as Lambda's events have them, taken from the queue."""
    sqs = session.client("sqs")
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=count).get("Messages", [])
    for each in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return [
        {"messageId": each["MessageId"], "receiptHandle": each["ReceiptHandle"], "body": each["Body"], "attributes": {}}
        for each in found
    ]
