"""Events, each at least once: committed Records, projected exactly once; files that arrive; messages of queues.

Each leaves one line: what it did, or ``failed`` (log.py).
"""

import functools
import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from chalice.app import CloudWatchEvent, DynamoDBEvent, SQSEvent

from chalicelib import lanes, log
from chalicelib.agenda.attempts import retrying
from chalicelib.errors import Contended, Unavailable
from chalicelib.kernel.record import Record
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.commit import WRITES_MAX, Failed, commit, write_alone
from chalicelib.table.row import load
from chalicelib.table.write import Write, decode

# What a room makes of Records. A Write that puts an item marks a Record as projected: see ``_marked``.
Projection = Callable[[Sequence[Record]], list[Write]]
# What else follows from Records, at least once: doing it again changes nothing.
Reaction = Callable[[Sequence[Record]], None]

_CHUNK = 16  # Records a transaction: as a rule at most 6 Writes each
_SUMS_OF_A_SCENARIO, _SUMS_OF_ALL = 4, 6  # Writes that trips share; a trip has one of its own
_ATTEMPTS_MAX, _WHOLE_ATTEMPTS = 12, 3


def project(
    event: DynamoDBEvent, projections: Sequence[Projection], clearing: Projection = lambda _: []
) -> dict[str, Any]:
    """Apply the Records of a stream batch that moved value, then ``clearing``.

    An exception makes the stream retry the whole batch.
    """
    with log.line("projected", function="project") as line:
        records = [record for _, record in _records(event, {"movement"})]
        for chunk in sorted(_chunks(records), key=lambda some: max(each.at for each in some)):
            _apply(chunk, projections)  # the newest Record last: the supply is as of its time
        _clear(clearing(records))
        if records:
            line.metrics |= {"Projected": len(records), "StreamLag": max(map(_age, records))}
    return {"batchItemFailures": []}


