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
    before = bill.month(TRIP, batched=False)
    row = before.rows["Lambda's initialisation"]
    assert row > 0
    monkeypatch.setattr(prices, "COLD_SHARE", 0.0)
    assert before.total - bill.month(TRIP, batched=False).total == pytest.approx(row)
