"""A batch's file in parts: addresses, what arrived, and the whole; interrupted, doubled, and sent by others."""

import base64
import gzip
import hashlib
import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.batches.sending import actions
from chalicelib.batches.sending.model import TOGETHER_MAX
from chalicelib.files import multipart
from chalicelib.files.multipart import PART_BYTES_MIN
from chalicelib.settings import settings
from tests.batches import BASE, SCENARIO_OPERATOR, Batches, file, trip
from tests.world import Answer

BIG = PART_BYTES_MIN + 1000


def part(number: int, content: bytes) -> dict[str, Any]:
    return {"number": number, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def cut(content: bytes, size: int = BIG) -> dict[int, bytes]:
    return {1 + at // size: content[at : at + size] for at in range(0, len(content), size)}


def ask(batches: Batches, batch: str, *parts: dict[str, Any], **options: Any) -> Answer:
    return batches.world.post(f"{BASE}/{batch}/parts", {"parts": list(parts)}, **(SCENARIO_OPERATOR | options))


def put(batches: Batches, address: dict[str, Any], content: bytes) -> None:
    """What S3 does with a PUT to the address."""
    split = urlsplit(address["url"])
    asked = {name: value for name, [value] in parse_qs(split.query).items()}
    batches.s3.upload_part(
        Bucket=settings().documents_bucket,
        Key=split.path.lstrip("/"),
        UploadId=asked["uploadId"],
        PartNumber=int(asked["partNumber"]),
        Body=content,
        ChecksumSHA256=address["headers"]["x-amz-checksum-sha256"],
    )


def send(batches: Batches, batch: str, parts: dict[int, bytes]) -> None:
    asked = ask(batches, batch, *(part(number, content) for number, content in parts.items()))
    assert asked.status == 201, asked
    for address in asked.body["parts"]:
        put(batches, address, parts[address["number"]])


def complete(batches: Batches, batch: str, parts: int, **options: Any) -> Answer:
    return batches.world.post(f"{BASE}/{batch}/parts/complete", {"parts": parts}, **(SCENARIO_OPERATOR | options))


def arrived(batches: Batches, batch: str) -> tuple[bool, list[int]]:
    found = batches.world.get(f"{BASE}/{batch}/parts", **SCENARIO_OPERATOR).body
    return found["complete"], [each["number"] for each in found["parts"]]


@pytest.fixture
def trips(batches: Batches) -> bytes:
    """A file of three parts: few lines, and blanks that do not count."""
    alice = batches.world.person()
    return file(trip("a", alice), b" " * 4000, trip("b", alice)) + b"\n" * (2 * BIG) + file(trip("c", alice))


@pytest.fixture
def opened(batches: Batches, trips: bytes) -> str:
    return str(batches.open(trips, lines=3).body["id"])


def test_a_file_in_parts_becomes_points_as_one_that_came_whole(batches: Batches, trips: bytes, opened: str) -> None:
    parts = cut(trips)
    send(batches, opened, dict(reversed(parts.items())))
    assert arrived(batches, opened) == (False, [1, 2, 3])
    answer = complete(batches, opened, 3)
    assert (answer.status, answer.body["status"]) == (200, "awaiting_upload")
    assert arrived(batches, opened) == (True, [])
    batches.process(opened)
    assert batches.sums(opened) == ("done", 3, 0, 213)
    etag = next(item["etag"]["S"] for item in batches.world.items() if item["sk"] == {"S": "batch"})
    assert etag.strip('"').endswith("-3")


def test_a_packed_file_comes_in_parts_too(batches: Batches, trips: bytes) -> None:
    packed = gzip.compress(trips, 0)  # as large as before, so that it has parts
    batch = str(batches.open(packed, lines=3).body["id"])
    send(batches, batch, cut(packed))
    assert complete(batches, batch, 3).status == 200
    batches.process(batch)
    assert batches.sums(batch) == ("done", 3, 0, 213)


def test_an_address_takes_one_part_and_only_its_bytes(batches: Batches, opened: str) -> None:
    [address] = ask(batches, opened, part(2, b"x" * 9)).body["parts"]
    asked = {name: value for name, [value] in parse_qs(urlsplit(address["url"]).query).items()}
    assert asked["X-Amz-SignedHeaders"] == "content-length;host;x-amz-checksum-sha256"
    assert (asked["partNumber"], asked["X-Amz-Expires"]) == ("2", "3600")
    hashed = base64.b64encode(hashlib.sha256(b"x" * 9).digest()).decode()
    assert address["headers"] == {"x-amz-checksum-sha256": hashed}


def test_an_interrupted_sender_goes_on_where_it_stopped(batches: Batches, trips: bytes, opened: str) -> None:
    parts = cut(trips)
    send(batches, opened, {2: parts[2]})
    found = batches.world.get(f"{BASE}/{opened}/parts", **SCENARIO_OPERATOR).body
    assert [(each["number"], each["bytes"]) for each in found["parts"]] == [(2, BIG)]
    refused = complete(batches, opened, 3)
    assert refused.refused == (409, "parts_missing")
    assert (refused.body["missing_parts"], refused.body["arrived"]) == ([1, 3], 1)
    send(batches, opened, {1: parts[1], 3: parts[3]})
    assert complete(batches, opened, 3).status == 200
    batches.process(opened)
    assert batches.sums(opened)[0] == "done"


def test_a_part_that_is_sent_again_replaces_the_one_before(batches: Batches, trips: bytes, opened: str) -> None:
    parts = cut(trips)
    send(batches, opened, parts | {2: b"y" * BIG})
    send(batches, opened, {2: parts[2]})
    assert complete(batches, opened, 3).status == 200
    batches.process(opened)
    assert batches.sums(opened)[0] == "done"


def test_other_bytes_are_refused_as_a_whole(batches: Batches, trips: bytes, opened: str) -> None:
    parts = cut(trips)
    send(batches, opened, parts | {2: parts[2].replace(b"\n", b" ", 1)})
    assert complete(batches, opened, 3).status == 200
    batches.process(opened)
    found = batches.get(opened)
    assert (found["status"], found["reason"]) == ("refused", "The file's SHA-256 is not the announced one.")
    assert complete(batches, opened, 3).body["status"] == "refused"


@pytest.mark.parametrize(
    ("sizes", "count", "detail"),
    [
        ({1: 100, 2: 100}, 2, "Part 1 has 100 bytes; only the last may have fewer than 5242880"),
        (
            {1: 100, 2: 100}, 1,
            "Part 2 has arrived, too. Cut the file as before, or announce it again with a new Idempotency-Key",
        ),
    ],
)  # fmt: skip
def test_parts_that_make_no_file(batches: Batches, opened: str, sizes: dict[int, int], count: int, detail: str) -> None:
    send(batches, opened, {number: b"x" * size for number, size in sizes.items()})
    refused = complete(batches, opened, count)
    assert (refused.refused, refused.body["errors"][0]["detail"]) == ((422, "invalid_request"), detail)
    assert arrived(batches, opened) == (False, [1, 2])


@pytest.mark.parametrize(
    "parts",
    [
        [], [part(0, b"x")], [part(1001, b"x")], [part(1, b"")], [part(1, b"x")] * 2, [part(1, b"x") | {"sha256": "x"}],
        [part(1, b"x") | {"bytes": 5_000_000_001}], [part(number, b"x") for number in range(1, TOGETHER_MAX + 2)],
        [part(1, b"x") | {"bytes": 3_000_000_000}, part(2, b"x") | {"bytes": 3_000_000_000}],
    ],
)  # fmt: skip
def test_parts_that_no_file_has(batches: Batches, opened: str, parts: list[dict[str, Any]]) -> None:
    assert ask(batches, opened, *parts).refused == (422, "invalid_request")


def test_a_number_that_stands_twice_is_named_in_both_languages(batches: Batches, opened: str) -> None:
    refused = [
        ask(batches, opened, part(2, b"x"), part(2, b"y"), headers={"Accept-Language": language})
        for language in ("en", "zh-CN")
    ]
    assert [each.pointers for each in refused] == [["/parts"], ["/parts"]]
    details = [each.body["errors"][0]["detail"] for each in refused]
    assert details == ["Part 2 stands here twice: send one", "分片 2 出现两次，请只保留一个"]


@pytest.mark.parametrize("count", [0, 1001, "3", None])
def test_a_count_that_no_file_has(batches: Batches, opened: str, count: Any) -> None:
    assert complete(batches, opened, count).refused == (422, "invalid_request")


def test_what_has_arrived_counts_against_the_largest_file(
    batches: Batches, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "FILE_BYTES_MAX", 30)
    send(batches, opened, {1: b"x" * 20})
    assert ask(batches, opened, part(2, b"x" * 11)).pointers == ["/parts"]
    assert ask(batches, opened, part(2, b"x" * 10)).status == 201
    assert ask(batches, opened, part(1, b"x" * 30)).status == 201


def test_nothing_is_put_together_before_a_part_was_asked_for(batches: Batches, opened: str) -> None:
    assert arrived(batches, opened) == (False, [])
    assert complete(batches, opened, 1).refused == (409, "parts_missing")


def test_another_operator_finds_nothing(batches: Batches, trips: bytes, opened: str) -> None:
    send(batches, opened, cut(trips))
    other = {"sub": "another"}
    assert ask(batches, opened, part(1, b"x"), **other).status == 404
    assert complete(batches, opened, 3, **other).status == 404
    assert batches.world.get(f"{BASE}/{opened}/parts", role="scenario_operator", sub="another").status == 404
    assert complete(batches, opened, 3, role="bureau", sub="bureau").status == 403
    assert arrived(batches, opened) == (False, [1, 2, 3])


def test_a_replay_answers_the_same_addresses_and_begins_no_other_upload(batches: Batches, opened: str) -> None:
    first, again = (ask(batches, opened, part(1, b"x"), key="k") for _ in range(2))
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    upload = {parse_qs(urlsplit(each.body["parts"][0]["url"]).query)["uploadId"][0] for each in (first, again)}
    upload.add(parse_qs(urlsplit(ask(batches, opened, part(2, b"y")).body["parts"][0]["url"]).query)["uploadId"][0])
    assert len(upload) == 1


def test_of_two_uploads_that_begin_at_once_one_takes_all_parts(
    batches: Batches, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = multipart.begin

    def late(key: str, **options: Any) -> str:
        monkeypatch.setattr(multipart, "begin", begin)
        uploads.append(ask(batches, opened, part(1, b"x")).body["parts"][0]["url"])
        return begin(key, **options)

    uploads: list[str] = []
    monkeypatch.setattr(multipart, "begin", late)
    uploads.append(ask(batches, opened, part(2, b"y")).body["parts"][0]["url"])
    assert len({parse_qs(urlsplit(url).query)["uploadId"][0] for url in uploads}) == 1


def test_an_upload_that_was_forgotten_begins_anew(batches: Batches, trips: bytes, opened: str) -> None:
    parts = cut(trips)
    send(batches, opened, {1: parts[1]})
    [upload] = batches.s3.list_multipart_uploads(Bucket=settings().documents_bucket)["Uploads"]
    batches.s3.abort_multipart_upload(
        Bucket=settings().documents_bucket, Key=upload["Key"], UploadId=upload["UploadId"]
    )
    assert arrived(batches, opened) == (False, [])
    assert complete(batches, opened, 3).body["missing_parts"] == [1, 2, 3]
    send(batches, opened, parts)
    assert complete(batches, opened, 3).status == 200


def test_a_second_completion_changes_nothing(batches: Batches, trips: bytes, opened: str) -> None:
    send(batches, opened, cut(trips))
    first, replayed, again = (complete(batches, opened, 3, key=key) for key in ("k", "k", "other"))
    assert [each.status for each in (first, replayed, again)] == [200, 200, 200]
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert ask(batches, opened, part(1, b"x")).refused == (409, "invalid_state")
    batches.process(opened)
    late = complete(batches, opened, 3)
    assert (late.status, late.body["status"], late.body["converted"]) == (200, "done", 3)
    assert ask(batches, opened, part(1, b"x")).refused == (409, "invalid_state")
    assert arrived(batches, opened) == (True, [])
    assert batches.world.points() == 213


def test_a_part_that_is_sent_again_while_they_are_put_together_is_asked_for_again(
    batches: Batches, trips: bytes, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*arguments: Any) -> bool:
        send(batches, opened, {2: parts[2]})
        return real(*arguments)

    real: Callable[..., bool] = multipart.complete
    parts = cut(trips)
    send(batches, opened, parts | {2: b"y" * BIG})
    with monkeypatch.context() as patch:
        patch.setattr(multipart, "complete", overtaken)
        refused = complete(batches, opened, 3, key="k")
    assert refused.refused == (409, "contended")
    assert int(refused.headers["Retry-After"]) > 0
    assert complete(batches, opened, 3, key="k").status == 200
    batches.process(opened)
    assert batches.sums(opened) == ("done", 3, 0, 213)


@pytest.mark.parametrize("processed", [False, True])
def test_a_completion_that_dies_after_s3_has_the_file_is_completed_by_the_next_try(
    batches: Batches, trips: bytes, opened: str, monkeypatch: pytest.MonkeyPatch, processed: bool
) -> None:
    def dies(*arguments: Any) -> None:
        real(*arguments)
        raise RuntimeError("as if the function ended here")

    real: Callable[..., bool] = multipart.complete
    send(batches, opened, cut(trips))
    with monkeypatch.context() as patch:
        patch.setattr(multipart, "complete", dies)
        assert complete(batches, opened, 3, key="k").status == 500
    if processed:
        batches.process(opened)
    answer = complete(batches, opened, 3, key="k")
    assert (answer.status, answer.body["status"]) == (200, "done" if processed else "awaiting_upload")
    if not processed:
        batches.process(opened)
    assert batches.sums(opened) == ("done", 3, 0, 213)


def test_a_file_that_came_as_one_takes_no_parts(batches: Batches) -> None:
    batch = batches.send(file(trip("a", batches.world.person())))
    assert ask(batches, batch, part(1, b"x")).refused == (409, "invalid_state")
    assert complete(batches, batch, 1).refused == (409, "invalid_state")
    assert arrived(batches, batch) == (True, [])


def test_a_form_may_still_be_used_after_parts_were_asked_for(batches: Batches) -> None:
    content = file(trip("a", batches.world.person()))
    batch = str(batches.open(content).body["id"])
    assert ask(batches, batch, part(1, content)).status == 201
    batches.upload(batch, content)
    batches.process(batch)
    assert batches.sums(batch) == ("done", 1, 0, 71)
    assert complete(batches, batch, 1).body["status"] == "done"


def test_a_file_of_any_size_needs_no_more_parts_than_there_may_be() -> None:
    assert math.ceil(5_000_000_000 / PART_BYTES_MIN) <= multipart.PARTS_MAX


def test_a_part_that_is_replaced_while_the_file_is_put_together_is_contention(
    batches: Batches, trips: bytes, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(key: str, upload: str) -> Any:
        monkeypatch.setattr(multipart, "arrived", listed)
        found = listed(key, upload)
        send(batches, opened, {2: parts[2]})
        return found

    parts, listed = cut(trips), multipart.arrived
    send(batches, opened, parts | {2: b"y" * BIG})
    monkeypatch.setattr(multipart, "arrived", late)
    refused = complete(batches, opened, 3, key="k")
    assert refused.refused == (409, "contended")
    assert "sent again" in refused.body["detail"]
    assert complete(batches, opened, 3, key="k").status == 200
    batches.process(opened)
    assert batches.sums(opened)[0] == "done"


def test_parts_that_are_too_large_together_make_no_file_and_may_be_replaced(
    batches: Batches, trips: bytes, opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "FILE_BYTES_MAX", len(trips))
    parts = cut(trips) | {3: b"x" * BIG}
    addresses = [ask(batches, opened, part(number, content)).body["parts"][0] for number, content in parts.items()]
    for address in addresses:
        put(batches, address, parts[address["number"]])
    assert complete(batches, opened, 3).pointers == ["/parts"]
    send(batches, opened, {3: cut(trips)[3]})
    assert complete(batches, opened, 3).status == 200
