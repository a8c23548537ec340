"""A presigned upload wakes the app's handler, and a kill in between does not make it forget."""

import base64
import hashlib
from pathlib import Path

import httpx
import pytest

from tests.system.conftest import Sample, eventually

pytestmark = pytest.mark.system


def send(stack: Sample, name: str, content: bytes, folder: str = "incoming") -> int:
    form = httpx.post(f"{stack.url}/v1/uploads/{folder}%2F{name}").json()
    return httpx.post(form["url"], data=form["fields"], files={"file": content}).status_code


def heard(stack: Sample) -> set[str]:
    return {key for key, _ in stack.notes("upload")}


def test_an_upload_reaches_its_handler(sample: Sample) -> None:
    assert send(sample, "unasked", b"hello", folder="elsewhere") == 204
    assert send(sample, "letter", b"hello") == 204
    eventually(lambda: heard(sample) == {"incoming/letter"})


def test_storage_enforces_the_signed_limits(sample: Sample) -> None:
    assert send(sample, "heavy", b"x" * 101) == 400


def test_storage_refuses_bytes_that_are_not_the_signed_ones(sample: Sample) -> None:
    named = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    signed = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-sha256": named}
    form = sample.client("s3", signature_version="s3v4").generate_presigned_post(
        sample.environment["DOCUMENTS_BUCKET"],
        "elsewhere/named",
        Fields=signed,
        Conditions=[{name: value} for name, value in signed.items()],
    )
    for fields, content, status, code in (
        (form["fields"], b"hallo", 400, "BadDigest"),
        (form["fields"] | {"x-amz-signature": "0" * 64}, b"hallo", 403, "SignatureDoesNotMatch"),
        (form["fields"], b"hello", 204, ""),
    ):
        answer = httpx.post(form["url"], data=fields, files={"file": content})
        assert (answer.status_code, code in answer.text) == (status, True), answer.text


def test_a_page_of_an_allowed_origin_reads_the_answer_of_its_upload(tmp_path: Path) -> None:
    page, other = {"Origin": "https://h5.example.org"}, {"Origin": "https://elsewhere.example.org"}
    with Sample(tmp_path, CORS_ORIGINS=page["Origin"]) as stack:
        form = httpx.post(f"{stack.url}/v1/uploads/incoming%2Fphoto").json()
        asked = {"Access-Control-Request-Method": "POST"}
        assert httpx.options(form["url"], headers=page | asked).headers["Access-Control-Allow-Origin"] == page["Origin"]
        assert httpx.options(form["url"], headers=other | asked).status_code == 403
        sent = httpx.post(form["url"], data=form["fields"], files={"file": b"x"}, headers=page)
        assert (sent.status_code, sent.headers["Access-Control-Allow-Origin"]) == (204, page["Origin"])
        assert sent.headers["Access-Control-Expose-Headers"] == "ETag"


def test_uploads_are_told_again_after_a_kill(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        stack.freeze("pumps")
        assert send(stack, "unasked", b"hello", folder="elsewhere") == 204
        assert send(stack, "unheard", b"hello") == 204
        stack.kill9()
        assert heard(stack) == set()
        stack.start()
        eventually(lambda: heard(stack) == {"incoming/unheard"})
