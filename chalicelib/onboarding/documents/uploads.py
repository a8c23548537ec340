"""What is asked and answered about documents, and where their files are. Pure."""

from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field

from chalicelib.accounts.numbers import CreditCode
from chalicelib.kernel.fields import Answer, Body, Day, Sha256, ShortText, Time, example
from chalicelib.onboarding.items import Kind

FOLDER = "incoming/documents/"  # as they were sent: the bucket forgets them after 30 days
KEPT = "documents/"  # what was submitted stays
DOCUMENT_BYTES_MAX = 20 * 1024 * 1024


def _in_lower_case(value: Any) -> Any:
    """Media types are compared without case (RFC 9110, 8.3.1)."""
    return value.lower() if isinstance(value, str) else value


ContentType = Annotated[Literal["application/pdf", "image/png", "image/jpeg"], BeforeValidator(_in_lower_case)]
FileBytes = Annotated[int, Field(ge=1, le=DOCUMENT_BYTES_MAX)]


class Announced(Protocol):
    """A file as it was announced."""

    @property
    def content_type(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class NewDocument(Body):
    """A file is announced. What a business licence says of itself may be stated: it is then checked."""

    model_config = example(
        kind="business_licence",
        file_name="营业执照.pdf",
        content_type="application/pdf",
        bytes=183_204,
        sha256="9f86d081884c7d65" * 4,
    )

    kind: Kind
    file_name: ShortText
    content_type: ContentType
    bytes: FileBytes
    sha256: Sha256
    expires_on: Annotated[Day | None, Field(description="The last day of its validity, in Shanghai; not past")] = None
    credit_code: Annotated[CreditCode | None, Field(description="The account's own")] = None


class DocumentForm(Answer):
    """A presigned POST (multipart/form-data): every field as given, then the part ``file``."""

    url: str
    fields: dict[str, str]
    expires_at: Time


class DocumentOpened(Answer):
    """The platform waits for the file. It counts once its bytes arrived and are what was announced."""

    id: str
    application: str
    kind: Kind
    status: Literal["awaiting_upload"] = "awaiting_upload"
    upload: DocumentForm


class DocumentLink(Answer):
    """Where the file may be fetched for some minutes."""

    url: str
    expires_at: Time


def file_key(application: str, document: str) -> str:
    return f"{FOLDER}{application}/{document}"


def kept_key(application: str, document: str) -> str:
    return f"{KEPT}{application}/{document}"
