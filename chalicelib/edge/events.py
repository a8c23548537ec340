"""Events, each at least once: committed Records, projected exactly once, and files that arrive in the bucket."""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from chalice.app import CloudWatchEvent, DynamoDBEvent

from chalicelib.errors import Contended
from chalicelib.settings import settings
from chalicelib.table.commit import Failed, commit
from chalicelib.table.write import Item, Write, decode

# What a room makes of Records. A Write that puts an item marks its Record (``item["id"]``) as projected.
Projection = Callable[[Sequence[Item]], list[Write]]

_CHUNK = 16  # Records a transaction: at most 6 Writes each, 100 in all
_ATTEMPTS_MAX = 12


def project(event: DynamoDBEvent, projections: Sequence[Projection]) -> dict[str, Any]:
    """Apply the Records of a stream batch. Raises where one cannot be applied: the batch comes again."""
    records = list({record["id"]: record for record in _moved(event)}.values())
    for start in range(0, len(records), _CHUNK):
        _apply(records[start : start + _CHUNK], projections)
    return {"batchItemFailures": []}


def _moved(event: DynamoDBEvent) -> Iterable[Item]:
    for change in event:
        image = change.new_image
        if change.event_name == "INSERT" and image and image["sk"] == {"S": "record"} and "postings" in image:
            item = decode(image)
            assert item is not None
            yield item


def _apply(records: Sequence[Item], projections: Sequence[Projection]) -> None:
    """One transaction for all of ``records``; those already projected are left out, and a contended chunk is halved."""
    attempt = 0
    while records:
        writes = [write for projection in projections for write in projection(records)]
        try:
            commit(writes)
            return
        except Failed as failed:
            done = {writes[position].item["id"] for position, _ in failed.failures}
            records = [record for record in records if record["id"] not in done]
        except Contended:
            if len(records) > 1:
                middle = len(records) // 2
                _apply(records[:middle], projections)
                records = records[middle:]
            attempt += 1
            if attempt == _ATTEMPTS_MAX:
                raise
            time.sleep(random.uniform(0, min(0.5, 0.01 * 2**attempt)))


def arrived(event: CloudWatchEvent, receivers: Mapping[str, Callable[[str], None]]) -> None:
    """An object of the bucket was made: its key goes to the receiver of its folder. What raises comes again."""
    made: Mapping[str, Any] = event.detail
    if made["bucket"]["name"] != settings().documents_bucket:  # the rule hears of every bucket in the AWS account
        return
    for folder, receive in receivers.items():
        if made["object"]["key"].startswith(folder):
            receive(made["object"]["key"])
