"""Rules and scores of the carbon credit."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.credit import actions
from chalicelib.credit.model import CreditLevel, CreditRule, NewCreditRule, credit, score, window
from chalicelib.errors import InvalidRequest
from chalicelib.provenance.model import Coloured
from chalicelib.table import keys
from tests.unit.decisions import command, write_to

LEVELS = [{"name": "绿芽", "score_min": 10}, {"name": "绿叶", "score_min": 100}]
BODY: dict[str, Any] = {"window_months": 12, "weights": {"metro": "0.015"}, "levels": LEVELS}
RULE = CreditRule(
    version=3,
    window_months=12,
    weights={"metro": "0.015", "bus": "1"},
    levels=(CreditLevel(name="绿芽", score_min=10), CreditLevel(name="绿叶", score_min=100)),
    published_at="2026-01-01T00:00:00.000Z",
)


def earned(grams: int, scenario: str = "metro", month: str = "2026-01") -> Coloured:
    return Coloured(month=month, scenario=scenario, methodology="m", grams=grams)


@pytest.mark.parametrize(
    ("months", "now", "expected"),
    [
        (1, datetime(2026, 1, 31, tzinfo=UTC), ("2026-01", "2026-01")),
        (12, datetime(2026, 1, 31, tzinfo=UTC), ("2025-02", "2026-01")),
        (13, datetime(2026, 1, 31, tzinfo=UTC), ("2025-01", "2026-01")),
        (1, datetime(2026, 1, 31, 16, tzinfo=UTC), ("2026-02", "2026-02")),  # midnight in Shanghai
    ],
)
def test_the_window_ends_with_the_present_month_in_shanghai(
    months: int, now: datetime, expected: tuple[str, str]
) -> None:
    rule = CreditRule(version=1, window_months=months, weights={}, levels=(), published_at="")
    assert window(rule, now) == expected


def test_parts_are_rounded_down_together() -> None:
    assert score(RULE, [earned(50), earned(50, month="2025-12")]) == 1  # 0.75 and 0.75


def test_a_scenario_without_a_weight_does_not_count_and_nothing_is_below_zero() -> None:
    assert score(RULE, [earned(1000, "walking")]) == 0
    assert score(RULE, [earned(-1000)]) == 0


@pytest.mark.parametrize(
    ("grams", "level", "following"),
    [(0, None, 10), (9, None, 10), (10, "绿芽", 100), (99, "绿芽", 100), (100, "绿叶", None)],
)
def test_a_score_reaches_the_highest_level_it_can(grams: int, level: str | None, following: int | None) -> None:
    found = credit(RULE, [earned(grams, "bus")], "now")
    assert (found.level, found.next_level.score_min if found.next_level else None) == (level, following)
    assert (found.score, found.rule_version, found.as_of) == (grams, 3, "now")


def test_a_rule_is_published_as_the_next_version() -> None:
    body = NewCreditRule.model_validate(BODY | {"weights": {"Metro": "0.015"}})
    decision = actions.publish(command(body, role="bureau"), RULE, [])
    write = write_to(decision, keys.credit_rule(4))
    assert (write.item["version"], write.item["weights"]) == (4, {"metro": "0.015"})
    first = actions.publish(command(body, role="bureau"), None, [])
    assert write_to(first, keys.credit_rule(1)).item["version"] == 1


def test_a_weight_for_a_scenario_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        actions.publish(command(NewCreditRule.model_validate(BODY), role="bureau"), None, ["metro"])
    assert refused.value.facts["errors"][0]["pointer"] == "/weights"


@pytest.mark.parametrize(
    "change",
    [
        {"window_months": 0},
        {"window_months": 121},
        {"weights": {}},
        {"weights": {"metro": "-1"}},
        {"weights": {"metro": 0.5}},
        {"weights": {"not a code": "1"}},
        {"levels": []},
        {"levels": LEVELS[::-1]},
        {"levels": [LEVELS[0], LEVELS[0] | {"score_min": 20}]},
        {"levels": [{"name": "a", "score_min": -1}]},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewCreditRule.model_validate(BODY | change)
