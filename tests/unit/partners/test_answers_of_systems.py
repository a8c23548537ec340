"""What the answer of a merchant's system means (Standard Webhooks 1.0)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.partners.model import RETRY_AFTER_SECONDS_MAX, Outcome, outcome, retry_after
from tests.unit.decisions import NOW

DATE = "Sat, 31 Jan 2026 08:01:00 GMT"  # a minute after NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    assert outcome(status, {"retry-after": "60"}, NOW) == Outcome()


def test_410_wants_no_more_webhooks() -> None:
    assert outcome(410, {"retry-after": "60"}, NOW) == Outcome("gone", gone=True)


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_overloaded_may_ask_for_time(status: int) -> None:
    assert outcome(status, {"retry-after": "120"}, NOW) == Outcome("status", pause_seconds=120)
    assert outcome(status, {}, NOW) == Outcome("status")


@pytest.mark.parametrize("status", [100, 199, 400, 404, 500, 502])
def test_others_are_tried_again_at_our_own_pace(status: int) -> None:
    assert outcome(status, {"retry-after": "120"}, NOW) == Outcome("status")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("86401", RETRY_AFTER_SECONDS_MAX),
        ("999999999999999999", RETRY_AFTER_SECONDS_MAX),
        (DATE, 61),
        ("Saturday, 31-Jan-26 08:01:00 GMT", 61),
        ("Sat Jan 31 08:01:00 2026", 61),
        ("Sat, 31 Jan 2026 07:59:00 GMT", 0),
        ("Fri, 31 Jan 2099 08:00:00 GMT", RETRY_AFTER_SECONDS_MAX),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("1.5", 0),
        ("１２", 0),
        ("9" * 400, 0),
        ("Sat, 99 Foo 2026 08:01:00 GMT", 0),
        ("Sat, 31 Jan 99999999999999999999 08:01:00 GMT", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_at_most_a_day(text: str, seconds: int) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text(), st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))
def test_whatever_a_system_sends_gives_a_pause_within_bounds(text: str, now: datetime) -> None:
    assert 0 <= retry_after(text, now.replace(tzinfo=UTC)) <= RETRY_AFTER_SECONDS_MAX


@given(st.integers(1, 3 * 24 * 3600))
def test_a_date_is_never_understood_as_earlier_than_it_is(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    assert retry_after(f"{moment:%a, %d %b %Y %H:%M:%S} GMT", NOW) >= min(seconds, RETRY_AFTER_SECONDS_MAX)
