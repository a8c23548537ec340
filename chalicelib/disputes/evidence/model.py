"""What is asked and answered about files of disputes, and where these are kept. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.disputes.evidence.items import By, Evidence, EvidenceStatus
from chalicelib.kernel.fields import Answer, Body, Sha256, ShortText, Time, example
from chalicelib.onboarding.documents.uploads import ContentType, DocumentForm, FileBytes

FOLDER = "incoming/evidence/"  # as they were sent: the bucket forgets them after 30 days
KEPT = "evidence/"  # what arrived stays


class NewEvidence(Body):
    """A file that supports what a party says."""

    model_config = example(
        file_name="聊天记录.pdf", content_type="application/pdf", bytes=183_204, sha256="9f86d081884c7d65" * 4
    )

    file_name: ShortText
    content_type: ContentType
    bytes: FileBytes
    sha256: Sha256


class EvidenceOpened(Answer):
    """The platform waits for the file. It counts once its bytes arrived and are what was announced."""

    id: str
    dispute: str
    status: Literal["awaiting_upload"] = "awaiting_upload"
    upload: DocumentForm


class EvidenceAnswer(Answer):
    """A file of a dispute. ``by``: who sent it. ``link``: POST there to read it; null for who may not.

    ``file_name`` is null for the other party: people write names into it.
    """

    id: str
    by: By
    status: EvidenceStatus
    file_name: str | None
    content_type: str
    bytes: int
    sha256: str
    announced_at: Time
    reason: Annotated[str | None, Field(description="Why it was refused")]
    reason_zh: str | None
    link: str | None


def to_answer(evidence: Evidence, *, opens: bool) -> EvidenceAnswer:
    """A file as one sees it who can open it, or not."""
    fields = {name: value for name, value in vars(evidence).items() if name in EvidenceAnswer.model_fields}
    link = f"/v1/disputes/{evidence.dispute}/evidence/{evidence.id}/link" if opens else None
    fields |= {"link": link if evidence.status == "arrived" else None}
    return EvidenceAnswer.model_validate(fields if opens else fields | {"file_name": None})


def evidence_key(dispute: str, evidence: str) -> str:
    return f"{FOLDER}{dispute}/{evidence}"


def kept_evidence_key(dispute: str, evidence: str) -> str:
    return f"{KEPT}{dispute}/{evidence}"
