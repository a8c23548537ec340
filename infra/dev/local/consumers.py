"""``python -m infra.dev.local.consumers NAME``: one consumer of the table's stream, in a process of its own.

Consumers that shared an interpreter with each other, or with the queues' workers, fell behind a batch by minutes.
"""

import importlib
import os
import signal
import sys
import threading
from types import ModuleType
from typing import Any

import boto3
from chalice.app import DynamoDBEventConfig

from infra.dev.gateway import lines
from infra.dev.gateway.events import Context
from infra.dev.local.resources import positions_name
from infra.dev.local.settings import CONSUMERS
from infra.dev.local.stream import StreamPump, client
from infra.dev.store import without_tokens

_NICENESS = 5  # requests come first, and a file does not outrun what shows it


def main(name: str) -> None:
    """Feed the consumer ``name`` of the app in APP_MODULE until SIGTERM. A batch that has begun is finished."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    os.nice(_NICENESS)
    without_tokens()
    module = importlib.import_module(os.environ.get("APP_MODULE", "app"))
    consumer = threading.Thread(target=_pump(module, name, stop).run)
    consumer.start()
    stop.wait()
    consumer.join()


def _pump(module: ModuleType, name: str, stop: threading.Event) -> StreamPump:
    names = [_handler(each) for each in module.app.event_sources if isinstance(each, DynamoDBEventConfig)]
    if set(names) != set(CONSUMERS):
        raise ValueError(f"The app reads the stream with {names}; infra/release/cloud/triggers.py names {CONSUMERS}")
    table = os.environ["TABLE_NAME"]

    def handle(event: dict[str, Any]) -> Any:
        return getattr(module, name)(event, Context())

    return StreamPump(
        streams=client(),
        dynamodb=boto3.client("dynamodb"),
        table=table,
        positions=positions_name(table),
        consumer=name,
        consumers=names,
        handle=handle,
        stop=stop,
    )


def _handler(source: DynamoDBEventConfig) -> str:
    return str(source.handler_string.rpartition(".")[2])


if __name__ == "__main__":
    lines.show()
    main(sys.argv[1])
