"""``python -m infra.dev.local.pumps``: everything that wakes the app besides HTTP, in one process of its own.

A process, not a thread of the server: it would share the server's interpreter lock, and it yields to requests.
"""

import importlib
import os
import signal
import threading
from functools import partial
from types import ModuleType
from typing import Any

import boto3
from botocore.config import Config
from chalice.app import CloudWatchEventConfig, DynamoDBEventConfig, SQSEventConfig

from infra.dev.gateway import lines
from infra.dev.gateway.events import Context
from infra.dev.local import schedules
from infra.dev.local.queues import QueuePump, url_of
from infra.dev.local.resources import positions_name
from infra.dev.local.stream import StreamPump
from infra.dev.local.uploads import Clients, UploadPump

_NICENESS = 10
_WORKERS = 4  # messages of a queue side by side, as Lambda would


def main() -> None:
    """Run the pumps of the app in APP_MODULE until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    os.nice(_NICENESS)
    module = importlib.import_module(os.environ.get("APP_MODULE", "app"))
    for pump in _upload_pumps(module, stop):
        threading.Thread(target=pump.run, daemon=True).start()
    for queue in _queue_pumps(module, stop):
        for _ in range(_WORKERS):
            threading.Thread(target=queue.run, daemon=True).start()
    schedules.start(module, stop)
    if hasattr(module, "resume"):  # queues of a killed run are gone: what waited in them is sent again
        threading.Thread(target=schedules.fire, args=(module, "resume"), daemon=True).start()
    consumers = [threading.Thread(target=pump.run) for pump in _stream_pumps(module, stop)]
    for consumer in consumers:
        consumer.start()
    stop.wait()
    for consumer in consumers:
        consumer.join()  # a batch that has begun is finished


def _stream_pumps(module: ModuleType, stop: threading.Event) -> list[StreamPump]:
    """One for each consumer of the stream, so that none waits for another."""
    names = [_handler(each) for each in module.app.event_sources if isinstance(each, DynamoDBEventConfig)]
    table = os.environ["TABLE_NAME"]

    def handle(name: str, event: dict[str, Any]) -> Any:
        return getattr(module, name)(event, Context())

    return [
        StreamPump(
            # dynoxide's shard ids are shorter than boto3 allows
            streams=boto3.client("dynamodbstreams", config=Config(parameter_validation=False)),
            dynamodb=boto3.client("dynamodb"),
            table=table,
            positions=positions_name(table),
            consumer=name,
            consumers=names,
            handle=partial(handle, name),
            stop=stop,
        )
        for name in names
    ]


def _handler(source: DynamoDBEventConfig) -> str:
    return str(source.handler_string.rpartition(".")[2])


def _queue_pumps(module: ModuleType, stop: threading.Event) -> list[QueuePump]:
    found = [each for each in module.app.event_sources if isinstance(each, SQSEventConfig)]
    sqs = boto3.client("sqs")
    return [QueuePump(sqs, url_of(str(each.queue_arn)), each, module, stop) for each in found]


def _upload_pumps(module: ModuleType, stop: threading.Event) -> list[UploadPump]:
    found = [each for each in module.app.event_sources if isinstance(each, CloudWatchEventConfig)]
    triggers = [each for each in found if each.event_pattern.get("source") == ["aws.s3"]]
    if not triggers:
        return []
    clients = Clients(boto3.client("s3"), boto3.client("sqs"), boto3.client("events"), boto3.client("dynamodb"))
    bucket, positions = os.environ["DOCUMENTS_BUCKET"], positions_name(os.environ["TABLE_NAME"])
    return [UploadPump(clients, bucket, positions, each, module, stop) for each in triggers]


if __name__ == "__main__":
    lines.show()
    main()
