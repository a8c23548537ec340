"""Files of reductions: announced, uploaded, and each line reported as if it came alone."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.batches.processing import contents, lanes, planning
from chalicelib.settings import settings
from tests.batches import BASE, SCENARIO_OPERATOR, Batches, file, trip
from tests.world import PEOPLE


def test_a_file_of_trips_becomes_points(batches: Batches) -> None:
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    content = file(trip("a", alice), trip("b", bob, "2"), trip("c", alice, "3"))
    announced = batches.open(content)
    assert (announced.status, announced.body["status"]) == (201, "awaiting_upload")
    batch = announced.body["id"]
    assert batches.sums(batch) == ("awaiting_upload", 0, 0, 0)
    batches.upload(batch, content)
    batches.process(batch)
    found = batches.get(batch)
    assert (found["status"], found["lines"], found["converted"], found["refused"]) == ("done", 3, 3, 0)
    assert (found["points"], found["reported"], found["refused_lines"], found["reason"]) == (426, 0, None, None)
    assert found["reason_zh"] is None
    assert found["finished_at"] > found["created_at"]
    assert (batches.world.points(), batches.world.points("bob")) == (284, 142)
    record = next(each for each in batches.world.records() if each["kind"] == "reduction_confirmed")
    one = batches.world.get(f"/v1/reductions/{record['id']}", **SCENARIO_OPERATOR)
    assert (one.status, one.body["status"]) == (200, "confirmed")


def test_the_books_agree_after_a_file(batches: Batches) -> None:
    alice = batches.world.person()
    batches.send(file(*(trip(f"r{number}", alice) for number in range(5))))
    batches.world.stream()
    assert batches.world.points() == batches.world.me()["totals"]["earned"] == 355
    assert [each["counterparty"] for each in batches.world.entries()] == ["metro"] * 5


def test_a_replay_answers_the_same_form(batches: Batches) -> None:
    first, again = (batches.open(b"x\n", key="k") for _ in range(2))
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert batches.open(b"x\n", key="other").body["id"] != first.body["id"]


def test_a_hash_in_capitals_is_the_same_hash(batches: Batches) -> None:
    content = file(trip("a", batches.world.person()))
    capitals = hashlib.sha256(content).hexdigest().upper()
    assert capitals != capitals.lower()
    batch = batches.send(content, sha256=capitals, key="k")
    assert batches.sums(batch) == ("done", 1, 0, 71)
    assert batches.open(content, key="k").headers["Idempotent-Replayed"] == "true"


def test_the_form_fits_only_the_announced_bytes(batches: Batches) -> None:
    upload = batches.open(b"x\n").body["upload"]
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    hashed = base64.b64encode(hashlib.sha256(b"x\n").digest()).decode()
    for condition in (
        ["content-length-range", 1, 5_000_000_000],
        {"Content-Type": "application/x-ndjson"},
        {"x-amz-checksum-algorithm": "SHA256"},
        {"x-amz-checksum-sha256": hashed},
        {"key": upload["fields"]["key"]},
        {"bucket": settings().documents_bucket},
    ):
        assert condition in policy["conditions"]
    assert upload["fields"]["x-amz-checksum-sha256"] == hashed
    assert upload["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": 0}, {"lines": 100_000_001}, {"lines": "5"}, {"lines": 1.0}, {"sha256": "G" * 64}, {"sha256": "ab"},
        {"scenario": "no-such"}, {"scenario": "theirs"}, {"extra": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_announced(batches: Batches, changes: dict[str, Any]) -> None:
    batches.world.scenario("theirs", operator="another")
    assert batches.open(b"x\n", **changes).refused == (422, "invalid_request")
    assert not [item for item in batches.world.items() if item["pk"]["S"].startswith("batch:")]


def test_only_operators_announce(batches: Batches) -> None:
    for role in ("individual", "institution", "exchange", "bureau"):
        assert batches.open(b"x\n", role=role).refused == (403, "role_not_allowed")


def test_a_batch_is_its_operators_and_the_bureaus(batches: Batches) -> None:
    batch = batches.open(b"x\n").body["id"]
    assert batches.get(batch, role="bureau", sub="b")["id"] == batch
    assert batches.world.get(f"{BASE}/{batch}", role="scenario_operator", sub="another").status == 404
    assert batches.world.get(f"{BASE}/nothing", **SCENARIO_OPERATOR).status == 404
    assert batches.world.get(f"{BASE}/{batch}", role="exchange", sub="e").status == 403


def test_each_line_is_its_operators_at_the_time_of_the_trip(batches: Batches) -> None:
    alice, month = batches.world.person(), timedelta(days=30)
    change = datetime.now(UTC) - month
    batches.world.scenario("metro", operator="next", grams_per_unit="10", valid_from=change.isoformat())
    before, after = ((change + step).isoformat() for step in (-month, timedelta(days=1)))

    def content(name: str) -> bytes:
        return file(trip(f"{name}1", alice, occurred_at=before), trip(f"{name}2", alice, occurred_at=after))

    old = batches.send(content("old"))
    assert batches.reasons(old) == [(2, "old2", "invalid_request")]
    new = batches.send(content("new"), sub="next")
    found = batches.get(new, sub="next")
    assert (found["status"], found["converted"], found["refused"], found["points"]) == ("done", 1, 1, 10)
    assert batches.world.points() == 81
    assert batches.world.get(f"{BASE}/{old}", role="scenario_operator", sub="next").status == 404


@pytest.mark.parametrize(("years", "status"), [(0.9, 201), (1.1, 422)])
def test_a_former_operator_announces_for_another_year(batches: Batches, years: float, status: int) -> None:
    change = datetime.now(UTC) - years * timedelta(days=365)
    batches.world.scenario("metro", operator="next", valid_from=change.isoformat())
    assert batches.open(b"x\n").status == status
    assert batches.open(b"x\n", sub="next").status == 201


def test_an_operator_to_come_announces_nothing_yet(batches: Batches) -> None:
    batches.world.scenario("metro", operator="next", valid_from="2099-01-01T00:00:00Z")
    assert batches.open(b"x\n", sub="next").refused == (422, "invalid_request")
    assert batches.open(b"x\n").status == 201


def test_a_batch_may_spell_its_scenario_in_any_case(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.scenario("SHCER-Bus", grams_per_unit="52")
    first, second = (batches.send(file(trip("a", alice)), scenario=code) for code in ("shcer-bus", "SHCER-BUS"))
    assert batches.get(first)["scenario"] == "SHCER-Bus"
    assert batches.reasons(second) == [(1, "a", "already_reported")]
    assert batches.world.points() == 52


@pytest.mark.parametrize(
    ("sent", "lines", "reason"),
    [
        (b"{}\n{}\n", 3, "The file holds 2 lines, 3 were announced. Blank lines do not count."),
        (b"{}\n{}", 1, "The file holds 2 lines, 1 were announced. Blank lines do not count."),
        (b"{}\n\n", 2, "The file holds 1 lines, 2 were announced. Blank lines do not count."),
        (b"", 1, "The file holds 0 lines, 1 were announced. Blank lines do not count."),
    ],
)
def test_another_number_of_lines_refuses_the_file(batches: Batches, sent: bytes, lines: int, reason: str) -> None:
    batch = batches.send(sent, lines=lines)
    batches.tell(batch)
    found = batches.get(batch)
    assert (found["status"], found["reason"], found["converted"]) == ("refused", reason, 0)
    assert found["reason_zh"].endswith(f"登记为 {lines} 行。")
    assert found["finished_at"]


def test_other_bytes_refuse_the_file(batches: Batches) -> None:
    alice = batches.world.person()
    batch = batches.open(file(trip("a", alice))).body["id"]
    batches.upload(batch, file(trip("a", alice, "900")))
    batches.tell(batch)
    found = batches.get(batch)
    assert (found["status"], found["reason"]) == ("refused", "The file's SHA-256 is not the announced one.")
    assert found["reason_zh"] == "文件的 SHA-256 与登记的不一致。"
    assert batches.world.points() == 0


def test_a_file_over_the_limit_is_cut_off_and_refused(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "FILE_BYTES_MAX", 10)
    assert batches.get(batches.send(b"{}\n" * 5))["status"] == "refused"


def test_broken_lines_are_refused_with_their_reasons(batches: Batches) -> None:
    alice = batches.world.person()
    lines = [
        trip("good", alice),
        b"",
        b"   ",
        b"{",
        b"[" * 4000,
        b"null",
        b"\xff\xfe",
        trip("extra", alice, extra=1),
        trip("number", alice, quantity=5),
        trip("unzoned", alice, occurred_at="2024-01-01T00:00:00"),
        trip("missing", alice, occurred_at=None),
        trip("their-scenario", alice, scenario="walk"),
        trip("x" * 65, alice),
        json.dumps({f"field{number}": 1 for number in range(200)}).encode(),
        trip("late", alice, occurred_at="2999-01-01T00:00:00Z"),
        trip("zero", alice, "0"),
    ]
    batch = batches.send(file(*lines), lines=14)
    malformed, invalid = "malformed_json", "invalid_request"
    assert batches.reasons(batch) == [
        (4, None, malformed), (5, None, malformed), (6, None, invalid),
        (7, None, malformed), (8, "extra", invalid), (9, "number", invalid), (10, "unzoned", invalid),
        (11, "missing", invalid), (12, "their-scenario", invalid), (13, None, invalid), (14, None, invalid),
        (15, "late", invalid), (16, "zero", invalid),
    ]  # fmt: skip
    assert batches.sums(batch) == ("done", 1, 13, 71)
    by_line = {each["line"]: each for each in batches.refused(batch)}
    assert by_line[8]["detail"].startswith("/extra: ")
    assert by_line[15]["detail"] == "/occurred_at: Lies in the future"
    assert by_line[15]["detail_zh"] == "/occurred_at: 不能晚于当前时间"
    assert all(0 < len(each["detail"]) <= 300 for each in by_line.values())


def test_a_line_that_says_a_field_twice_is_refused_by_the_field(batches: Batches) -> None:
    alice = batches.world.person()
    twice = trip("twice", alice)[:-1] + b', "quantity": "1000"}'
    batch = batches.send(file(trip("a", alice), twice))
    assert batches.reasons(batch) == [(2, "twice", "invalid_request")]
    [refused] = batches.refused(batch)
    assert refused["detail"].startswith("/quantity: Appears more than once")
    assert refused["detail_zh"].startswith("/quantity: 该字段重复出现")
    assert batches.world.points() == 71


def test_a_line_that_is_no_json_is_explained_in_chinese(batches: Batches) -> None:
    [refused] = batches.refused(batches.send(file(b'{"a": 1')))
    assert "at line 1 column 8" in refused["detail"]
    assert "第 1 行第 8 列：此处缺少逗号" in refused["detail_zh"]
    assert "delimiter" not in refused["detail_zh"]


def test_a_gigantic_line_is_refused_and_the_others_are_not(batches: Batches) -> None:
    alice = batches.world.person()
    huge = trip("huge", alice, note="x" * 5_000_000)
    batch = batches.send(file(trip("a", alice), huge, trip("b", alice)))
    assert batches.reasons(batch) == [(2, None, "body_too_large")]
    assert batches.refused(batch)[0]["detail"] == "A line holds at most 4096 bytes."
    assert batches.sums(batch) == ("done", 2, 1, 142)


@pytest.mark.parametrize("spelling", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n"),
                                      lambda text: text.rstrip(b"\n")])  # fmt: skip
def test_byte_order_mark_crlf_and_no_last_newline_are_fine(
    batches: Batches, spelling: Callable[[bytes], bytes]
) -> None:
    alice = batches.world.person()
    batch = batches.send(spelling(file(trip("a", alice), trip("b", alice))))
    assert batches.sums(batch) == ("done", 2, 0, 142)


def test_blank_lines_and_marks_of_joined_files_do_not_count(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SLICE_LINES", 2)
    alice, mark = batches.world.person(), b"\xef\xbb\xbf"
    lines = [trip(record, alice) for record in "abcd"]
    content = (
        mark + lines[0] + b"\r\n\r\n" + lines[1] + b"\r\n\x1a\r\n" + mark + lines[2] + b"\n \n{\n" + lines[3] + b"\n\n"
    )
    batch = batches.send(content, lines=5)
    assert batches.sums(batch) == ("done", 4, 1, 284)
    assert batches.reasons(batch) == [(7, None, "malformed_json")]  # as an editor numbers it
    batches.tell(batch)
    assert batches.world.points() == 284


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"lines": 3}])
def test_lines_of_a_packed_file_that_is_refused_stand_nowhere(batches: Batches, wrong: dict[str, Any]) -> None:
    batch = batches.send(gzip.compress(file(trip("a", batches.world.person()))), **({"lines": 1} | wrong))
    assert batches.get(batch)["status"] == "refused"
    listed = batches.s3.list_objects_v2(Bucket=settings().documents_bucket).get("Contents", ())
    assert [each["Key"] for each in listed if each["Key"].startswith("unpacked/")] == []


def test_a_gzip_file_is_taken(batches: Batches) -> None:
    alice = batches.world.person()
    content = gzip.compress(file(trip("a", alice), b"", trip("b", alice, "2")))
    batch = batches.send(content, lines=2)
    assert batches.sums(batch) == ("done", 2, 0, 213)


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (file(b'{"a": 1}').decode().encode("utf-16"), "UTF-16", "UTF-16 编码"),
        ('{"名称": "地铁"}\n'.encode("gbk"), "GBK", "GBK"),
        (b'[{"a": 1},\n{"a": 2}]\n', "a JSON array", "JSON 数组"),
        (b'{\n  "a": 1\n}\n', "pretty-printed JSON", "缩进"),
        (gzip.compress(b"[{}]\n", mtime=0), "a JSON array", "JSON 数组"),
        (gzip.compress(b"{}\n" * 9, mtime=0)[:-4], "gzip file is damaged", "gzip 文件已损坏"),
        (gzip.compress(b"{}\n" * (1 << 20), mtime=0), "more than 100 times", "压缩比异常"),
        (gzip.compress(bytes(33 << 20), mtime=0), "UTF-16", "UTF-16 编码"),
    ],
)
def test_a_file_of_another_kind_is_refused_once_with_its_reason(
    batches: Batches, content: bytes, english: str, chinese: str
) -> None:
    found = batches.get(batches.send(content, lines=1))
    assert (found["status"], found["converted"], found["refused"]) == ("refused", 0, 0)
    assert english in found["reason"]
    assert chinese in found["reason_zh"]


def test_a_line_may_name_the_batchs_own_scenario(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.scenario("SHCER-Bus")
    lines = [trip(code or "none", alice, scenario=code) for code in ("SHCER-Bus", "shcer-bus", None, "metro", "a b")]
    batch = batches.send(file(*lines), scenario="shcer-BUS")
    assert batches.reasons(batch) == [(4, "metro", "invalid_request"), (5, "a b", "invalid_request")]
    refused = batches.refused(batch)[0]
    assert (refused["detail"], refused["detail_zh"]) == (
        "/scenario: The batch is announced for SHCER-Bus",
        "/scenario: 该批次登记的场景为 SHCER-Bus",
    )
    assert batches.world.points() == 213


def test_unknown_and_closed_accounts_are_refused(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.close()
    batch = batches.send(file(trip("a", "nobody"), trip("c", alice)))
    assert batches.sums(batch) == ("done", 0, 2, 0)
    assert {each["detail"] for each in batches.refused(batch)} == {"/account: Is no open account"}


def test_a_line_of_an_institution_becomes_grams(batches: Batches) -> None:
    batch = batches.send(file(trip("a", batches.world.institution()), trip("b", batches.world.person())))
    assert batches.sums(batch) == ("done", 2, 0, 71)
    assert batches.world.me("shop", "institution")["balances"] == {"points": 0, "grams": 71, "held_points": 0}


def test_of_equal_records_the_first_line_counts(batches: Batches) -> None:
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    batch = batches.send(file(trip("a", bob, "5"), trip("a", alice), trip("b", "nobody"), trip("b", alice)))
    assert batches.reasons(batch) == [(2, "a", "already_reported"), (3, "b", "invalid_request")]
    assert batches.sums(batch) == ("done", 2, 2, 426)
    assert (batches.world.points("bob"), batches.world.points()) == (355, 71)


def test_a_record_counts_once_across_files_and_single_reports(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.report(alice, "1", "single")
    content = file(trip("single", alice), trip("filed", alice))
    first, second = batches.send(content), batches.send(content)
    assert batches.reasons(first) == [(1, "single", "already_reported")]
    assert batches.reasons(second) == [(1, "single", "already_reported"), (2, "filed", "already_reported")]
    assert batches.world.report(alice, "1", "filed").code == "already_reported"
    assert batches.world.points() == 142


def test_a_manual_scenarios_lines_wait_for_the_bureau(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.scenario("audit", confirmation="manual")
    found = batches.get(batches.send(file(trip("a", alice)), scenario="audit"))
    assert (found["status"], found["converted"], found["reported"], found["points"]) == ("done", 0, 1, 0)
    [waiting] = batches.world.get("/v1/reductions", role="bureau", sub="b").body["items"]
    done = batches.world.post(f"/v1/reductions/{waiting['id']}/confirm", role="bureau", sub="b")
    assert (done.status, batches.world.points()) == (200, 71)


def test_the_daily_cap_holds_in_file_order(batches: Batches) -> None:
    alice = batches.world.person()
    batches.world.scenario("capped", daily_cap_grams=200)
    batch = batches.send(file(*(trip(f"r{number}", alice) for number in range(4))), scenario="capped")
    assert [line for line, _, _ in batches.reasons(batch)] == [3, 4]
    assert batches.world.points() == 142


@pytest.mark.parametrize(
    "content", [b"\n" * 5000, b" \r\n\t\n", gzip.compress(b"\n" * 5000, mtime=0), b"\xef\xbb\xbf\n\x1a"]
)
def test_a_file_of_empty_lines_is_refused(batches: Batches, content: bytes) -> None:
    found = batches.get(batches.send(content, lines=1))
    assert (found["status"], found["converted"]) == ("refused", 0)
    assert found["reason"].startswith("The file holds 0 lines, 1 were announced.")


def test_a_cut_file_is_refused_by_its_hash(batches: Batches) -> None:
    """Whatever else is wrong with it: another reason would send the operator to look in the wrong place."""
    whole = gzip.compress(file(*(trip(f"r{number}", batches.world.person()) for number in range(1))), mtime=0)
    batch = batches.open(whole, lines=1).body["id"]
    batches.upload(batch, whole[:-9])
    batches.process(batch)
    found = batches.get(batch)
    assert (found["status"], found["reason"]) == ("refused", "The file's SHA-256 is not the announced one.")
    assert batches.world.points() == 0


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_in_many_lanes_has_its_refusals_in_the_order_of_its_lines(
    batches: Batches, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    """Lines of every length, with every line end, in lanes of some lines."""
    monkeypatch.setattr(lanes, "SLICE_LINES", 3)
    monkeypatch.setattr(planning, "LANE_LINES_MIN", 5)
    monkeypatch.setattr(contents, "BORDER_BYTES", 200)
    alice, count = batches.world.person(), 60
    ends = (b"\n", b"\r\n", b"\n\n", b" \r\n\r\n")
    made = (trip(f"r{n}", alice) if n % 4 else b"{" + b"x" * (n * 700) for n in range(count))
    content = b"".join(line + ends[n % 3 if n % 7 else 3] for n, line in enumerate(made))
    batch = batches.send(gzip.compress(content, mtime=0) if packed else content, lines=count)
    assert batches.sums(batch) == ("done", 45, 15, 45 * 71)
    numbers = [line for line, _, _ in batches.reasons(batch)]
    texts = enumerate(content.split(b"\n"), start=1)
    assert numbers == [number for number, text in texts if text.startswith(b"{") and b"record_id" not in text]
    rows = [item for item in batches.world.items() if item["sk"]["S"].startswith("lane:")]
    assert len(rows) == 8
    sampled = batches.world.get(f"{BASE}/{batch}/sample", size=100, **SCENARIO_OPERATOR).body["items"]
    assert len(sampled) == 45
