"""Documents of an application: announced, arrived or refused, read. Each is one Decision."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import shanghai
from chalicelib.accounts.numbers import hashed
from chalicelib.errors import InvalidRequest, InvalidState, NotFound, Refusal, RoleNotAllowed, Text
from chalicelib.files import store
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.merchants import history
from chalicelib.merchants.model import SUB_PLATFORM_OPERATOR
from chalicelib.onboarding.documents.uploads import (
    Announced,
    DocumentForm,
    DocumentLink,
    DocumentOpened,
    NewDocument,
    file_key,
    kept_key,
)
from chalicelib.onboarding.items import Application, Counting, Document
from chalicelib.onboarding.steps import APPLICANT, EDITABLE, STEPS, changed, traits
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, put, seen, update
from chalicelib.transitions import not_a_step

FORM_SECONDS = 3600
LINK_SECONDS = 300
DOCUMENTS_MAX = 50  # announced for one application, those that never came included
LINKS_MAX = 200  # that the applicant gets; reviewers may always read
LATE = Text("The application had been submitted when the file came", "文件送达时申请已提交")
_ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


class DocumentsFull(InvalidState):
    """``limit`` documents were announced."""

    title = Text("The application has as many documents as it may", "申请材料数量已达上限")
    detail = Text(
        "An application takes {limit} documents, those that never arrived included.",
        "每份申请最多登记 {limit} 份材料（含未送达的材料）。",
    )
    remedy = Text(
        "Submit it with the documents that arrived, or withdraw it and apply again.",
        "请以已送达的材料提交申请，或撤回后重新申请。",
    )


class LinksFull(InvalidState):
    """The applicant has got ``limit`` links."""

    title = Text("The application has as many links as it may", "临时链接数量已达上限")
    detail = Text(
        "The applicant gets at most {limit} links to the documents of one application.",
        "申请方对每份申请的材料最多可获取 {limit} 个临时链接。",
    )
    remedy = Text(
        "Use the files from which the documents were sent; reviewers can still open them.",
        "请使用发送材料时的原文件；审核方仍可查看材料。",
    )


def form(announced: Announced, key: str, now: datetime) -> DocumentForm:
    """What may be sent within the hour: this key, this type, no more bytes, this hash.

    Signing is arithmetic: nothing is sent or stored.
    """
    signed = store.form(
        key,
        content_type=announced.content_type,
        bytes_max=announced.bytes,
        sha256=announced.sha256,
        seconds=FORM_SECONDS,
    )
    expires_at = stamp(now + timedelta(seconds=FORM_SECONDS))
    return DocumentForm(url=signed.url, fields=signed.fields, expires_at=expires_at)


def open_upload(
    command: Command[NewDocument], application: Application, party: str, identity: str, key: bytes
) -> Decision:
    """A document that waits for its bytes. ``identity`` is the hash of the account's credit code.

    Raises InvalidState once the application is submitted, InvalidRequest where the licence is another's or has expired.
    Refuses DocumentsFull.
    """
    body = command.body
    if party != APPLICANT:
        raise RoleNotAllowed(allowed=APPLICANT, role=party)
    if application.status not in EDITABLE:
        raise not_a_step(STEPS, application.status, "documents", party, traits(application))
    if body.credit_code and hashed("institution", body.credit_code, key) != identity:
        raise InvalidRequest.at("/credit_code", "Is not the account's", "与机构账户的统一社会信用代码不一致")
    if body.expires_on and body.expires_on < shanghai.clock(command.now).date().isoformat():
        raise InvalidRequest.at("/expires_on", "Has passed", "已过有效期")
    fields = body.model_dump(exclude={"credit_code"})
    document = Document(id=command.id, application=application.id, announced_at=command.at, **fields)
    writes = (put(keys.document(application.id, document.id), document), _announced(application))
    upload = form(body, file_key(application.id, document.id), command.now)
    opened = DocumentOpened(id=document.id, application=application.id, kind=body.kind, upload=upload)
    return Decision("document_announced", opened, writes, Facts(application=application.id))


def _announced(application: Application) -> Write:
    def refuse(stored: Application | None) -> Refusal:
        if stored and stored.announced >= DOCUMENTS_MAX:
            return DocumentsFull(state="full", action="documents", limit=DOCUMENTS_MAX)
        return InvalidState(state=stored.status if stored else "gone", action="documents")

    room = Attr("announced").not_exists() | Attr("announced").lt(DOCUMENTS_MAX)
    require = Attr("status").is_in(list(EDITABLE)) & room
    return update(
        keys.application(application.id), add={"announced": 1}, require=require, refuse=seen(Application, refuse)
    )


def settle(
    command: Command[Empty], application: Application, document: Document, version: str, fault: Text | None
) -> Decision:
    """The bytes of a document came: it counts for its kind, or is refused for ``fault``. ``version`` names the bytes.

    A newer document of the kind that arrived before keeps its place. Refuses InvalidState where it is settled already.
    """
    fault = fault or (None if application.status in EDITABLE else LATE)
    status = "refused" if fault else "arrived"
    reason = {"reason": fault.en, "reason_zh": fault.zh} if fault else {}

    def refuse(stored: Document | None) -> Refusal:
        return InvalidState(state=stored.status if stored else "gone", action=status)

    settled = update(
        keys.document(application.id, document.id),
        assign={"status": status, "arrived_at": command.at, "version": version} | reason,
        require=Attr("status").eq("awaiting_upload"),
        refuse=seen(Document, refuse),
    )
    counting = application.documents if fault else _newest(application, document)
    comment = f"{document.kind} {document.id}" + (f": {fault.en}" if fault else "")
    line = history.line(command, application.id, "document", outcome=status, status=application.status, comment=comment)
    return Decision(f"document_{status}", Empty(), (settled, changed(application, {"documents": counting}), line))


def _newest(application: Application, document: Document) -> dict[Any, Counting]:
    """The documents that count once ``document`` has arrived."""
    counting = application.documents.get(document.kind)
    if counting and counting.announced_at > document.announced_at:
        return dict(application.documents)
    arrived = Counting(id=document.id, announced_at=document.announced_at, expires_on=document.expires_on)
    return {**application.documents, document.kind: arrived}


def link(command: Command[Empty], application: Application, party: str, document: Document) -> Decision:
    """An address that opens the file for some minutes; that it was given out stands in the history.

    Raises NotFound for the operator of a sub-platform, who judges the merchant and not its documents, InvalidState
    where there is no good file. Refuses LinksFull.
    """
    if party == SUB_PLATFORM_OPERATOR:
        raise NotFound()
    if document.status != "arrived":
        raise InvalidState(state=document.status, action="link")
    place = kept_key if document.id in application.kept else file_key
    name = f"{document.kind}-{document.id}"
    answer = link_to(place(application.id, document.id), name, document.content_type, command.now)
    comment = f"{document.kind} {document.id}"
    line = history.line(command, application.id, "link", status=application.status, comment=comment)
    writes = (line, _linked(application)) if party == APPLICANT else (line,)
    return Decision("document_link", answer, writes, Facts(application=application.id))


def link_to(key: str, name: str, content_type: str, now: datetime) -> DocumentLink:
    """An address that opens the file for some minutes; browsers save it as ``name``, with the ending of its type."""
    url = store.link(key, file_name=f"{name}.{_ENDINGS[content_type]}", seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_at=stamp(now + timedelta(seconds=LINK_SECONDS)))


def _linked(application: Application) -> Write:
    """One more of the applicant's links: each is a line of the history that others read."""
    return update(
        keys.application(application.id),
        add={"links": 1},
        require=Attr("links").not_exists() | Attr("links").lt(LINKS_MAX),
        refuse=lambda _: LinksFull(state="full", action="link", limit=LINKS_MAX),
    )
