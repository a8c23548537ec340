"""``python -m infra.dev.local.pumps``: what wakes the app besides HTTP and the stream (consumers.py), in one process.

A process, not a thread of the server: it would share the server's interpreter lock, and it yields to requests.
"""

import importlib
import os
import signal
import threading
from types import ModuleType

import boto3
from chalice.app import CloudWatchEventConfig, SQSEventConfig

from infra.dev.gateway import lines
from infra.dev.local import schedules
from infra.dev.local.queues import QueuePump, url_of
from infra.dev.local.resources import positions_name
from infra.dev.local.uploads import Clients, UploadPump
from infra.dev.store import without_tokens

_NICENESS = 10  # requests come first, then the consumers
_WORKERS = 4  # messages of a queue side by side, as Lambda would


def main() -> None:
    """Run the pumps of the app in APP_MODULE until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    os.nice(_NICENESS)
    without_tokens()
    module = importlib.import_module(os.environ.get("APP_MODULE", "app"))
    for pump in _upload_pumps(module, stop):
        threading.Thread(target=pump.run, daemon=True).start()
    for queue in _queue_pumps(module, stop):
        for _ in range(_WORKERS):
            threading.Thread(target=queue.run, daemon=True).start()
    schedules.start(module, stop)
    if hasattr(module, "resume"):  # queues of a killed run are gone: what waited in them is sent again
        threading.Thread(target=schedules.fire, args=(module, "resume"), daemon=True).start()
    stop.wait()


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
