"""Credit rules, and scores. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kernel.fields import Answer, Body, Quantity, ScenarioRef, Time, Whole, example
from chalicelib.kernel.text import TextType
from chalicelib.provenance.model import Coloured

_SHANGHAI = timedelta(hours=8)
_SCORE_MAX = 10**12


class Level(Body):
    """A level and the lowest score that reaches it."""

    name: Annotated[str, TextType(40)]
    score_min: Annotated[int, Field(ge=0, le=_SCORE_MAX)]


def _each_once(weights: Any) -> Any:
    """Codes compare without case: of two weights for one scenario, one would be lost."""
    codes = Counter(str(code).lower() for code in weights) if isinstance(weights, dict) else {}
    if twice := [code for code, times in codes.items() if times > 1]:
        fault = "Codes compare without case: {scenario} has two weights"
        raise PydanticCustomError("scenario_twice", fault, {"scenario": twice[0]})
    return weights


def _ascending(levels: list[Level]) -> list[Level]:
    scores, names = [each.score_min for each in levels], {each.name for each in levels}
    if scores != sorted(set(scores)) or len(names) < len(scores):
        raise PydanticCustomError("levels", "Must have names of their own, and rising score_min")
    return levels


class NewCreditRule(Body):
    """How a score is made. The grams of each scenario within the window count with the scenario's weight.

    The window ends with the present month (Asia/Shanghai). A scenario without a weight does not count.
    """

    model_config = example(
        window_months=12,
        weights={"metro": "0.01"},
        levels=[{"name": "绿芽", "score_min": 0}, {"name": "绿叶", "score_min": 100}],
    )

    window_months: Annotated[int, Field(ge=1, le=120)]
    weights: Annotated[dict[ScenarioRef, Quantity], Field(min_length=1, max_length=200), BeforeValidator(_each_once)]
    levels: Annotated[
        list[Level],
        AfterValidator(_ascending),
        Field(min_length=1, max_length=20, description="The lowest first: names of their own, rising score_min"),
    ]


class LevelAnswer(Answer):
    """A level and the lowest score that reaches it."""

    name: str
    score_min: int


@dataclass(frozen=True, kw_only=True)
class CreditLevel:
    """A level and the lowest score that reaches it."""

    name: str
    score_min: int

    def to_answer(self) -> LevelAnswer:
        return LevelAnswer(name=self.name, score_min=self.score_min)


@dataclass(frozen=True, kw_only=True)
class CreditRule:
    """One version of the rule; the newest counts. ``levels`` come lowest first."""

    version: int
    window_months: int
    weights: dict[str, str]
    levels: tuple[CreditLevel, ...]
    published_at: str

    def to_answer(self) -> "CreditRuleAnswer":
        levels = [each.to_answer() for each in self.levels]
        return CreditRuleAnswer.model_validate(vars(self) | {"levels": levels})


class CreditRuleAnswer(Answer):
    """One version of the rule."""

    version: int
    window_months: int
    weights: dict[str, str]
    levels: list[LevelAnswer]
    published_at: Time


class CreditRules(Whole):
    """Every version of the rule, the newest first: that one counts."""

    items: list[CreditRuleAnswer]


class Credit(Answer):
    """A score (碳普惠信用), never spendable. ``level`` is null below the lowest one, ``next_level`` on the highest."""

    model_config = example(
        score=88,
        level="绿芽",
        next_level={"name": "绿叶", "score_min": 100},
        rule_version=1,
        as_of="2026-01-31T08:00:00.000Z",
    )

    score: int
    level: str | None
    next_level: LevelAnswer | None
    rule_version: int
    as_of: Time


class CreditPart(Answer):
    """What the grams of one scenario and month make of the score. Parts are rounded down together, not each."""

    scenario: str
    month: str
    grams: int
    weight: str


class CreditReasons(Credit):
    """A score and everything it is made of."""

    model_config = example(
        score=88,
        level="绿芽",
        next_level={"name": "绿叶", "score_min": 100},
        rule_version=1,
        as_of="2026-01-31T08:00:00.000Z",
        window_from="2025-02",
        parts=[{"scenario": "metro", "month": "2026-01", "grams": 8870, "weight": "0.01"}],
    )

    window_from: str
    parts: list[CreditPart]


def window(rule: CreditRule, now: datetime) -> tuple[str, str]:
    """The first and the last month that count."""
    today = now + _SHANGHAI
    months = today.year * 12 + today.month - 1
    first = months - rule.window_months + 1
    return f"{first // 12:04d}-{first % 12 + 1:02d}", f"{today.year:04d}-{today.month:02d}"


def score(rule: CreditRule, earned: Iterable[Coloured]) -> int:
    """Grams times weights, summed exactly, rounded down, never below zero."""
    with localcontext(prec=60):
        total = sum(
            (each.grams * Decimal(rule.weights[each.scenario]) for each in _counting(rule, earned)), start=Decimal(0)
        )
        return max(0, int(total.to_integral_value(ROUND_DOWN)))


def parts(rule: CreditRule, earned: Iterable[Coloured]) -> list[CreditPart]:
    """What counts, as it came."""
    return [
        CreditPart(scenario=each.scenario, month=each.month, grams=each.grams, weight=rule.weights[each.scenario])
        for each in _counting(rule, earned)
    ]


def _counting(rule: CreditRule, earned: Iterable[Coloured]) -> list[Coloured]:
    return [each for each in earned if each.scenario in rule.weights]


def credit(rule: CreditRule, earned: Sequence[Coloured], as_of: str) -> Credit:
    """What ``rule`` makes of what was earned in its window."""
    reached = score(rule, earned)
    level = [each for each in rule.levels if each.score_min <= reached]
    above = [each for each in rule.levels if each.score_min > reached]
    return Credit(
        score=reached,
        level=level[-1].name if level else None,
        next_level=above[0].to_answer() if above else None,
        rule_version=rule.version,
        as_of=as_of,
    )
