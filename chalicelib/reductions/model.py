"""Reductions: trips as they are reported, and what they come to. Pure."""

from datetime import datetime
from decimal import ROUND_DOWN, Decimal, localcontext
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import shanghai
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.fields import (
    Answer,
    Body,
    Id,
    Moment,
    Paged,
    PositiveQuantity,
    ScenarioRef,
    Sha256,
    ShortText,
    Time,
    example,
)
from chalicelib.transitions import Step

Status = Literal["reported", "confirmed", "rejected", "reversed"]

STEPS = (
    Step("reported", "confirm", "confirmed", (BUREAU,)),
    Step("reported", "reject", "rejected", (BUREAU,)),
    Step("confirmed", "reverse", "reversed", (BUREAU,)),
)


class Trip(Body):
    """One trip."""

    record_id: Id
    account: Annotated[
        Id | None, Field(description="Whom it is credited to: a person or an institution. Either this or grant")
    ] = None
    grant: Annotated[Id | None, Field(description="The person's consent (POST /v1/grants), in place of account")] = None
    quantity: PositiveQuantity
    occurred_at: Annotated[
        Moment, Field(description="RFC 3339 with its offset; not in the future, while the scenario is in force")
    ]

    @property
    def named(self) -> str:
        """The account or the grant that it names. Raises InvalidRequest where it names none or both."""
        if self.account and self.grant:
            raise InvalidRequest.at("/grant", "Name either account or grant", "account 与 grant 只能填写一项")
        if not (named := self.account or self.grant):
            raise InvalidRequest.at("/account", "Name account or grant", "请填写 account 或 grant")
        return named


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


class Reversal(Body):
    """Why a confirmed reduction is taken back, and the SHA-256 of the file that shows it."""

    model_config = example(reason="经核查，该行程未发生", evidence_sha256="e3b0c44298fc1c149afbf4c8996fb924" * 2)

    reason: ShortText
    evidence_sha256: Sha256


class ReductionAnswer(Answer):
    """A reported reduction. ``points`` is 0 until it is confirmed; an institution is credited in grams, without.

    What was reported under a ``grant`` names no ``account``, except to the bureau and the auditor. ``points`` are those
    that were credited; ``repaid_points`` more repaid a debt.
    """

    model_config = example(
        id="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        status="confirmed",
        record_id="trip-20260131-000001",
        account="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        grant=None,
        scenario="metro",
        scenario_version=1,
        quantity="12.5",
        occurred_at="2026-01-31T08:00:00.000Z",
        grams=887,
        points=887,
        repaid_points=0,
        reason=None,
        evidence_sha256=None,
    )

    id: str
    status: Status
    record_id: str
    account: str | None
    grant: str | None = None
    scenario: str
    scenario_version: int
    quantity: str
    occurred_at: Time
    grams: int
    points: int
    repaid_points: int = 0
    reason: str | None = None
    evidence_sha256: str | None = None


class ReversedAnswer(ReductionAnswer):
    """A reversed reduction. What its account no longer held is outstanding: its next gains repay it."""

    model_config = example(
        id="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        status="reversed",
        record_id="trip-20260131-000001",
        account="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        grant=None,
        scenario="metro",
        scenario_version=1,
        quantity="12.5",
        occurred_at="2026-01-31T08:00:00.000Z",
        grams=887,
        points=0,
        repaid_points=0,
        reason="经核查，该行程未发生",
        evidence_sha256="e3b0c44298fc1c149afbf4c8996fb924" * 2,
        reversed_at="2026-02-03T02:00:00.000Z",
        points_recovered=600,
        points_outstanding=287,
        grams_recovered=0,
        grams_outstanding=0,
    )

    reversed_at: Time
    points_recovered: int
    points_outstanding: int
    grams_recovered: int
    grams_outstanding: int


class ReductionParams(Paged):
    """Filters of reductions; ``from`` (included) and ``until`` (not) bound the time of the report."""

    scenario: ScenarioRef | None = None
    status: Status | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


def saved(quantity: str, grams_per_unit: str) -> int:
    """Grams: quantity times factor, exact decimals, rounded down."""
    with localcontext(prec=60):
        return int((Decimal(quantity) * Decimal(grams_per_unit)).to_integral_value(ROUND_DOWN))


def day(moment: datetime) -> str:
    """The calendar day in Shanghai, by which caps count."""
    return f"{shanghai.clock(moment):%Y%m%d}"


def month(moment: datetime) -> str:
    """The month in Shanghai to which its grams belong: ``2026-01``."""
    return f"{shanghai.clock(moment):%Y-%m}"
