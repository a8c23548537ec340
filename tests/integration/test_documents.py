"""Documents of applications: announced, sent, checked, counted and read."""

import hashlib
import io
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.onboarding.documents import actions as documents
from chalicelib.onboarding.documents.uploads import file_key, kept_key
from chalicelib.settings import settings
from infra.dev.demo.files import jpeg, pdf, png
from tests.desk import BUREAU, EXCHANGE, PDF, Desk, institution
from tests.world import CODES, World

SHOP = institution("shop")


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution()
    return Desk(world)


@pytest.fixture
def draft(desk: Desk) -> str:
    return desk.draft("event")


@pytest.mark.parametrize(
    ("content", "content_type"), [(pdf("x"), "application/pdf"), (png(9), "image/png"), (jpeg(), "image/jpeg")]
)
def test_a_document_counts_once_its_bytes_arrived(desk: Desk, draft: str, content: bytes, content_type: str) -> None:
    made = desk.open(draft, "credit_report", content, content_type=content_type).body
    assert made["status"] == "awaiting_upload"
    assert not desk.document(draft, made["id"])["counts"]
    desk.tell(file_key(draft, made["id"]))  # before there is anything
    assert desk.document(draft, made["id"])["status"] == "awaiting_upload"
    desk.upload(draft, made["id"], content)
    for _ in range(2):
        desk.tell(file_key(draft, made["id"]))
    document = desk.document(draft, made["id"])
    assert (document["status"], document["counts"], document["reason"]) == ("arrived", True, None)
    lines = [line for line in desk.get(draft)["history"] if line["action"] == "document"]
    assert [(line["by_role"], line["outcome"]) for line in lines] == [("system", "arrived")]


def test_a_hash_in_capitals_is_the_same_hash(desk: Desk, draft: str) -> None:
    capitals = hashlib.sha256(PDF).hexdigest().upper()
    assert capitals != capitals.lower()
    assert desk.document(draft, desk.send(draft, "credit_report", sha256=capitals))["status"] == "arrived"


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.pdf", PDF)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "sent", "reason"),
    [
        (PDF, PDF + b"x", "bytes"),
        (PDF, PDF[:-1], "bytes"),
        (PDF, PDF[:-1] + b"x", "SHA-256"),
        (_zip(), None, "application/pdf"),
        (png(1), None, "application/pdf"),
        (b"%PDF-1.4 and nonsense", None, "application/pdf"),
        (b"x", None, "application/pdf"),
    ],
)
def test_other_bytes_are_refused_with_a_reason(desk: Desk, draft: str, content: bytes, sent: Any, reason: str) -> None:
    document = desk.document(draft, desk.send(draft, "credit_report", content, sent=sent))
    assert (document["status"], document["counts"]) == ("refused", False)
    assert reason in document["reason"]
    assert document["reason_zh"]
    assert document["link"] is None


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"bytes": 0}, "/bytes"),
        ({"bytes": 20 * 1024 * 1024 + 1}, "/bytes"),
        ({"content_type": "application/zip"}, "/content_type"),
        ({"sha256": "0" * 63}, "/sha256"),
        ({"sha256": "G" * 64}, "/sha256"),
        ({"kind": "passport"}, "/kind"),
        ({"expires_on": "2020-01-01"}, "/expires_on"),
        ({"expires_on": "2030-02-30"}, "/expires_on"),
        ({"credit_code": CODES[1]}, "/credit_code"),
        ({"credit_code": "1"}, "/credit_code"),
    ],
)
def test_what_cannot_be_a_document_is_not_announced(desk: Desk, draft: str, change: Any, pointer: str) -> None:
    refused = desk.open(draft, "business_licence", **change)
    assert (refused.status, refused.pointers) == (422, [pointer])
    assert desk.get(draft)["documents"] == []


def test_the_largest_file_may_be_announced_with_what_a_licence_says(desk: Desk, draft: str) -> None:
    body: dict[str, Any] = {"bytes": 20 * 1024 * 1024, "expires_on": "2098-12-31", "credit_code": CODES[0]}
    made = desk.open(draft, "business_licence", **body)
    assert made.status == 201
    form = made.body["upload"]
    assert form["fields"]["key"] == f"incoming/documents/{draft}/{made.body['id']}"
    assert form["fields"]["Content-Type"] == "application/pdf"


def test_of_a_kind_the_newest_that_arrived_counts(desk: Desk, draft: str) -> None:
    early = desk.open(draft, "credit_report").body["id"]
    first = desk.send(draft, "credit_report")
    newest = desk.send(draft, "credit_report", b"%PDF-2 %%EOF")
    broken = desk.send(draft, "credit_report", b"no pdf")
    desk.upload(draft, early, PDF)  # announced first, comes last
    desk.tell(file_key(draft, early))
    counting = {each["id"]: each["counts"] for each in desk.get(draft)["documents"]}
    assert counting == {early: False, first: False, newest: True, broken: False}


