"""All lines of a batch confirmed or rejected at once: each exactly once, whoever dies in between."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.batches.processing import contents, judging, lanes, planning, worker
from chalicelib.errors import Contended
from chalicelib.kernel import settle
from tests.batches import BASE, SCENARIO_OPERATOR, Batches, Killer, file, trip
from tests.books import check
from tests.world import PEOPLE, Answer

BUREAU: dict[str, Any] = {"role": "bureau", "sub": "official"}


def judge(batches: Batches, batch: str, action: str = "confirm", **options: Any) -> Answer:
    return batches.world.post(f"{BASE}/{batch}/{action}", {"reason": "looked at"}, **BUREAU | options)


def run_worker(batches: Batches, batch: str) -> None:
    """The stream wakes a worker."""
    batches.world.stream()
    batches.drain()


def counts(batches: Batches, batch: str) -> tuple[str, int, int, int]:
    found = batches.get(batch)
    return found["status"], found["confirmed"], found["rejected"], found["points"]


@pytest.fixture
def sent(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> str:
    """Five lines that wait, in lanes of three and slices of two; a blank, a broken and a refused one among them."""
    monkeypatch.setattr(lanes, "SLICE_LINES", 2)
    monkeypatch.setattr(judging, "SLICE_LINES", 2)
    monkeypatch.setattr(planning, "LANE_LINES_MIN", 3)
    monkeypatch.setattr(contents, "BORDER_BYTES", 100)
    batches.world.scenario("Metro", confirmation="manual", daily_cap_grams=1000)
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    lines = [trip("a", alice), b"", trip("b", bob, "2"), b"{", trip("c", alice, "3"), trip("a", bob), trip("d", alice)]
    return batches.send(file(*lines, trip("e", bob, "5")), lines=7)


def test_every_line_is_confirmed_and_the_books_agree(batches: Batches, sent: str) -> None:
    assert batches.get(sent)["reported"] == 5
    ordered = judge(batches, sent)
    assert (ordered.status, ordered.body["status"], ordered.body["confirmed"]) == (202, "confirming", 0)
    batches.world.stream()
    assert batches.woken() == [sent]
    run_worker(batches, sent)
    assert counts(batches, sent) == ("done", 5, 0, 12 * 71)
    assert (batches.world.points(), batches.world.points("bob")) == (5 * 71, 7 * 71)
    judgement = batches.get(sent)["judgement"]
    assert (judgement["action"], judgement["reason"], judgement["left"]) == ("confirm", "looked at", 0)
    made = [each for each in batches.world.records() if each["kind"] == "reduction_confirmed"]
    assert sorted(each["line"] for each in made) == [1, 3, 5, 7, 8]
    assert {(each["caller"], each["role"], each["reason"]) for each in made} == {("official", "bureau", "looked at")}
    check(batches.world)


def test_every_line_is_rejected_and_frees_its_day(batches: Batches, sent: str) -> None:
    assert judge(batches, sent, "reject").body["status"] == "rejecting"
    run_worker(batches, sent)
    assert counts(batches, sent) == ("done", 0, 5, 0)
    assert (batches.world.points(), batches.world.points("bob")) == (0, 0)
    usage = [item for item in batches.world.items() if item["sk"]["S"].startswith("usage:")]
    assert [each["grams"]["N"] for each in usage] == ["0", "0"]
    assert batches.world.close().status == 200  # nothing is pending
    [line, *_] = batches.world.get(f"{BASE}/{sent}/sample", **BUREAU).body["items"]
    assert (line["status"], line["reduction"]["reason"]) == ("rejected", "looked at")


def test_a_judgement_is_made_once_and_needs_lines_that_wait(batches: Batches, sent: str) -> None:
    first = judge(batches, sent, key="k")
    assert judge(batches, sent).refused == judge(batches, sent, "reject").refused == (409, "invalid_state")
    run_worker(batches, sent)
    assert judge(batches, sent, key="k").body == first.body
    assert judge(batches, sent).refused == (409, "invalid_state")
    run_worker(batches, sent)
    assert counts(batches, sent) == ("done", 5, 0, 12 * 71)


def test_what_cannot_be_judged(batches: Batches) -> None:
    alice = batches.world.person()
    converted = batches.send(file(trip("a", alice)))
    assert judge(batches, converted).refused == (409, "invalid_state")
    waiting = batches.open(b"x\n").body["id"]
    assert judge(batches, waiting).refused == (409, "invalid_state")
    assert judge(batches, "none").refused == (404, "not_found")
    for role in ("scenario_operator", "exchange", "individual"):
        assert judge(batches, waiting, role=role).refused == (403, "role_not_allowed")


def test_lines_that_were_decided_by_themselves_stay_as_they_are(batches: Batches, sent: str) -> None:
    waiting = batches.world.get("/v1/reductions", **BUREAU).body["items"]
    batches.world.post(f"/v1/reductions/{waiting[0]['id']}/reject", {"reason": "no"}, **BUREAU)
    batches.world.post(f"/v1/reductions/{waiting[1]['id']}/confirm", {}, **BUREAU)
    judge(batches, sent)
    run_worker(batches, sent)
    assert counts(batches, sent)[:3] == ("done", 3, 0)
    assert batches.world.get(f"/v1/reductions/{waiting[0]['id']}", **BUREAU).body["status"] == "rejected"
    check(batches.world)


def test_lines_of_a_frozen_account_are_left_and_a_later_judgement_reaches_them(batches: Batches, sent: str) -> None:
    bob = batches.world.me("bob")["id"]
    freeze = {"reason": "court order"}
    batches.world.post(f"/v1/accounts/{bob}/freeze", freeze, role="exchange", sub="e")
    judge(batches, sent)
    run_worker(batches, sent)
    assert counts(batches, sent) == ("done", 3, 0, 5 * 71)
    assert batches.get(sent)["judgement"]["left"] == 2
    batches.world.post(f"/v1/accounts/{bob}/unfreeze", freeze, role="exchange", sub="e")
    assert judge(batches, sent, sub="another official").status == 202
    run_worker(batches, sent)
    assert counts(batches, sent) == ("done", 5, 0, 12 * 71)
    assert batches.get(sent)["judgement"]["left"] == 0
    check(batches.world)


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_may_die_before_or_after_each_of_its_calls(batches: Batches, sent: str, after: bool) -> None:
    judge(batches, sent)
    before = dict(batches.world.store.items)
    with Killer(0).armed() as whole:
        batches.process(sent, "wake")
    assert whole.calls > 12
    for at in range(1, whole.calls + 1):
        batches.world.store.items.clear()
        batches.world.store.items.update(before)
        with Killer(at, after=after).armed():
            batches.process(sent, "wake")
        if batches.get(sent)["status"] != "done":
            worker.resume(datetime.now(UTC) + timedelta(minutes=20))
            batches.drain()
        assert counts(batches, sent) == ("done", 5, 0, 12 * 71)
        made = (each for each in batches.world.records() if each["kind"] == "reduction_confirmed")
        assert Counter(each.get("line") for each in made) == Counter([1, 3, 5, 7, 8])
        check(batches.world)


def test_two_workers_at_once_come_to_the_same(batches: Batches, sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    judge(batches, sent)
    real, left = settle.settle, [1]

    def overtaken(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            batches.process(sent, "wake")
            assert batches.get(sent)["status"] == "done"
        return real(*arguments)

    monkeypatch.setattr(judging, "settle", overtaken)
    batches.process(sent, "wake")
    assert counts(batches, sent) == ("done", 5, 0, 12 * 71)
    check(batches.world)


@pytest.mark.parametrize("seed", range(4))
def test_messages_come_twice_and_out_of_order(
    batches: Batches, sent: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A slice a turn; a silent judgement is woken, one that is done is not."""
    monkeypatch.setattr(lanes, "TURN_SECONDS", -1)
    judge(batches, sent)
    worker.resume(datetime.now(UTC) + timedelta(minutes=20))
    assert batches.woken() == [sent]
    batches.drain(random.Random(seed))
    assert counts(batches, sent) == ("done", 5, 0, 12 * 71)
    worker.resume(datetime.now(UTC) + timedelta(minutes=20))
    assert batches.woken() == []
    check(batches.world)


