"""Reductions: trips as they are reported, and what they come to. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import BUREAU, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.fields import (
    Answer,
    Body,
    Id,
    Moment,
    Paged,
    Quantity,
    ScenarioRef,
    ShortText,
    Time,
    example,
)
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.reductions.items import Recipient, ReductionState
from chalicelib.table import keys
from chalicelib.transitions import Step

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991

STEPS = (
    Step("reported", "confirm", "confirmed", (BUREAU,)),
    Step("reported", "reject", "rejected", (BUREAU,)),
)


class Trip(Body):
    """One trip."""

    record_id: Id
    account: Annotated[Id | None, Field(description="Whom it is credited to: a person or an institution")] = None
    quantity: Quantity
    occurred_at: Moment

    @property
    def credited(self) -> str:
        """The account that it names. Raises InvalidRequest where it names none."""
        if self.account is None:
            raise InvalidRequest.at("/account", "Field required", "缺少该字段")
        return self.account


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


class ReductionAnswer(Answer):
    """A reported reduction. ``points`` is 0 until it is confirmed; an institution is credited in grams, without."""

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


@dataclass(frozen=True)
class Reduction:
    """A reported reduction as it stands, and the Record that proves it."""

    answer: ReductionAnswer
    record: Record

    @property
    def points(self) -> int:
        """What it is worth once it is confirmed."""
        return points(self.recipient, self.answer.grams)

    @property
    def recipient(self) -> Recipient:
        """Whom it is credited to."""
        return Recipient(
            self.record.account or self.answer.account, INSTITUTION if self.record.in_grams else INDIVIDUAL
        )

    @property
    def key(self) -> keys.Key:
        """Of its state."""
        return keys.reduction(self.answer.scenario, self.answer.record_id)

    def as_in(self, state: ReductionState) -> "Reduction":
        """The same in its present state."""
        points = self.points if state.status == "confirmed" else 0
        changes = {"status": state.status, "reason": state.reason, "points": points}
        return replace(self, answer=self.answer.model_copy(update=changes))

    @property
    def rank(self) -> str:
        """Its place by the time of the report."""
        return f"{self.record.at}:{self.answer.id}"


class ReductionParams(Paged):
    """Filters of reductions; ``from`` (included) and ``until`` (not) bound the time of the report."""

    scenario: ScenarioRef | None = None
    status: Literal["reported", "confirmed", "rejected"] | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


def saved(quantity: str, grams_per_unit: str) -> int:
    """Grams: quantity times factor, exact decimals, rounded down."""
    with localcontext(prec=60):
        return int((Decimal(quantity) * Decimal(grams_per_unit)).to_integral_value(ROUND_DOWN))


def day(moment: datetime) -> str:
    """The calendar day in Shanghai, by which caps count."""
    return moment.astimezone(UTC).astimezone(SHANGHAI).strftime("%Y%m%d")


def points(recipient: Recipient, grams: int) -> int:
    """A person's gram is a point (guide §4); an institution holds grams."""
    return grams if recipient.kind == INDIVIDUAL else 0


def credit(recipient: Recipient, grams: int) -> Transfer:
    """Confirmed grams back a person's new points, one for one; an institution gets the grams themselves."""
    return (conversion if recipient.kind == INDIVIDUAL else recording)(recipient.id, grams)


def conversion(account: str, grams: int) -> Transfer:
    """Grams are issued to the pool, and points from it."""
    points = Posting(keys.POOL, keys.holder(account), grams, POINTS)
    return Transfer("conversion", (Posting(keys.ISSUED, keys.POOL, grams, GRAMS), points))


def recording(account: str, grams: int) -> Transfer:
    """Grams are issued to an institution."""
    return Transfer("record", (Posting(keys.ISSUED, keys.holder(account), grams, GRAMS),))
