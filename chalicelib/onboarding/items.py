"""The items of this room: an application with what was stated at its steps, and its documents. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chalicelib.ledger.account import EventTerms
from chalicelib.merchants.model import Mode
from chalicelib.table.row import load

Kind = Literal[
    "application_form", "business_licence", "legal_person_identity", "credit_report", "user_agreement", "other"
]
Status = Literal[
    "draft",
    "with_operator",
    "submitted",
    "returned",
    "reviewed",
    "opinion_filed",
    "acknowledged",
    "agreement_signed",
    "active",
    "rejected",
    "withdrawn",
]
DocumentStatus = Literal["awaiting_upload", "arrived", "refused"]


@dataclass(frozen=True, kw_only=True)
class ReviewNote:
    """What the exchange found at the review."""

    at: str
    outcome: str
    completeness: bool
    conformity: bool
    reliability: bool
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class OpinionNote:
    """The exchange's opinion."""

    at: str
    conclusion: str
    text: str


@dataclass(frozen=True, kw_only=True)
class AcknowledgementNote:
    """What the bureau decided when it filed the opinion."""

    at: str
    outcome: str
    comment: str | None = None


@dataclass(frozen=True, kw_only=True)
class AgreementNote:
    """Which agreement was signed, when, and its last day."""

    at: str
    sha256: str
    signed_at: str
    ends_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class IntegrationNote:
    """The applicant's system. ``previous_public_key`` still proves its requests until ``previous_valid_until``."""

    at: str
    callback_url: str
    public_key: str
    previous_public_key: str | None = None
    previous_valid_until: str | None = None
    signatures: str = "optional"
    consent_redirects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Counting:
    """The document that counts for its kind: the newest that arrived."""

    id: str
    announced_at: str
    expires_on: str | None = None


@dataclass(frozen=True, kw_only=True)
class EventPeriod:
    """The part of an event's plan that binds its merchant."""

    starts_at: str
    opens_at: str
    ends_at: str
    per_account_limit: int
    quantity: int | None = None
    draws_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Application:
    """An application to join the mall.

    ``category`` is the mode once more: what the index filters its lists by. ``announced`` counts its documents, those
    that never came included, and ``links`` the links that its applicant got. ``kept``: documents that are in the
    archive. ``version`` counts changes of anything but these. ``since``: when it came to its state. ``beside``: it was
    admitted as an event of a merchant that keeps its mode.
    """

    id: str
    applicant: str
    name: str
    mode: Mode
    category: Mode
    title: str
    plan: Mapping[str, Any]
    status: Status
    created_at: str
    since: str
    sub_platform: str | None = None
    documents: Mapping[Kind, Counting] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    announced: int = 0
    links: int = 0
    version: int = 0
    review: ReviewNote | None = None
    opinion: OpinionNote | None = None
    acknowledgement: AcknowledgementNote | None = None
    agreement: AgreementNote | None = None
    integration: IntegrationNote | None = None
    beside: bool | None = None

    @property
    def event(self) -> EventTerms | None:
        """The terms within which a merchant of this application must stay, where it is an event's."""
        if self.mode != "event":
            return None
        period = load(EventPeriod, self.plan)
        return EventTerms(
            starts_at=max(period.starts_at, period.opens_at),
            ends_at=period.ends_at,
            per_account_limit=period.per_account_limit,
            quantity=period.quantity,
            draws_at=period.draws_at,
        )


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file of an application. ``version`` names the bytes that arrived."""

    id: str
    application: str
    kind: Kind
    file_name: str
    content_type: str
    bytes: int
    sha256: str
    announced_at: str
    status: DocumentStatus = "awaiting_upload"
    expires_on: str | None = None
    arrived_at: str | None = None
    version: str | None = None
    reason: str | None = None
    reason_zh: str | None = None


@dataclass(frozen=True, kw_only=True)
class Applied:
    """An institution's pointer to an application, or the mark that it has an open one."""

    application: str
