"""What a month's Records come to. Pure.

A month is a calendar month in Shanghai, and a Record belongs to the month of its own time: so a month that is over does
not change, whatever is reported, refunded or reversed later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from chalicelib import shanghai
from chalicelib.kernel.fields import Answer, Params, example

TURNOVER_LANES = 8  # of one merchant's month: whoever reads a page of merchants reads all of them
month, number, named, is_month = shanghai.month, shanghai.number, shanghai.named, shanghai.is_month
begins, ends = shanghai.begins, shanghai.ends
Month = Annotated[str, Field(pattern=shanghai.MONTH, description="A month in Shanghai", examples=["2026-01"])]


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums of a month, all of them or a lane's.

    ``records``: those that moved value. ``redeemed_points`` are before refunds; of these, merchants paid
    ``refunded_grams`` in grams. ``donated_points`` are before ``donation_refunds_points``, which donors of abandoned
    campaigns got back. ``campaign_grams`` were retired when campaigns were closed, ``retired_grams`` by
    institutions. ``owed_grams`` became debts, ``repaid_grams`` were repaid.
    """

    month: str
    records: int = 0
    issued_grams: int = 0
    reversed_grams: int = 0
    redeemed_points: int = 0
    refunded_points: int = 0
    refunded_grams: int = 0
    cancelled_points: int = 0
    donated_points: int = 0
    donation_refunds_points: int = 0
    bought_back_points: int = 0
    ex_officio_points: int = 0
    ex_officio_grams: int = 0
    retired_grams: int = 0
    campaign_grams: int = 0
    owed_grams: int = 0
    repaid_grams: int = 0
    orders: int = 0
    lots: int = 0


SUMS = tuple(each.name for each in fields(Sums) if each.name != "month")


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """Grams that a month's Records credited, and those that they reversed, of one scenario and methodology."""

    scenario: str
    methodology: str
    issued_grams: int = 0
    reversed_grams: int = 0


@dataclass(frozen=True, kw_only=True)
class Turnover:
    """What one merchant sold, gave back and was bought back in a month."""

    merchant: str
    orders: int = 0
    redeemed_points: int = 0
    refunded_points: int = 0
    lots: int = 0
    bought_back_points: int = 0


class IssuedAnswer(Answer):
    """Grams of one scenario and methodology."""

    scenario: str
    methodology: str
    issued_grams: int
    reversed_grams: int


_MONTH = {
    "month": "2026-01",
    "records": 1204,
    "issued_grams": 8_870_000,
    "reversed_grams": 0,
    "redeemed_points": 2_642_500,
    "refunded_points": 12_000,
    "refunded_grams": 0,
    "cancelled_points": 4400,
    "donated_points": 11_900,
    "donation_refunds_points": 0,
    "bought_back_points": 1_000_000,
    "ex_officio_points": 0,
    "ex_officio_grams": 0,
    "retired_grams": 400_000,
    "campaign_grams": 11_900,
    "owed_grams": 0,
    "repaid_grams": 0,
    "orders": 410,
    "lots": 1,
    "issued": [
        {"scenario": "metro", "methodology": "SHCER-01", "issued_grams": 8_870_000, "reversed_grams": 0},
    ],
}


class MonthAnswer(Answer):
    """The sums of one month (Asia/Shanghai), by the time of the Records.

    ``records`` moved value. ``redeemed_points`` are before ``refunded_points``; of these, merchants paid
    ``refunded_grams`` in grams. ``donated_points`` are before ``donation_refunds_points``, which donors of abandoned
    campaigns got back. ``retired_grams`` were retired by institutions,
    ``campaign_grams`` when campaigns were closed; what people cancel is retired too, gram for point. ``owed_grams``
    became debts by reversals, ``repaid_grams`` were repaid. ``ex_officio_points`` were cancelled and
    ``ex_officio_grams``, an institution's own, retired by officials. ``lots`` are buy-backs.
    """

    model_config = example(**_MONTH)

    month: Month
    records: int
    issued_grams: int
    reversed_grams: int
    redeemed_points: int
    refunded_points: int
    refunded_grams: int = 0
    cancelled_points: int
    donated_points: int
    donation_refunds_points: int = 0
    bought_back_points: int
    ex_officio_points: int
    ex_officio_grams: int
    retired_grams: int
    campaign_grams: int
    owed_grams: int
    repaid_grams: int
    orders: int
    lots: int
    issued: list[IssuedAnswer]


class StatisticsAnswer(Answer):
    """Months, the oldest first. The present one still changes, and the latest seconds may be missing."""

    model_config = example(items=[_MONTH])

    items: list[MonthAnswer]


def _shared(value: Any) -> Any:
    """What WeChat adds to an address that is shared is no month, and is ignored."""
    return None if value in ("singlemessage", "groupmessage", "timeline") else value


class StatisticsParams(Params):
    """The first and the last month, both included; without them, the last twelve. ``chart`` says what the SVG draws."""

    from_: Annotated[Month | None, Field(alias="from"), BeforeValidator(_shared)] = None
    until: Month | None = None
    chart: Annotated[
        Literal["months", "scenarios", "uses"],
        Field(description="Of `image/svg+xml`: two bars a month, what each scenario brought, or where points went"),
    ] = "months"


def month_of(at: str) -> str:
    """The month of a Record's time."""
    return month(datetime.fromisoformat(at))


def last_day(month: str) -> str:
    """Its last day, ``2026-01-31``."""
    return f"{ends(month) - timedelta(days=1):%Y-%m-%d}"


def total(month: str, lanes: Iterable[Sums]) -> Sums:
    """The lanes of a month together."""
    found = list(lanes)
    return Sums(month=month, **{name: sum(getattr(lane, name) for lane in found) for name in SUMS})
