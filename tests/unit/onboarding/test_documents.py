"""Documents: announced within bounds, settled once, counted by kind, read by whom."""

from typing import Any

import pytest

from chalicelib.accounts.numbers import hashed
from chalicelib.errors import InvalidRequest, InvalidState, NotFound, RoleNotAllowed, Text
from chalicelib.files import store
from chalicelib.kernel.decision import Decision
from chalicelib.onboarding.documents import actions as documents
from chalicelib.onboarding.documents.actions import DOCUMENTS_MAX, LINKS_MAX, DocumentsFull, LinksFull
from chalicelib.onboarding.documents.uploads import NewDocument
from chalicelib.onboarding.items import Application, Counting, Document
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.onboarding.applications import application, document
from tests.world import CODES

APPLICATION, DOCUMENT = keys.application("application"), keys.document("application", "document")
LINE = keys.application_step("application", AT, ID)
KEY = b"key"
FAULT = Text("The file is not whole", "文件不完整")


@pytest.fixture(autouse=True)
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses are made without a bucket."""
    monkeypatch.setattr(store, "form", lambda key, **_: store.Form("https://files", {"key": key}))
    monkeypatch.setattr(store, "link", lambda key, **_: f"https://files/{key}")


def announced(before: Application | None = None, party: str = "applicant", **changes: Any) -> Decision:
    fields: dict[str, Any] = {"kind": "business_licence", "file_name": "f.pdf", "content_type": "application/pdf"}
    body = NewDocument(**(fields | {"bytes": 3, "sha256": "0" * 64} | changes))
    identity = hashed("institution", CODES[0], KEY)
    return documents.open_upload(command(body), before or application(), party, identity, KEY)


def test_an_announced_document_waits_for_its_bytes_and_is_counted() -> None:
    decision = announced(expires_on="2026-01-31", credit_code=CODES[0])
    assert touched(decision) == [keys.document("application", ID), APPLICATION]
    stored = load(Document, after(write_to(decision, keys.document("application", ID))))
    assert (stored.status, stored.kind, stored.expires_on, stored.version) == (
        "awaiting_upload", "business_licence", "2026-01-31", None,
    )  # fmt: skip
    write = write_to(decision, APPLICATION)
    assert after(write, application(announced=4))["announced"] == 5
    assert "version" not in write.add  # so that it may be decided on meanwhile


def test_an_application_takes_so_many_documents_and_no_more() -> None:
    write = write_to(announced(), APPLICATION)
    assert holds(write, application(announced=DOCUMENTS_MAX - 1))
    full = refusal(write, application(announced=DOCUMENTS_MAX))
    assert isinstance(full, DocumentsFull)
    assert (full.status, full.facts["limit"]) == (409, DOCUMENTS_MAX)
    for language in ("en", "zh"):
        assert str(DOCUMENTS_MAX) in full.text(language)
    submitted = refusal(write, application(status="submitted"))
    assert (type(submitted), submitted.facts["state"]) == (InvalidState, "submitted")


def test_only_the_applicant_announces_and_only_before_it_is_submitted() -> None:
    with pytest.raises(RoleNotAllowed):
        announced(party="exchange")
    with pytest.raises(InvalidState):
        announced(application(status="reviewed"))


@pytest.mark.parametrize(
    ("change", "pointer"), [({"credit_code": CODES[1]}, "/credit_code"), ({"expires_on": "2026-01-30"}, "/expires_on")]
)
def test_a_licence_of_another_or_of_yesterday_is_not_announced(change: Any, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        announced(**change)
    assert refused.value.facts["errors"][0]["pointer"] == pointer


def settled(before: Application, fault: Text | None = None, **changes: Any) -> Decision:
    return documents.settle(command(role="system"), before, document(**changes), "etag", fault)


def counting(decision: Decision, before: Application) -> dict[Any, Counting]:
    return dict(load(Application, after(write_to(decision, APPLICATION), before)).documents)


def test_a_document_that_arrived_counts_for_its_kind_once() -> None:
    before = application(documents={})
    decision = settled(before, expires_on="2030-12-31")
    assert touched(decision) == [DOCUMENT, APPLICATION, LINE]
    write = write_to(decision, DOCUMENT)
    stored = load(Document, after(write, document()))
    assert (stored.status, stored.version, stored.arrived_at) == ("arrived", "etag", AT)
    assert counting(decision, before) == {
        "credit_report": Counting(id="document", announced_at=AT, expires_on="2030-12-31")
    }
    assert refusal(write, stored).facts["state"] == "arrived"
    assert not holds(write_to(decision, APPLICATION), application(version=before.version + 1))


def test_of_a_kind_the_newest_counts_whatever_arrives_first() -> None:
    newer = {"credit_report": Counting(id="newer", announced_at="2026-02-01T08:00:00.000Z")}
    older = {"credit_report": Counting(id="older", announced_at="2026-01-01T08:00:00.000Z")}
    before = application(documents=newer)
    assert counting(settled(before), before) == newer
    before = application(documents=older)
    assert counting(settled(before), before)["credit_report"].id == "document"


def test_a_faulty_document_is_refused_in_both_languages_and_does_not_count() -> None:
    before = application(documents={})
    decision = settled(before, FAULT)
    stored = load(Document, after(write_to(decision, DOCUMENT), document()))
    assert (stored.status, stored.reason, stored.reason_zh) == ("refused", FAULT.en, FAULT.zh)
    assert counting(decision, before) == {}
    assert FAULT.en in after(write_to(decision, LINE))["comment"]


def test_what_comes_after_the_submission_is_refused() -> None:
    decision = settled(application(status="submitted"))
    assert load(Document, after(write_to(decision, DOCUMENT), document())).reason == documents.LATE.en


def linked(party: str, before: Application | None = None, **changes: Any) -> Decision:
    arrived = document(**({"status": "arrived"} | changes))
    return documents.link(command(), before or application(), party, arrived)


@pytest.mark.parametrize("party", ["exchange", "bureau"])
def test_reviewers_get_as_many_links_as_they_need(party: str) -> None:
    decision = linked(party)
    assert touched(decision) == [LINE]
    assert "document" in after(write_to(decision, LINE))["comment"]


def test_the_applicant_gets_so_many_links_and_no_more() -> None:
    write = write_to(linked("applicant"), APPLICATION)
    assert after(write, application(links=7))["links"] == 8
    assert holds(write, application(links=LINKS_MAX - 1))
    full = refusal(write, application(links=LINKS_MAX))
    assert isinstance(full, LinksFull)
    assert full.facts["limit"] == LINKS_MAX


def test_what_was_submitted_is_read_from_where_it_stays() -> None:
    assert "incoming/documents/application/document" in linked("exchange").answer.model_dump()["url"]
    kept = linked("exchange", application(kept=("document",)))
    assert kept.answer.model_dump()["url"] == "https://files/documents/application/document"


def test_the_operator_reads_no_documents_and_nobody_one_that_is_not_there() -> None:
    with pytest.raises(NotFound):
        linked("operator")
    for status in ("awaiting_upload", "refused"):
        with pytest.raises(InvalidState):
            linked("exchange", status=status)
