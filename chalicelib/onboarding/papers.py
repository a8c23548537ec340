"""Documents of an application: announced, arrived or refused, read. Each is one Decision."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib import shanghai
from chalicelib.accounts.numbers import CreditCode, hashed
from chalicelib.errors import InvalidRequest, InvalidState, NotFound, Refusal, RoleNotAllowed, Text
from chalicelib.files import store
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Answer, Body, Empty, Sha256, ShortText, Time, example, stamp
from chalicelib.kernel.record import Facts
from chalicelib.merchants import history
from chalicelib.onboarding.model import Kind
from chalicelib.onboarding.steps import APPLICANT, EDITABLE, SUB_PLATFORM_OPERATOR, changed
from chalicelib.table import keys
from chalicelib.table.write import Attr, Item, put, update

FOLDER = "incoming/documents/"  # as they were sent: the bucket forgets them after 30 days
KEPT = "documents/"  # what was submitted stays
DOCUMENT_BYTES_MAX = 20 * 1024 * 1024
FORM_SECONDS = 3600
LINK_SECONDS = 300
DOCUMENTS_MAX = 100  # announced for one application, those that never came included
LATE = Text("The application had been submitted when the file came", "文件送达时申请已提交")
_ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def _in_lower_case(value: Any) -> Any:
    """Media types are compared without case (RFC 9110, 8.3.1)."""
    return value.lower() if isinstance(value, str) else value


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise PydanticCustomError("day", "Must be a day as in 2030-12-31") from error


Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", json_schema_extra={"format": "date"}),
    AfterValidator(_day),
]


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
    content_type: Annotated[Literal["application/pdf", "image/png", "image/jpeg"], BeforeValidator(_in_lower_case)]
    bytes: Annotated[int, Field(ge=1, le=DOCUMENT_BYTES_MAX)]
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


def form(command: Command[NewDocument], application: str) -> DocumentForm:
    """What the applicant may send within the hour: this key, this type, no more bytes, this hash.

    Signing is arithmetic: nothing is sent or stored.
    """
    body = command.body
    signed = store.form(
        file_key(application, command.id),
        content_type=body.content_type,
        bytes_max=body.bytes,
        sha256=body.sha256,
        seconds=FORM_SECONDS,
    )
    expires_at = stamp(command.now + timedelta(seconds=FORM_SECONDS))
    return DocumentForm(url=signed.url, fields=signed.fields, expires_at=expires_at)


def announce(command: Command[NewDocument], item: Item, party: str, identity: str, key: bytes) -> Decision:
    """A document that waits for its bytes. ``identity`` is the hash of the account's credit code.

    Raises InvalidState once the application is submitted, InvalidRequest where the licence is another's or has expired.
    """
    body = command.body
    if party != APPLICANT:
        raise RoleNotAllowed(allowed=APPLICANT, role=party)
    if item["status"] not in EDITABLE:
        raise InvalidState(state=item["status"], action="documents")
    if body.credit_code and hashed("institution", body.credit_code, key) != identity:
        raise InvalidRequest.at("/credit_code", "Is not the account's", "与机构账户的统一社会信用代码不一致")
    if body.expires_on and body.expires_on < shanghai.clock(command.now).date().isoformat():
        raise InvalidRequest.at("/expires_on", "Has passed", "已过有效期")

    def refuse(now: Item | None) -> Refusal:
        full = now is not None and now["announced"] >= DOCUMENTS_MAX
        return InvalidState(state="full" if full else now["status"] if now else "?", action="documents")

    room = Attr("status").is_in(list(EDITABLE)) & Attr("announced").lt(DOCUMENTS_MAX)
    paper = body.model_dump(exclude={"credit_code"})
    paper |= {"id": command.id, "application": item["id"], "status": "awaiting_upload", "announced_at": command.at}
    writes = (
        put(keys.document(item["id"], command.id), paper),
        update(keys.application(item["id"]), add={"announced": 1}, require=room, refuse=refuse),
    )
    opened = DocumentOpened(id=command.id, application=item["id"], kind=body.kind, upload=form(command, item["id"]))
    return Decision("document_announced", opened, writes, Facts(application=item["id"]))


def settle(command: Command[Empty], item: Item, paper: Item, version: str, fault: Text | None) -> Decision:
    """The bytes of a document came: it counts for its kind, or is refused for ``fault``. ``version`` names the bytes.

    A newer document of the kind that arrived before keeps its place. Refuses InvalidState where it is settled already.
    """
    fault = fault or (None if item["status"] in EDITABLE else LATE)
    status = "refused" if fault else "arrived"
    known: Item = {"status": status, "arrived_at": command.at, "version": version}
    if fault:
        known |= {"reason": fault.en, "reason_zh": fault.zh}
    counting = item["documents"].get(paper["kind"])
    papers = item["documents"]
    if not fault and (counting is None or counting["announced_at"] <= paper["announced_at"]):
        papers = papers | {paper["kind"]: {name: paper[name] for name in ("id", "announced_at", "expires_on")}}
    settled = update(
        keys.document(item["id"], paper["id"]),
        assign=known,
        require=Attr("status").eq("awaiting_upload"),
        refuse=lambda now: InvalidState(state=now["status"] if now else "?", action=status),
    )
    comment = f"{paper['kind']} {paper['id']}" + (f": {fault.en}" if fault else "")
    line = history.line(command, item["id"], "document", outcome=status, status=item["status"], comment=comment)
    return Decision(f"document_{status}", Empty(), (settled, changed(item, {"documents": papers}), line))


def link(command: Command[Empty], item: Item, party: str, paper: Item) -> Decision:
    """An address that opens the file for some minutes; that it was given out stands in the history.

    Raises NotFound for the operator of a sub-platform, who judges the merchant and not its papers, InvalidState where
    there is no good file.
    """
    if party == SUB_PLATFORM_OPERATOR:
        raise NotFound()
    if paper["status"] != "arrived":
        raise InvalidState(state=paper["status"], action="link")
    place = kept_key if paper["id"] in item["kept"] else file_key
    url = store.link(
        place(item["id"], paper["id"]),
        file_name=f"{paper['kind']}-{paper['id']}.{_ENDINGS[paper['content_type']]}",
        seconds=LINK_SECONDS,
    )
    comment = f"{paper['kind']} {paper['id']}"
    line = history.line(command, item["id"], "link", status=item["status"], comment=comment)
    answer = DocumentLink(url=url, expires_at=stamp(command.now + timedelta(seconds=LINK_SECONDS)))
    return Decision("document_link", answer, (line,), Facts(application=item["id"]))
