"""The consumer's transactions never hold more than DynamoDB takes."""

from collections.abc import Sequence

import pytest
from chalice.app import DynamoDBEvent

from chalicelib.edge import events
from chalicelib.kernel.record import Record
from chalicelib.table.commit import WRITES_MAX
from chalicelib.table.keys import Key
from chalicelib.table.row import dump
from chalicelib.table.write import Item, Write, encode, put
from tests.unit.decisions import record as made

RECORDS, WRITES_EACH = 40, 9
AT = "2026-01-31T08:00:00.000Z"


def change(number: int) -> Item:
    record = {"pk": f"record:{number}", "sk": "record"} | dump(made(id=str(number), at=AT, movement="m"))
    stream = {"Keys": {}, "NewImage": encode(record), "SequenceNumber": "1", "SizeBytes": 1}
    record = {"eventID": "1", "eventName": "INSERT", "awsRegion": "x", "eventSourceARN": "arn:aws:dynamodb:x:1:table/t"}
    return record | {"dynamodb": stream | {"ApproximateCreationDateTime": 1, "StreamViewType": "NEW_IMAGE"}}


def many(records: Sequence[Record]) -> list[Write]:
    return [put(Key(f"{record.id}/{n}", "x"), {"id": record.id}) for record in records for n in range(WRITES_EACH)]


def test_a_chunk_too_large_for_one_transaction_is_halved_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    committed: list[Sequence[Write]] = []
    monkeypatch.setattr(events, "commit", committed.append)
    events.project(DynamoDBEvent({"Records": [change(n) for n in range(RECORDS)]}, None), [many])
    assert max(len(writes) for writes in committed) <= WRITES_MAX
    written = [write.key for writes in committed for write in writes]
    assert len(written) == len(set(written)) == RECORDS * WRITES_EACH
