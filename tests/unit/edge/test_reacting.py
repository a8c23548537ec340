"""Each reaction gets its turn with every Record, whatever others do; only what failed is retried."""

from collections.abc import Callable, Sequence

import pytest
from chalice.app import DynamoDBEvent

from chalicelib.edge import events
from chalicelib.errors import Contended, Unavailable
from chalicelib.kernel.record import Record
from chalicelib.table.row import dump
from chalicelib.table.write import Item, Write, encode
from tests.unit.decisions import record as made

AT = "2026-01-31T08:00:00.000Z"
POISON = "3"


def change(number: int, **attributes: object) -> Item:
    """A new Record at the place ``1000 + number`` of the stream; without ``attributes`` it moved value."""
    attributes = attributes or {"movement": "m", "postings": []}
    record = {"pk": f"record:{number}", "sk": "record"} | dump(made(id=str(number), at=AT)) | attributes
    stream = {"Keys": {}, "NewImage": encode(record), "SequenceNumber": str(1000 + number), "SizeBytes": 1}
    about = {"eventID": "1", "eventName": "INSERT", "awsRegion": "x", "eventSourceARN": "arn:aws:dynamodb:x:1:table/t"}
    return about | {"dynamodb": stream | {"ApproximateCreationDateTime": 1, "StreamViewType": "NEW_IMAGE"}}


def batch(*changes: Item) -> DynamoDBEvent:
    return DynamoDBEvent({"Records": list(changes)}, None)


class Reaction:
    """Keeps the ids of the Records that it was through with; fails as it is asked."""

    def __init__(self, fails: Callable[[set[str]], Exception | None] = lambda _: None) -> None:
        self.fails, self.calls, self.done = fails, 0, list[str]()

    def __call__(self, records: Sequence[Record]) -> None:
        self.calls += 1
        ids = [record.id for record in records]
        if error := self.fails(set(ids)):
            raise error
        self.done += ids


def named(answer: Item) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), Contended()])
def test_one_record_that_a_reaction_fails_for_stops_no_other_record_and_no_other_reaction(error: Exception) -> None:
    before, poisoned, after = Reaction(), Reaction(lambda ids: error if POISON in ids else None), Reaction()
    answer = events.react(batch(*(change(n) for n in range(8))), [before, poisoned, after])
    assert named(answer) == ["1003"]
    everything = [str(n) for n in range(8)]
    assert before.done == after.done == everything
    assert poisoned.done == [id for id in everything if id != POISON]


def test_where_the_store_is_away_nothing_is_singled_out_and_everything_comes_again() -> None:
    away, other = Reaction(lambda _: Unavailable()), Reaction()
    answer = events.react(batch(*(change(n) for n in range(8))), [away, other])
    assert named(answer) == [str(1000 + n) for n in range(8)]
    assert away.calls == 1
    assert len(other.done) == 8


def test_a_record_that_two_reactions_fail_for_is_named_once_in_the_order_of_the_stream() -> None:
    first = Reaction(lambda ids: ValueError() if "5" in ids else None)
    second = Reaction(lambda ids: ValueError() if ids & {"1", "5"} else None)
    assert named(events.react(batch(*(change(n) for n in range(8))), [first, second])) == ["1001", "1005"]


def test_reactions_get_what_moved_value_or_is_published_once_each() -> None:
    silent, published = change(1, kind="k"), change(2, publish=True)
    removed = change(3) | {"eventName": "REMOVE"}
    reaction = Reaction()
    assert named(events.react(batch(change(0), silent, published, published, removed), [reaction])) == []
    assert reaction.done == ["0", "2"]


def test_projections_get_what_moved_value_only(monkeypatch: pytest.MonkeyPatch) -> None:
    projected: list[str] = []
    monkeypatch.setattr(events, "commit", lambda writes: None)

    def keep(records: Sequence[Record]) -> list[Write]:
        projected.extend(record.id for record in records)
        return []

    events.project(batch(change(0), change(1, kind="k"), change(2, publish=True)), [keep])
    assert projected == ["0"]


def test_a_reaction_is_not_called_for_nothing() -> None:
    reaction = Reaction()
    assert named(events.react(batch(change(1, kind="k")), [reaction])) == []
    assert reaction.calls == 0
