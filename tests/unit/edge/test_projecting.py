"""The consumer's transactions never hold more than DynamoDB takes."""

from collections.abc import Callable, Sequence

import pytest
from chalice.app import DynamoDBEvent

from chalicelib.edge import events
from chalicelib.kernel.record import Record
from chalicelib.table import keys
from chalicelib.table.commit import WRITES_MAX, Failed
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


def refusing(monkeypatch: pytest.MonkeyPatch, place: int) -> list[Sequence[Write]]:
    """What is asked to be committed; the first time the item at ``place`` stands already."""
    asked: list[Sequence[Write]] = []

    def commit(writes: Sequence[Write]) -> None:
        asked.append(writes)
        if len(asked) == 1:
            raise Failed([(place, {})])

    monkeypatch.setattr(events, "commit", commit)
    return asked


@pytest.mark.parametrize(
    "marks", [lambda id: put(keys.entry("a", AT, id), {"points": 1}), lambda id: put(keys.filed(id), {"id": id})]
)
def test_a_record_whose_mark_stands_is_left_out(monkeypatch: pytest.MonkeyPatch, marks: Callable[[str], Write]) -> None:
    asked = refusing(monkeypatch, 1)
    events.project(
        DynamoDBEvent({"Records": [*map(change, range(3))]}, None), [lambda some: [marks(each.id) for each in some]]
    )
    assert asked == [[marks(id) for id in "012"], [marks(id) for id in "02"]]


def test_a_put_that_marks_nothing_ends_the_batch_and_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = refusing(monkeypatch, 0)
    with pytest.raises(KeyError):
        events.project(DynamoDBEvent({"Records": [change(0)]}, None), [lambda _: [put(Key("a", "b"), {"points": 1})]])
    assert len(asked) == 1
