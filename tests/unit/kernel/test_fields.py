"""Times as RFC 3339 writes them, in a span whose texts sort as the times do."""

import re
from datetime import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from chalicelib.kernel.fields import Moment, stamp

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
PATTERN = MOMENT.json_schema()["pattern"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00.000Z"),
        ("2026-01-31t08:00:00.1234567z", "2026-01-31T08:00:00.123Z"),
        ("2026-01-31T08:00:00+08:00", "2026-01-31T00:00:00.000Z"),
        ("1971-01-01T00:00:00Z", "1971-01-01T00:00:00.000Z"),
        ("9998-12-31T23:59:59-00:00", "9998-12-31T23:59:59.000Z"),
        ("9998-12-31T23:59:59.999999Z", "9998-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_kept_in_utc_to_the_millisecond(sent: str, kept: str) -> None:
    assert re.search(PATTERN, sent)
    assert stamp(MOMENT.validate_python(sent)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "9998-12-31T23:59:59-00:01",
        "9998-12-31T12:00:00-12:00",
        "9999-12-31T23:59:59-23:59",
        "9999-01-01T00:00:00Z",
        "1970-12-31T23:59:59Z",
        "1971-01-01T00:00:00+08:00",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_the_year_is_that_in_utc(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MOMENT.validate_python(text)
    assert caught.value.errors()[0]["type"] == "time_range"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31", "2026-01-31T08:00:00", "1767225600", "2026-01-31 08:00:00Z", "2026-13-01T08:00:00Z",
        "2026-01-32T08:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T08:60:00Z", "2026-01-31T08:00:60Z",
        "2026-01-31T08:00:00+24:00", "2026-01-31T08:00:00,5Z", "２026-01-31T08:00:00Z", "1970-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_such_time_does_not_fit_the_published_pattern_either(text: str) -> None:
    assert not re.search(PATTERN, text)
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)
