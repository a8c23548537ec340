"""A file of trips over the whole local system: announced over HTTP, sent to S3, and the points arrive."""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from infra.dev.local.stack import LocalStack
from tests.batches import file, trip
from tests.numbers import identity_number
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
BASE = "/v1/reduction-batches"
SCENARIO_OPERATOR = ("scenario_operator", "operator")
LINES = 300
PART_BYTES = 5 << 20
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(tmp_path_factory.mktemp("batches") / "data") as stack:
        post(stack, "/v1/methodologies", ("bureau", "bureau"), METHODOLOGY)
        post(stack, "/v1/scenarios", ("bureau", "bureau"), SCENARIO)
        yield stack


METHODOLOGY = {
    "code": "SHCER-01", "title": "轨道交通碳普惠方法学", "kind": "scenario", "document_sha256": "0" * 64,
    "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
}  # fmt: skip
SCENARIO = {
    "code": "metro", "name": "轨道交通出行", "methodology": "SHCER-01", "operator": "operator", "unit": "km",
    "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None,
    "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
}  # fmt: skip


def post(stack: LocalStack, path: str, caller: tuple[str, str], body: Any) -> Any:
    headers = {"Authorization": f"Bearer {stack.token(*caller)}", "Idempotency-Key": os.urandom(8).hex()}
    answer = httpx.post(stack.url + path, json=body, headers=headers, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()


def get(stack: LocalStack, path: str, caller: tuple[str, str]) -> Any:
    answer = httpx.get(stack.url + path, headers={"Authorization": f"Bearer {stack.token(*caller)}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


def person(stack: LocalStack, serial: int) -> str:
    body = {"kind": "individual", "name": "王小明", "identity_number": identity_number(serial)}
    return str(post(stack, "/v1/accounts", ("individual", f"person-{serial}"), body)["id"])


def points(stack: LocalStack, serial: int) -> int:
    return int(get(stack, "/v1/accounts/me", ("individual", f"person-{serial}"))["balances"]["points"])


def open_batch(stack: LocalStack, content: bytes) -> Any:
    body = {"scenario": "metro", "lines": content.count(b"\n"), "sha256": hashlib.sha256(content).hexdigest()}
    return post(stack, BASE, SCENARIO_OPERATOR, body)


def send(form: Any, content: bytes) -> httpx.Response:
    upload = form["upload"]
    return httpx.post(upload["url"], data=upload["fields"], files={"file": ("lines.jsonl", content)}, timeout=30)


def done(stack: LocalStack, batch: str) -> bool:
    return bool(get(stack, f"{BASE}/{batch}", SCENARIO_OPERATOR)["status"] == "done")


def test_an_uploaded_file_becomes_points_and_a_list_of_refusals(stack: LocalStack) -> None:
    accounts = [person(stack, serial) for serial in range(3)]
    trips = [trip(f"r{number}", accounts[number % 3]) for number in range(LINES)]
    content = file(*trips, b"{", trip("nobody", "nobody"), trips[0])
    announced = open_batch(stack, content)
    assert send(announced, content).status_code in {200, 201, 204}
    eventually(lambda: done(stack, announced["id"]), 60)
    found = get(stack, f"{BASE}/{announced['id']}", SCENARIO_OPERATOR)
    assert (found["converted"], found["refused"], found["points"]) == (LINES, 3, LINES * 71)
    assert [points(stack, serial) for serial in range(3)] == [LINES // 3 * 71] * 3
    refused = httpx.get(found["refused_lines"]["url"])
    assert refused.headers["Content-Disposition"] == f'attachment; filename="{announced["id"]}-refused.jsonl"'
    codes = [json.loads(line)["code"] for line in refused.text.splitlines()]
    assert codes == ["malformed_json", "invalid_request", "already_reported"]


@pytest.mark.parametrize("change", ["key", "content_type", "checksum", "size"])
def test_the_bucket_takes_only_what_was_announced(stack: LocalStack, change: str) -> None:
    content = file(trip("x", "nobody"))
    announced = open_batch(stack, content)
    fields = announced["upload"]["fields"]
    if change == "key":
        fields["key"] += "x"
    elif change == "content_type":
        fields["Content-Type"] = "text/html"
    elif change == "checksum":
        fields["x-amz-checksum-sha256"] = "A" * 43 + "="
    sent = b"x" * (33 * 1024 * 1024) if change == "size" else content
    assert send(announced, sent).status_code in {400, 403}
    assert get(stack, f"{BASE}/{announced['id']}", SCENARIO_OPERATOR)["status"] == "awaiting_upload"


def test_other_bytes_make_no_points(stack: LocalStack) -> None:
    content = file(trip("y", person(stack, 9)))
    announced = open_batch(stack, content)
    sent = send(announced, content.replace(b'"1"', b'"9"'))
    assert (sent.status_code, "BadDigest" in sent.text) == (400, True)
    assert get(stack, f"{BASE}/{announced['id']}", SCENARIO_OPERATOR)["status"] == "awaiting_upload"
    assert points(stack, 9) == 0


def sender() -> ModuleType:
    """The example of docs/files.md."""
    spec = importlib.util.spec_from_file_location("send_trips", ROOT / "docs" / "examples" / "send_trips.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_sender_that_was_interrupted_goes_on_with_the_next_part(
    stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = person(stack, 20)
    trips = [trip(f"part{number}", account) for number in range(2)]
    path = tmp_path / "trips.jsonl"
    path.write_bytes(file(trips[0]) + b"\n" * (2 * PART_BYTES) + file(trips[1]))
    example = sender()
    platform = example.Platform(stack.url, stack.token(*SCENARIO_OPERATOR))
    put, sent = example.patiently, []

    def breaks(request: Any) -> Any:
        if request.get_method() == "PUT":
            sent.append(request.full_url)
            if len(sent) == 2:
                raise OSError("the line breaks")
        return put(request)

    monkeypatch.setattr(example, "patiently", breaks)
    with pytest.raises(OSError, match="the line breaks"):
        example.send(platform, path, "metro", PART_BYTES)
    batch = example.send(platform, path, "metro", PART_BYTES)
    assert len(sent) == 4
    eventually(lambda: done(stack, batch), 60)
    found = get(stack, f"{BASE}/{batch}", SCENARIO_OPERATOR)
    assert (found["converted"], found["refused"], found["points"]) == (2, 0, 142)
    assert example.send(platform, path, "metro", PART_BYTES) == batch


@pytest.mark.parametrize("change", ["bytes", "size", "number", "checksum"])
def test_an_address_takes_only_the_part_that_was_named(stack: LocalStack, change: str) -> None:
    content = b"x" * 100
    batch = open_batch(stack, file(trip("z", "nobody")))["id"]
    named = {"number": 1, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    [address] = post(stack, f"{BASE}/{batch}/parts", SCENARIO_OPERATOR, {"parts": [named]})["parts"]
    sent = {"bytes": b"y" * 100, "size": content + b"x"}.get(change, content)
    url = address["url"].replace("partNumber=1", "partNumber=2") if change == "number" else address["url"]
    headers = {} if change == "checksum" else address["headers"]
    assert httpx.put(url, content=sent, headers=headers).status_code in {400, 403}
    assert get(stack, f"{BASE}/{batch}/parts", SCENARIO_OPERATOR)["parts"] == []
    assert httpx.put(address["url"], content=content, headers=address["headers"]).status_code == 200
    assert get(stack, f"{BASE}/{batch}/parts", SCENARIO_OPERATOR)["parts"] == [named]


def test_a_kill_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with LocalStack(tmp_path / "data") as stack:
        post(stack, "/v1/methodologies", ("bureau", "bureau"), METHODOLOGY)
        post(stack, "/v1/scenarios", ("bureau", "bureau"), SCENARIO)
        account = person(stack, 0)
        content = file(*(trip(f"r{number}", account) for number in range(LINES)))
        announced = open_batch(stack, content)
        send(announced, content)
        eventually(lambda: points(stack, 0) > 0)
        stack.kill9()
        stack.start()
        eventually(lambda: done(stack, announced["id"]), 60)
        assert points(stack, 0) == LINES * 71
        found = get(stack, f"{BASE}/{announced['id']}", SCENARIO_OPERATOR)
        assert (found["converted"], found["refused"]) == (LINES, 0)
