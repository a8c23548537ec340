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


def trip(number: int, scenario: str) -> Item:
    found = change(number)
    image = found["dynamodb"]["NewImage"]
    image["summed"], image["scenario"] = {"BOOL": True}, {"S": scenario}
    return found


def test_trips_share_a_transaction_as_far_as_it_has_room_for_their_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    committed: list[Sequence[Write]] = []
    monkeypatch.setattr(events, "commit", committed.append)
    monkeypatch.setattr(events, "load", lambda _, item: made(id=item["pk"][7:], scenario=item["scenario"], form=1))
    codes = [f"s{number % 7}" for number in range(300)]
    batch = {"Records": [trip(number, code) for number, code in enumerate(codes)]}

    def shared(records: Sequence[Record]) -> list[Write]:
        sums = {f"{record.scenario}/{n}" for record in records for n in range(4)} | {f"all/{n}" for n in range(6)}
        return [put(Key(record.id, "x"), {"id": record.id}) for record in records] + [
            put(Key(s, "x"), {}) for s in sums
        ]

    events.project(DynamoDBEvent(batch, None), [shared])
    assert len(committed) == 4
    assert max(map(len, committed)) <= WRITES_MAX
    assert sum(write.key.sk == "x" and "/" not in write.key.pk for writes in committed for write in writes) == 300


def test_what_is_cleared_is_cleared_again_when_the_batch_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process may have died between the two: then its Records are marked, and nothing else will clear them."""
    refusing(monkeypatch, 0)
    alone: list[Write] = []
    monkeypatch.setattr(events, "write_alone", alone.append)

    def clear(records: Sequence[Record]) -> list[Write]:
        return [put(Key(record.id, "account"), {}) for record in records]

    marks = [lambda some: [put(keys.filed(each.id), {"id": each.id}) for each in some]]
    events.project(DynamoDBEvent({"Records": [*map(change, range(3))]}, None), marks, clear)
    assert sorted(write.key.pk for write in alone) == ["0", "1", "2"]
