"""Scenarios and reductions. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.fields import (
    Amount,
    Answer,
    Body,
    Id,
    Moment,
    Paged,
    PositiveQuantity,
    Quantity,
    ScenarioCode,
    ScenarioRef,
    ShortText,
    Time,
    example,
)
from chalicelib.kernel.text import TextType
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.transitions import Step

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991

STEPS = (
    Step("reported", "confirm", "confirmed", (BUREAU,)),
    Step("reported", "reject", "rejected", (BUREAU,)),
)


class Scenario(Body):
    """A way of saving CO2 and its factor. Posting a code again makes a new version; old records keep theirs.

    The newest version governs from its ``valid_from`` on. Where it has ended, no older one comes back.
    """

    model_config = example(
        code="metro",
        name="轨道交通出行",
        methodology="SHCER-2025-01",
        operator="metro-operator",
        unit="km",
        grams_per_unit="71",
        confirmation="automatic",
        daily_cap_grams=None,
        quantity_max="200",
        records_per_day_max=None,
        valid_from="2026-01-01T00:00:00Z",
        valid_until=None,
    )

    code: ScenarioCode
    name: ShortText
    methodology: ShortText
    operator: Annotated[
        str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,254}$", description="The sub that may report under it")
    ]
    unit: Annotated[str, TextType(20)]
    grams_per_unit: Quantity
    confirmation: Literal["automatic", "manual"]
    daily_cap_grams: Amount | None = None
    quantity_max: Annotated[
        Quantity | None, Field(description="The most units that one record can plausibly hold; null: no bound")
    ] = None
    records_per_day_max: Annotated[
        Amount | None, Field(description="Records a person may have a day (Asia/Shanghai); null: no bound")
    ] = None
    valid_from: Moment
    valid_until: Annotated[Moment | None, Field(description="Later than valid_from; null: no end")] = None


class ScenarioView(Answer):
    """One version of a scenario."""

    code: str
    version: int
    name: str
    methodology: str
    operator: str
    unit: str
    grams_per_unit: str
    confirmation: Literal["automatic", "manual"]
    daily_cap_grams: int | None
    quantity_max: str | None = None
    records_per_day_max: int | None = None
    valid_from: Time
    valid_until: Time | None


class Scenarios(Answer):
    """Every scenario in force."""

    items: list[ScenarioView]


class Trip(Body):
    """One trip."""

    record_id: Id
    account: Id
    quantity: PositiveQuantity
    occurred_at: Annotated[
        Moment, Field(description="RFC 3339 with its offset; not in the future, while the scenario is in force")
    ]


class Report(Trip):
    """One trip, as its operator reports it."""

    model_config = example(
        record_id="trip-20260131-000001",
        account="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        scenario="metro",
        quantity="12.5",
        occurred_at="2026-01-31T08:00:00Z",
    )

    scenario: ScenarioRef


class Reason(Body):
    """Why a reduction is rejected."""

    model_config = example(reason="里程与线路不符")

    reason: ShortText


class Reduction(Answer):
    """A reported reduction; ``points`` is 0 until it is confirmed."""

    model_config = example(
        id="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        status="confirmed",
        record_id="trip-20260131-000001",
        account="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        scenario="metro",
        scenario_version=1,
        quantity="12.5",
        occurred_at="2026-01-31T08:00:00.000Z",
        grams=887,
        points=887,
        reason=None,
    )

    id: str
    status: Literal["reported", "confirmed", "rejected"]
    record_id: str
    account: str
    scenario: str
    scenario_version: int
    quantity: str
    occurred_at: Time
    grams: int
    points: int
    reason: str | None = None


class ReductionParams(Paged):
    """Only reductions that wait for confirmation are listed."""

    status: Literal["reported"] = "reported"


def in_force(versions: Sequence[Mapping[str, Any]], moment: str) -> Mapping[str, Any] | None:
    """The version that governs at ``moment``; ``versions`` come oldest first.

    It is the newest that has begun by then. Where that one has ended nothing is in force: no older one comes back.
    """
    for version in reversed(versions):
        if version["valid_from"] <= moment:
            return version if version["valid_until"] is None or moment < version["valid_until"] else None
    return None


def operated(versions: Sequence[Mapping[str, Any]], operator: str, since: str, until: str) -> bool:
    """Whether ``operator`` may report trips of some moment from ``since`` to ``until``."""
    starts = [version["valid_from"] for version in versions if since < version["valid_from"] <= until]
    governing = (in_force(versions, moment) for moment in (since, *starts))
    return any(version is not None and version["operator"] == operator for version in governing)


def saved(quantity: str, grams_per_unit: str) -> int:
    """Grams: quantity times factor, exact decimals, rounded down."""
    with localcontext(prec=60):
        return int((Decimal(quantity) * Decimal(grams_per_unit)).to_integral_value(ROUND_DOWN))


def day(moment: datetime) -> str:
    """The calendar day in Shanghai, by which caps count."""
    return moment.astimezone(UTC).astimezone(SHANGHAI).strftime("%Y%m%d")


def conversion(account: str, grams: int) -> Transfer:
    """Confirmed grams back new points, one for one (guide §4)."""
    return Transfer(
        "conversion",
        (
            Posting(keys.ISSUED, keys.POOL, grams, GRAMS),
            Posting(keys.POOL, keys.holder(account), grams, POINTS),
        ),
    )
