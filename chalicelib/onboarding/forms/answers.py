"""What is answered about applications. Pure."""

from typing import Annotated

from pydantic import ConfigDict, Field

from chalicelib.kernel.fields import Answer, Id, Time
from chalicelib.merchants.model import Mode
from chalicelib.onboarding.forms.plans import Plan
from chalicelib.onboarding.items import DocumentStatus, Kind, Status
from chalicelib.partners.items import Signatures


class _Loaded(Answer):
    """Made of an item as it was loaded."""

    model_config = ConfigDict(from_attributes=True)


class DocumentAnswer(Answer):
    """A file of an application. ``counts``: the newest of its kind that arrived. ``link``: POST there to read it."""

    id: str
    kind: Kind
    status: DocumentStatus
    counts: bool
    reason: Annotated[str | None, Field(description="Why it was refused")]
    reason_zh: str | None
    file_name: str
    content_type: str
    bytes: int
    sha256: str
    expires_on: str | None
    announced_at: Time
    link: str | None


class HistoryLineAnswer(_Loaded):
    """A step: who (role, not name), when, what and why; ``status`` is the state that followed."""

    at: Time
    by_role: str
    action: str
    outcome: str | None
    status: str
    comment: str | None


class ReviewNoteAnswer(_Loaded):
    """What the exchange found."""

    at: Time
    outcome: str
    completeness: bool
    conformity: bool
    reliability: bool
    comment: str | None


class OpinionNoteAnswer(_Loaded):
    """The exchange's opinion."""

    at: Time
    conclusion: str
    text: str


class AcknowledgementNoteAnswer(_Loaded):
    """What the bureau decided."""

    at: Time
    outcome: str
    comment: str | None


class AgreementNoteAnswer(_Loaded):
    """The agreement that was signed. ``ends_on``: its last day."""

    at: Time
    sha256: str
    signed_at: Time
    ends_on: str | None


class IntegrationNoteAnswer(_Loaded):
    """The merchant's system. The previous key still proves its requests until ``previous_valid_until``."""

    at: Time
    callback_url: str
    public_key: str
    previous_public_key: str | None
    previous_valid_until: Time | None
    signatures: Signatures
    consent_redirects: tuple[str, ...]


class ApplicationAnswer(_Loaded):
    """An application as it stands; ``age_seconds`` in its state. ``next_actions`` are the caller's.

    ``history`` holds the newest lines: 200 of one application, 20 in a list.
    """

    id: str
    status: Status
    mode: Mode
    title: str
    applicant: Annotated[Id, Field(description="The institution's account; its merchant will have the same id")]
    name: str
    sub_platform: str | None
    plan: Plan
    created_at: Time
    since: Time
    age_seconds: int
    required_documents: list[Kind]
    documents: list[DocumentAnswer]
    review: ReviewNoteAnswer | None
    opinion: OpinionNoteAnswer | None
    acknowledgement: AcknowledgementNoteAnswer | None
    agreement: AgreementNoteAnswer | None
    integration: IntegrationNoteAnswer | None
    history: list[HistoryLineAnswer]
    next_actions: list[str]
