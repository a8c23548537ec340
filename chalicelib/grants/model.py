"""What is asked and answered about grants. Pure."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.grants.items import Grant, Purpose, Status
from chalicelib.kernel.fields import (
    Amount,
    Answer,
    Body,
    Choice,
    Id,
    Moment,
    Paged,
    ScenarioRef,
    Time,
    example,
)
from chalicelib.kernel.text import TextType
from chalicelib.outside.redirects import RedirectUri

CODE_MINUTES = timedelta(minutes=10)  # RFC 6749 §4.1.2

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
_CODE = f"{_ID}.0gSYDV2bPQRjp9b0nqTmdWPrqgTX3oVlR0Qm0vZBkLs"
_LIMITS = {"points_max_order": 5000, "points_max_day": 10000, "expires_at": "2030-01-31T08:00:00.000Z"}
_EXAMPLE = _LIMITS | {
    "id": _ID,
    "purpose": "spend",
    "status": "active",
    "scenario": None,
    "merchant": _ID,
    "used_points_today": 1200,
    "offered_at": "2026-01-31T08:00:00.000Z",
    "active_from": "2026-01-31T08:01:00.000Z",
    "withdrawn_at": None,
    "withdrawn_by": None,
    "reference": "member-20260131-7",
}
_OFFERED = _EXAMPLE | {"status": "offered", "active_from": None, "reference": None, "used_points_today": 0}

CodeChallenge = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{43}$",
        description="RFC 7636, S256 only: BASE64URL(SHA256(code_verifier)), without padding",
        examples=[_CHALLENGE],
    ),
]
CodeVerifier = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._~-]{43,128}$",
        description="RFC 7636 §4.1: 43 to 128 unreserved characters that the partner's app made and kept",
        examples=["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"],
    ),
]
Redirect = Annotated[
    RedirectUri | None,
    Field(description="Where the client will send the code: one of the partner's `consent_redirects`. null: nowhere"),
]


class ReportConsent(Body):
    """The operator of a scenario may report the person's reductions."""

    model_config = example(purpose="report", scenario="metro", code_challenge=_CHALLENGE)

    purpose: Literal["report"]
    scenario: ScenarioRef
    code_challenge: CodeChallenge
    redirect_uri: Redirect = None


class SpendConsent(Body):
    """A merchant may take the person's points in its own mall, within limits that she sets."""

    model_config = example(purpose="spend", merchant=_ID, code_challenge=_CHALLENGE, **_LIMITS)

    purpose: Literal["spend"]
    merchant: Id
    points_max_order: Amount
    points_max_day: Annotated[Amount, Field(description="Held in one day (Asia/Shanghai)")]
    expires_at: Moment
    code_challenge: CodeChallenge
    redirect_uri: Redirect = None


class Consent(Choice[Annotated[ReportConsent | SpendConsent, Field(discriminator="purpose")]]):
    """A person consents, for one of two purposes."""


class CodeRedemption(Body):
    """The partner's server redeems the code that the person's client got."""

    model_config = example(
        code=_CODE, code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", reference="member-20260131-7"
    )

    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,200}$")]
    code_verifier: CodeVerifier
    reference: Annotated[str, TextType(64), Field(description="The partner's own name for the person. She can read it")]


class GrantParams(Paged):
    """Pages of grants."""


class GrantAnswer(Answer):
    """A grant. To the partner its ``id`` is the only name of the person; another partner gets another.

    ``scenario`` is null unless the purpose is ``report``; ``merchant``, the limits and ``used_points_today`` are null
    unless it is ``spend``. ``withdrawn_by`` is a role.
    """

    model_config = example(**_EXAMPLE)

    id: str
    purpose: Purpose
    status: Status
    scenario: str | None
    merchant: str | None
    points_max_order: int | None
    points_max_day: int | None
    used_points_today: int | None
    offered_at: Time
    active_from: Time | None
    expires_at: Time | None
    withdrawn_at: Time | None
    withdrawn_by: str | None
    reference: str | None


class OfferedGrantAnswer(GrantAnswer):
    """A grant with its code, which the person's client hands to the partner's app. It can be redeemed once."""

    model_config = example(**_OFFERED, code=_CODE, code_expires_at="2026-01-31T08:10:00.000Z")

    code: str
    code_expires_at: Time


def to_answer(grant: Grant, *, at: str, today: str, moved: bool = False) -> GrantAnswer:
    """The grant at the time ``at``, a moment of the day ``today``. ``moved``: the person has another account since, so
    that nothing comes of it any more.
    """
    spends, status = grant.purpose == "spend", grant.standing(at)
    return GrantAnswer(
        id=grant.id,
        purpose=grant.purpose,
        status="expired" if moved and status in ("offered", "active") else status,
        scenario=grant.scenario,
        merchant=grant.partner if spends else None,
        points_max_order=grant.points_max_order,
        points_max_day=grant.points_max_day,
        used_points_today=grant.used_on(today) if spends else None,
        offered_at=grant.offered_at,
        active_from=grant.active_from,
        expires_at=grant.expires_at,
        withdrawn_at=grant.withdrawn_at,
        withdrawn_by=grant.withdrawn_by,
        reference=grant.reference,
    )
