"""What a Decision leaves on its Record."""

from datetime import UTC, datetime

import pytest

from chalicelib.kernel.caller import Caller
from chalicelib.kernel.decision import Command, Decision, record_item
from chalicelib.kernel.fields import Empty

COMMAND = Command(Caller("sub", "exchange"), Empty(), "id", datetime(2026, 1, 31, 8, tzinfo=UTC))


@pytest.mark.parametrize("publish", [True, False])
def test_a_record_is_published_where_its_decision_says_so(publish: bool) -> None:
    record = record_item(COMMAND, Decision("kind", Empty(), publish=publish), 200, "print")
    assert record.get("publish", False) is publish
    assert not {"movement", "postings"} & record.keys()
