"""Files of a dispute: announced, checked when they arrive, kept, and opened by who sent them and who rules."""

import hashlib
from typing import Any

import boto3
import pytest

from chalicelib.disputes.evidence.items import EVIDENCE_MAX
from chalicelib.disputes.evidence.model import evidence_key, kept_evidence_key
from chalicelib.settings import settings
from infra.dev.demo.files import pdf
from tests.desk import Desk
from tests.disputes import ALICE, AUDITOR, BUREAU, EXCHANGE, PATH, SHOP, opened, order, seen, withdraw
from tests.world import Answer, World

FILE = pdf("a photograph")


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def claimed(world: World, desk: Desk) -> str:
    return opened(world, "redemption", order(world))


def open_upload(world: World, claimed: str, content: bytes = FILE, who: Any = ALICE, **changes: Any) -> Answer:
    body = {
        "file_name": "王小明的照片.pdf", "content_type": "application/pdf", "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    } | changes  # fmt: skip
    return world.post(f"{PATH}/{claimed}/evidence", body, **who)


def send(desk: Desk, claimed: str, sent: bytes = FILE, **options: Any) -> str:
    """The id of a file that was announced, and for which ``sent`` came."""
    made = open_upload(desk.world, claimed, **options)
    assert made.status == 201, made
    id = str(made.body["id"])
    desk.s3.put_object(Bucket=settings().documents_bucket, Key=evidence_key(claimed, id), Body=sent)
    for _ in range(2):
        desk.tell(evidence_key(claimed, id))
    return id


def link(world: World, claimed: str, id: str, **who: Any) -> Answer:
    return world.post(f"{PATH}/{claimed}/evidence/{id}/link", **who)


def test_a_file_counts_once_its_bytes_arrived_and_is_kept(world: World, desk: Desk, claimed: str) -> None:
    made = open_upload(world, claimed)
    form = made.body["upload"]["fields"]
    assert form["key"] == evidence_key(claimed, made.body["id"])
    assert form["Content-Type"] == "application/pdf"
    desk.tell(form["key"])  # before there is anything
    assert seen(world, claimed)["evidence"][0]["status"] == "awaiting_upload"
    id = send(desk, claimed)
    found = {each["id"]: each for each in seen(world, claimed)["evidence"]}[id]
    assert (found["status"], found["by"], found["sha256"]) == ("arrived", "person", hashlib.sha256(FILE).hexdigest())
    kept = boto3.client("s3").get_object(Bucket=settings().documents_bucket, Key=kept_evidence_key(claimed, id))
    assert kept["Body"].read() == FILE


@pytest.mark.parametrize("sent", [FILE + b"x", FILE[:-1] + b"x", b"x"])
def test_other_bytes_are_refused_with_a_reason(world: World, desk: Desk, claimed: str, sent: bytes) -> None:
    id = send(desk, claimed, sent)
    [found] = seen(world, claimed)["evidence"]
    assert (found["status"], found["link"]) == ("refused", None)
    assert found["reason"]
    assert found["reason_zh"]
    assert link(world, claimed, id, **ALICE).refused == (409, "invalid_state")


@pytest.mark.parametrize(("sender", "other"), [(ALICE, SHOP), (SHOP, ALICE)])
def test_who_sent_it_and_who_rules_open_it_and_the_other_party_sees_that_it_exists(
    world: World, desk: Desk, claimed: str, sender: dict[str, Any], other: dict[str, Any]
) -> None:
    id = send(desk, claimed, who=sender)
    for who in (sender, EXCHANGE):
        [found] = seen(world, claimed, **who)["evidence"]
        assert (found["file_name"], found["link"]) == ("王小明的照片.pdf", f"{PATH}/{claimed}/evidence/{id}/link")
        answer = link(world, claimed, id, **who)
        assert (answer.status, "evidence-" in answer.body["url"]) == (201, True)
    for who in (other, BUREAU, AUDITOR):
        [found] = seen(world, claimed, **who)["evidence"]
        assert (found["file_name"], found["link"], found["status"]) == (None, None, "arrived")
    for who in (other, BUREAU):
        assert link(world, claimed, id, **who).refused == (404, "not_found")


def test_a_link_stands_on_its_record_without_the_address(world: World, desk: Desk, claimed: str) -> None:
    link(world, claimed, send(desk, claimed), **EXCHANGE)
    [record] = [each["id"] for each in world.records() if each["kind"] == "evidence_link"]
    found = world.get(f"/v1/records/{record}", reason="audit", **AUDITOR).body
    assert (found["withheld"], found["references"]["dispute"]) == (["url"], claimed)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"bytes": 0}, "/bytes"),
        ({"bytes": 20 * 1024 * 1024 + 1}, "/bytes"),
        ({"content_type": "application/zip"}, "/content_type"),
        ({"sha256": "0" * 63}, "/sha256"),
        ({"kind": "other"}, "/kind"),
    ],
)
def test_what_cannot_be_evidence_is_not_announced(world: World, claimed: str, change: Any, pointer: str) -> None:
    assert open_upload(world, claimed, **change).pointers == [pointer]


def test_a_dispute_takes_so_many_files_and_none_once_it_has_ended(world: World, claimed: str) -> None:
    for number in range(EVIDENCE_MAX):
        assert open_upload(world, claimed, who=(ALICE, SHOP)[number % 2]).status == 201
    full = open_upload(world, claimed)
    assert (full.refused, full.body["limit"]) == ((409, "invalid_state"), EVIDENCE_MAX)
    assert withdraw(world, claimed).status == 200
    assert open_upload(world, claimed).body["state"] == "withdrawn"
    assert open_upload(world, claimed, who=EXCHANGE).refused == (403, "role_not_allowed")


def test_a_file_that_comes_after_the_end_is_kept(world: World, desk: Desk, claimed: str) -> None:
    id = str(open_upload(world, claimed).body["id"])
    withdraw(world, claimed)
    desk.s3.put_object(Bucket=settings().documents_bucket, Key=evidence_key(claimed, id), Body=FILE)
    desk.tell(evidence_key(claimed, id))
    assert [each["status"] for each in seen(world, claimed)["evidence"]] == ["arrived"]