def test_an_incomplete_application_is_not_submitted(desk: Desk, draft: str) -> None:
    required = desk.get(draft)["required_documents"]
    answer = desk.step(draft, "submit", {}, **SHOP)
    assert (answer.refused, answer.body["missing"]) == ((409, "documents_missing"), required)
    for kind in required[1:]:
        desk.send(draft, kind)
    desk.open(draft, required[0])  # never sent
    desk.send(draft, required[0], b"no pdf")
    assert desk.step(draft, "submit", {}, **SHOP).body["missing"] == required[:1]
    desk.send(draft, required[0])
    assert desk.step(draft, "submit", {}, **SHOP).status == 200


def test_what_comes_after_the_submission_is_refused(desk: Desk) -> None:
    application = desk.bring("event", "draft")
    late = desk.open(application, "credit_report").body["id"]
    desk.step(application, "submit", {}, **SHOP)
    assert desk.open(application, "credit_report").refused == (409, "invalid_state")
    desk.upload(application, late, PDF)
    desk.tell(file_key(application, late))
    document = desk.document(application, late)
    assert (document["status"], "submitted" in document["reason"]) == ("refused", True)


def test_submitted_documents_are_kept_apart(desk: Desk) -> None:
    application = desk.bring("event", "submitted")
    bucket = settings().documents_bucket
    counting = [each["id"] for each in desk.get(application)["documents"]]
    for document in counting:
        assert desk.s3.get_object(Bucket=bucket, Key=kept_key(application, document))["Body"].read()
        desk.s3.delete_object(Bucket=bucket, Key=file_key(application, document))
    url = desk.step(application, f"documents/{counting[0]}/link", {}, **BUREAU).body["url"]
    assert kept_key(application, counting[0]) in urlsplit(url).path


def test_bytes_that_are_gone_or_replaced_count_no_more(desk: Desk) -> None:
    application = desk.bring("event", "draft")
    bucket = settings().documents_bucket
    gone, replaced = (each["id"] for each in desk.get(application)["documents"][:2])
    desk.s3.delete_object(Bucket=bucket, Key=file_key(application, gone))
    desk.upload(application, replaced, b"something else")
    desk.tell(file_key(application, replaced))  # settled before
    answer = desk.step(application, "submit", {}, **SHOP)
    assert answer.refused == (409, "documents_missing")
    assert len(answer.body["missing"]) == 2


def test_links_live_minutes_and_stand_in_the_history(desk: Desk, draft: str) -> None:
    document = desk.send(draft, "credit_report")
    path = desk.document(draft, document)["link"]
    for who in (SHOP, EXCHANGE, BUREAU):
        link = desk.world.post(path, {}, **who)
        assert link.status == 201
        address = urlsplit(link.body["url"])
        assert parse_qs(address.query)["X-Amz-Expires"] == ["300"]
        assert address.path.endswith(file_key(draft, document))
    lines = [line for line in desk.get(draft)["history"] if line["action"] == "link"]
    assert [line["by_role"] for line in lines] == ["institution", "exchange", "bureau"]
    assert all(document in line["comment"] for line in lines)
    assert desk.world.post(path, {}, **institution("rival")).refused == (404, "not_found")
    assert desk.world.post(path, {}, role="individual", sub="shop").refused == (403, "role_not_allowed")
    waiting = desk.open(draft, "other").body["id"]
    assert desk.step(draft, f"documents/{waiting}/link", {}, **SHOP).refused == (409, "invalid_state")


def test_only_the_applicant_sends_documents(desk: Desk, draft: str) -> None:
    desk.world.institution("rival", CODES[1])
    assert desk.open(draft, "other", sub="rival").refused == (404, "not_found")


def test_an_application_takes_so_many_documents_and_no_more(
    desk: Desk, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "DOCUMENTS_MAX", 2)
    answers = [desk.open(draft, "other") for _ in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 409]
    assert answers[2].body["state"] == "full"


@pytest.mark.parametrize("key", ["incoming/documents/", "incoming/documents/x", "incoming/documents/x/y", "incoming/z"])
def test_objects_that_nobody_announced_are_left_alone(desk: Desk, key: str) -> None:
    before = desk.world.items()
    desk.tell(key)
    assert desk.world.items() == before


def test_a_media_type_in_capitals_is_the_same_type(desk: Desk, draft: str) -> None:
    made = desk.open(draft, "credit_report", content_type="Application/PDF")
    assert (made.status, made.body["upload"]["fields"]["Content-Type"]) == (201, "application/pdf")