def _chunks(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Trips stand with those of their scenario: the more share its sums, the fewer Writes. No sum minds the order."""
    trips = sorted((each for each in records if each.form), key=lambda each: each.scenario or "")
    others = [each for each in records if not each.form]
    yield from (others[start : start + _CHUNK] for start in range(0, len(others), _CHUNK))
    chunk, scenarios = list[Record](), set[str | None]()
    for trip in trips:
        scenarios.add(trip.scenario)
        if len(chunk) + 1 + _SUMS_OF_A_SCENARIO * len(scenarios) + _SUMS_OF_ALL > WRITES_MAX:
            yield chunk
            chunk, scenarios = [], {trip.scenario}
        chunk.append(trip)
    if chunk:
        yield chunk


def _clear(writes: Sequence[Write]) -> None:
    """Each Write by itself, side by side: each waits for its own answer. Raises Contended, Unavailable."""
    with ThreadPoolExecutor(settings().batch_threads) as pool:
        list(pool.map(lambda write: retrying(lambda: write_alone(write)), writes))


def react(event: DynamoDBEvent, reactions: Sequence[Reaction]) -> dict[str, Any]:
    """Give the Records of a stream batch to each reaction, whether or not others fail.

    Names the Records that a reaction failed for: the stream brings the batch again from the first of them.
    """
    with log.line("reacted", function="react") as line:
        found = _records(event, {"movement", "publish"})
        records = [record for _, record in found]
        failed = {record.id for reaction in reactions for record in _failing(reaction, records)}
        line.metrics |= {"Reacted": len(records), "FailedReactions": len(failed)}
    return {"batchItemFailures": [{"itemIdentifier": at} for at, record in found if record.id in failed]}


def _failing(reaction: Reaction, records: Sequence[Record]) -> Sequence[Record]:
    """Those of ``records`` that ``reaction`` fails for. The batch is halved until each failing one stands alone.

    Where the store is away there is nothing to single out: all of them are retried.
    """
    if not records:
        return []
    middle = len(records) // 2
    try:
        reaction(records)
        return []
    except Exception as error:  # noqa: BLE001 - logged; the stream brings these Records again
        if not middle or isinstance(error, Unavailable):
            log.emit(log.FAILED, logging.ERROR, function="react", reaction=reaction.__module__, records=len(records))
            return records
    return [*_failing(reaction, records[:middle]), *_failing(reaction, records[middle:])]


def _age(record: Record) -> int:
    """Milliseconds since a Record was made."""
    made = datetime.fromisoformat(record.at)
    return max(0, round((datetime.now(UTC) - made).total_seconds() * 1000))  # clocks differ


def _records(event: DynamoDBEvent, marks: set[str]) -> list[tuple[str, Record]]:
    """The new Records that bear one of ``marks``, each once, behind their places in the stream."""
    found: dict[str, tuple[str, Record]] = {}
    for change in event:
        image = change.new_image
        if change.event_name == "INSERT" and image and image["sk"] == {"S": "record"} and marks & image.keys():
            item = decode(image)
            assert item is not None
            record = load(Record, item)
            found.setdefault(record.id, (change.sequence_number, record))
    return list(found.values())


def _apply(records: Sequence[Record], projections: Sequence[Projection]) -> None:
    """One transaction for all of ``records``; those already projected are left out.

    One that is too large (orders over many tills) is halved, and one contended in lane after lane: an account is busy.
    """
    attempt = 0
    while records:
        writes = [write for projection in projections for write in projection(records)]
        middle = len(records) // 2
        if len(writes) > WRITES_MAX and middle:
            _apply(records[:middle], projections)
            records = records[middle:]
            continue
        try:
            commit(writes)
            return
        except Failed as failed:
            done = {_marked(writes[position]) for position, _ in failed.failures}
            records = [record for record in records if record.id not in done]
        except Contended:
            lanes.leave()
            if middle and attempt >= _WHOLE_ATTEMPTS:
                _apply(records[:middle], projections)
                records = records[middle:]
            attempt += 1
            log.count("Retries")
            if attempt == _ATTEMPTS_MAX:
                raise
            time.sleep(random.uniform(0, min(0.5, 0.01 * 2**attempt)))


def _marked(write: Write) -> str:
    """The id of the Record that a put marks as projected: by a line, whose key has it, or by an item that bears it."""
    return str(keys.entry_record(write.key.sk) or write.item["id"])


def messages(event: SQSEvent, handle: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Messages of a queue, each on its own: those that failed are retried, and end in the dead-letter queue."""
    failed, ages = [], []
    with log.line("messages") as line:
        for record in event:
            message = record.to_dict()
            line.fields["queue"] = str(message.get("eventSourceARN", "")).rpartition(":")[2]
            ages.append(
                time.time() * 1000 - int(message.get("attributes", {}).get("SentTimestamp", time.time() * 1000))
            )
            try:
                handle(json.loads(record.body))
            except Exception:  # noqa: BLE001 - logged; the queue brings this one again
                log.emit(log.FAILED, logging.ERROR, queue=line.fields["queue"], message=message["messageId"])
                failed.append({"itemIdentifier": message["messageId"]})
        line.metrics |= {"MessageAge": max(0, round(max(ages, default=0))), "FailedMessages": len(failed)}
    return {"batchItemFailures": failed}


def woken(handler: Callable[[CloudWatchEvent], None]) -> Callable[[CloudWatchEvent], None]:
    """Declare what a schedule or an upload wakes. Its line is ``worked``: where there is none, it does not run."""

    @functools.wraps(handler)  # Chalice finds the function by its name
    def worked(event: CloudWatchEvent) -> None:
        with log.line("worked", function=handler.__name__):
            handler(event)

    return worked


def arrived(event: CloudWatchEvent, receivers: Mapping[str, Callable[[str], None]]) -> None:
    """An object of the bucket was made: its key goes to the receiver of its folder. An exception is retried."""
    made: Mapping[str, Any] = event.detail
    if made["bucket"]["name"] != settings().documents_bucket:  # the rule hears of every bucket in the AWS account
        return
    for folder, receive in receivers.items():
        if made["object"]["key"].startswith(folder):
            receive(made["object"]["key"])
