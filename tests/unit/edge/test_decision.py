"""What a Decision leaves on its Record."""

from datetime import UTC, datetime

import pytest

from chalicelib.kernel.caller import Caller
from chalicelib.kernel.decision import Command, Decision, record_of
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts, Posting, Record
from chalicelib.table.row import dump, load

COMMAND = Command(Caller("sub", "exchange"), Empty(), "id", datetime(2026, 1, 31, 8, tzinfo=UTC))


@pytest.mark.parametrize("publish", [True, False])
def test_a_record_is_published_where_its_decision_says_so(publish: bool) -> None:
    record = dump(record_of(COMMAND, Decision("kind", Empty(), publish=publish), 200, "print"))
    assert record.get("publish", False) is publish
    assert not {"movement", "postings"} & record.keys()


def test_a_record_holds_who_asked_for_what_and_the_answer() -> None:
    facts = Facts(movement="sweep", postings=(Posting("a", "b", 1, "points"),), limited=False)
    record = record_of(COMMAND, Decision("kind", Empty(), facts=facts), 201, "print")
    assert (record.id, record.at, record.kind) == ("id", "2026-01-31T08:00:00.000Z", "kind")
    assert (record.caller, record.role, record.status, record.answer) == ("sub", "exchange", 201, "{}")
    item = dump(record)
    assert (item["postings"], item["limited"]) == ([["a", "b", 1, "points"]], False)
    assert load(Record, item).postings == (Posting("a", "b", 1, "points"),)
