"""What is asked and answered about agreements and licences of merchants. Pure."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from chalicelib.kernel.fields import Answer, Body, Day, Sha256, ShortText, example
from chalicelib.merchants.model import MerchantStatus, Subject

SOON = timedelta(days=30)  # before an end: who has to act is reminded


class Renewal(Body):
    """What the exchange has seen: a new agreement, or a new business licence. Without ``ends_on`` it has no end."""

    model_config = example(subject="licence", ends_on="2030-12-31", reason="New licence of 2026-11-20")

    subject: Subject
    ends_on: Annotated[Day | None, Field(description="Its last day, in Shanghai; not past")] = None
    reason: ShortText
    evidence_sha256: Sha256 | None = None


class RenewalAnswer(Answer):
    """Until when it is valid, and whether the merchant may sell now. ``suspended_by``: who else is in the way."""

    model_config = example(
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        subject="licence",
        ends_on="2030-12-31",
        status="active",
        suspended_by=[],
    )

    merchant: str
    subject: Subject
    ends_on: str | None
    status: MerchantStatus
    suspended_by: list[str]


class ValidityEnd(Answer):
    """What the Record of an end keeps: the last day, and the days until then."""

    merchant: str
    ends_on: str
    days_left: int
