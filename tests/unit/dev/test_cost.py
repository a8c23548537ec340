"""What a month costs, from units that are given."""

import pytest

from infra.dev.bench import bill, prices

TRIP = {"trip": bill.Kind(write=6, projected=4, reads=1, bytes=1400)}


def test_cold_starts_are_billed_at_the_memory_of_their_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "INIT_SECONDS", 0.5)
    monkeypatch.setattr(prices, "COLD_SHARE", 0.02)
    monkeypatch.setattr(prices, "REQUEST_GB", 2.0)
    monkeypatch.setattr(prices, "CONSUMER_GB", 1.0)
    assert bill.initialised(1000, 100) == pytest.approx(1000 * 0.02 * 0.5 * 2.0 + 100 * 0.02 * 0.5 * 1.0)


def test_a_month_contains_the_cold_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bill.month(TRIP)
    row = before.rows["Lambda's initialisation"]
    assert row > 0
    monkeypatch.setattr(prices, "COLD_SHARE", 0.0)
    assert before.total - bill.month(TRIP).total == pytest.approx(row)


def test_a_month_contains_the_exports_of_a_table_that_grows() -> None:
    held = prices.DAY.accounts * 600 / 1e9
    average, changed = held + bill.grown(TRIP) / 2, prices.DAY.trips * (6 + 4) * 512 / 1e9
    rows = bill.month(TRIP).rows
    [whole] = [amount for name, amount in rows.items() if name.startswith("weekly export of the table")]
    [rest] = [amount for name, amount in rows.items() if name.startswith("daily export of what changed")]
    assert whole == pytest.approx(average * 30 / 7 * 0.10)
    assert rest == pytest.approx(changed * 30 * 6 / 7 * 0.10)
    exported = average / 7 + changed * 6 / 7
    accounts = prices.DAY.accounts
    assert {name: rows[name] for name in ("a week of exports in S3", "Lambda that counts them")} == pytest.approx(
        {
            "a week of exports in S3": (exported * prices.PACKED_SHARE + accounts * 40e-9) * 8 * 0.023,
            "Lambda that counts them": (exported * 1e9 / 600 * prices.ITEM_SECONDS + accounts * 15e-6)
            * 1.77 * 30 * 13.3334e-6,
        }
    )  # fmt: skip


def test_what_a_million_trips_leave_costs_a_seventh_of_daily_exports() -> None:
    """Whatever came before: what changed is paid for in its own month."""
    more = bill.kept(TRIP, "trip") - 1.4 * (0.25 + 0.20)
    assert more == pytest.approx(1.4 * 30 / 7 * 0.10, rel=0.1)
