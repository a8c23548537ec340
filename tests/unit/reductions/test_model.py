"""Factors and days."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reductions.model import day, saved
from chalicelib.reductions.transfers import conversion

DECIMALS = st.decimals(0, 999_999_999, places=6).map(lambda number: f"{number:f}")


@pytest.mark.parametrize(
    ("quantity", "factor", "grams"),
    [
        ("1", "71", 71), ("12.5", "71", 887), ("0.1", "0.1", 0), ("0.999999", "1", 0), ("1.000001", "999999", 999999),
        ("999999999.999999", "999999999.999999", 999999999999998000),
    ],
)  # fmt: skip
def test_grams_are_quantity_times_factor_rounded_down(quantity: str, factor: str, grams: int) -> None:
    assert saved(quantity, factor) == grams


@given(DECIMALS, DECIMALS)
def test_rounding_down_never_gives_more_and_never_a_whole_gram_less(quantity: str, factor: str) -> None:
    numerator = int(Decimal(quantity).scaleb(6)) * int(Decimal(factor).scaleb(6))
    assert saved(quantity, factor) == numerator // 10**12


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2024, 1, 14, 15, 59, 59, 999999, UTC), "20240114"),
        (datetime(2024, 1, 14, 16, 0, tzinfo=UTC), "20240115"),
        (datetime(2024, 1, 15, 15, 59, 59, tzinfo=UTC), "20240115"),
        (datetime(2024, 2, 28, 16, 0, tzinfo=UTC), "20240229"),
        (datetime(2024, 12, 31, 16, 0, tzinfo=UTC), "20250101"),
        (datetime(2024, 1, 15, 0, 0, tzinfo=timezone(timedelta(hours=8))), "20240115"),
        (datetime(2024, 1, 14, 23, 0, tzinfo=timezone(timedelta(hours=-11))), "20240115"),
    ],
)
def test_a_day_begins_at_midnight_in_shanghai(moment: datetime, expected: str) -> None:
    assert day(moment) == expected


def test_a_conversion_issues_as_many_grams_as_points() -> None:
    changes = conversion("alice", 7100).changes()
    assert changes["account:alice"] == {"points": 7100}
    assert changes["system:pool"] == {"grams": 7100, "points": -7100}
    assert changes["system:issued"] == {"grams": -7100}