def test_a_sample_holds_lines_and_what_became_of_them(batches: Batches, sent: str) -> None:
    path = f"{BASE}/{sent}/sample"
    items = batches.world.get(path, **SCENARIO_OPERATOR).body["items"]
    assert [(each["line"], each["record_id"], each["status"]) for each in items] == [
        (1, "a", "reported"), (3, "b", "reported"), (5, "c", "reported"), (6, "a", "refused"), (7, "d", "reported"),
        (8, "e", "reported"),
    ]  # fmt: skip
    assert items[0]["reduction"]["quantity"] == "1"
    assert (items[3]["reduction"], items[3]["code"]) == (None, "already_reported")
    drawn = {tuple(each["line"] for each in batches.world.get(path, size=2, **BUREAU).body["items"]) for _ in range(30)}
    assert {len(each) for each in drawn} == {2}
    assert len(drawn) > 1
    for size in ("0", "101", "two", "1_0"):
        assert batches.world.get(path, size=size, **BUREAU).pointers == ["/size"]
    assert batches.world.get(path, role="scenario_operator", sub="another").refused == (404, "not_found")
    waiting = batches.open(b"x\n").body["id"]
    assert batches.world.get(f"{BASE}/{waiting}/sample", **SCENARIO_OPERATOR).body == {"items": []}


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_batches_are_listed_newest_first(batches: Batches, limit: int) -> None:
    batches.world.scenario("theirs", operator="another")
    made = [batches.open(b"x\n").body["id"] for _ in range(3)]
    theirs = batches.open(b"x\n", scenario="theirs", sub="another").body["id"]

    def ids(**options: Any) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = batches.world.get(BASE, limit=limit, **cursor, **options).body
            found += [each["id"] for each in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    assert ids(**SCENARIO_OPERATOR) == made[::-1]
    assert ids(**BUREAU) == [theirs, *made[::-1]]
    assert ids(role="scenario_operator", sub="nobody") == []
    times = {id: batches.get(id)["created_at"] for id in made}
    period: dict[str, Any] = {"from": times[made[1]], "until": times[made[2]]}
    assert ids(**period, **SCENARIO_OPERATOR) == ids(**period, **BUREAU) == [made[1]]
    backwards = {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    assert batches.world.get(BASE, **backwards, **BUREAU).pointers == ["/until"]
    assert batches.world.get(BASE, role="exchange", sub="e").refused == (403, "role_not_allowed")


def test_a_busy_table_is_waited_for(batches: Batches, sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.batches.processing.outcomes.time.sleep", lambda _: None)
    judge(batches, sent)
    busy, real = [3], settle.settle

    def contended(*arguments: Any) -> Any:
        busy[0] -= 1
        if busy[0] >= 0:
            raise Contended
        return real(*arguments)

    monkeypatch.setattr(judging, "settle", contended)
    batches.process(sent, "wake")
    assert counts(batches, sent)[:2] == ("done", 5)
