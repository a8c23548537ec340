"""Events that come twice, workers that die and batches that are left: nothing is doubled, nothing is lost."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.batches.processing import contents, lanes, outcomes, planning, worker
from chalicelib.errors import Contended
from chalicelib.files import store
from chalicelib.kernel import settle
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.batches import Batches, Killer, file, trip
from tests.world import PEOPLE


def state(batches: Batches) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in batches.world.items())


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes of some lines, slices of two."""
    monkeypatch.setattr(lanes, "SLICE_LINES", 2)
    monkeypatch.setattr(planning, "LANE_LINES_MIN", 3)
    monkeypatch.setattr(contents, "BORDER_BYTES", 100)


def uploaded(batches: Batches, content: bytes, **changes: Any) -> str:
    batch = str(batches.open(content, **changes).body["id"])
    batches.upload(batch, content)
    return batch


def sent_lanes(batches: Batches) -> list[int]:
    return [each["lane"] for each in batches.queue]


def test_the_event_may_come_again(batches: Batches) -> None:
    alice = batches.world.person()
    batch = batches.send(file(trip("a", alice), trip("b", "nobody"), b"{"))
    before, reasons = state(batches), batches.reasons(batch)
    batches.process(batch)
    batches.process(batch, "wake")
    assert batches.turn({"batch": batch, "lane": 0}) == []
    assert batches.turn({"batch": "unknown", "lane": 0}) == []
    assert state(batches) == before
    assert batches.reasons(batch) == reasons


def test_a_file_that_is_sent_again_while_it_is_worked_on_is_read_on(batches: Batches, small: None) -> None:
    """The same bytes have another ETag then: the bucket's objects are encrypted by KMS."""
    alice, bob = (batches.world.person(sub, number) for sub, number in zip(("alice", "bob"), PEOPLE, strict=False))
    batch = uploaded(batches, a_file(alice, bob), lines=11)
    batches.tell(batch)
    commit([update(keys.batch(batch), assign={"etag": '"of the first object"'})])
    batches.drain()
    check(batches, batch)


def test_a_file_that_is_replaced_by_other_bytes_is_not_read_on(batches: Batches, small: None) -> None:
    alice, bob = (batches.world.person(sub, number) for sub, number in zip(("alice", "bob"), PEOPLE, strict=False))
    batch = uploaded(batches, a_file(alice, bob), lines=11)
    batches.tell(batch)
    batches.upload(batch, a_file(bob, alice))
    before = state(batches)
    assert batches.turn({"batch": batch, "lane": 0}) == [{"itemIdentifier": "m"}]
    assert state(batches) == before


def test_a_file_that_is_replaced_while_it_is_checked_is_planned_by_its_own_event(
    batches: Batches, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = (batches.world.person(sub, number) for sub, number in zip(("alice", "bob"), PEOPLE, strict=False))
    batch = uploaded(batches, a_file(alice, bob), lines=11)
    stat = store.stat
    with monkeypatch.context() as patched:
        patched.setattr(store, "stat", lambda key: stat(key)._replace(etag='"of the first object"'))  # type: ignore[union-attr]
        batches.tell(batch)
    assert batches.sums(batch) == ("awaiting_upload", 0, 0, 0)
    batches.tell(batch)
    batches.drain()
    check(batches, batch)


def test_events_of_others_are_not_ours(batches: Batches) -> None:
    alice = batches.world.person()
    content = file(trip("a", alice))
    batch = batches.open(content).body["id"]
    batches.process(batch)  # reported before it came
    batches.upload(batch, content)
    batches.tell(batch, bucket="another-bucket")
    batches.process("unknown")
    assert batches.sums(batch) == ("awaiting_upload", 0, 0, 0)


def a_file(alice: str, bob: str) -> bytes:
    """Eleven lines of every kind in four lanes, and some blank ones."""
    good = [trip(f"r{number}", (alice, bob)[number % 2]) for number in range(6)]
    return file(
        b"", good[0], trip("n", "nobody"), good[1], b"{", good[2], b" ", good[0], good[3], good[4], good[5],
        trip("late", alice, occurred_at="2999-01-01T00:00:00Z"), trip("f", bob, "2"), b"",
    )  # fmt: skip


OF_TWO = "already_reported"  # one of two equal lines: in one lane the second, else the one that comes second
ITS_REASONS = [
    (3, "n", "invalid_request"), (5, None, "malformed_json"), (8, "r0", OF_TWO),
    (12, "late", "invalid_request"),
]  # fmt: skip


def check(batches: Batches, batch: str) -> None:
    """What a_file comes to, whatever happened."""
    assert batches.sums(batch) == ("done", 7, 4, 8 * 71)
    found = batches.get(batch)
    assert (found["lines"], found["duplicates"], found["reported"]) == (11, 1, 0)
    assert batches.reasons(batch) in [ITS_REASONS, sorted([*ITS_REASONS[:2], ITS_REASONS[3], (2, "r0", OF_TWO)])]
    assert (batches.world.points(), batches.world.points("bob")) == (3 * 71, 5 * 71)
    intake = next(item for item in batches.world.items() if item["pk"] == {"S": "intake:operator"})
    assert (intake["lanes"], intake.keys() & {"batches", "waiting"}) == ({"N": "0"}, set())


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("part", range(4))
def test_a_worker_may_die_before_or_after_each_of_its_calls(batches: Batches, after: bool, part: int) -> None:
    """Planner, lanes and the end: each kill is a run of its own over a new world."""
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    content = a_file(alice, bob)
    batch = uploaded(batches, content, lines=11)
    before = dict(batches.world.store.items)
    objects = {each["Key"] for each in batches.s3.list_objects_v2(Bucket=settings().documents_bucket)["Contents"]}
    with Killer(0).armed() as whole:
        batches.process(batch)
    check(batches, batch)
    assert whole.calls > 25
    for at in range(1 + part, whole.calls + 1, 4):
        batches.world.store.items.clear()
        batches.world.store.items.update(before)
        for each in batches.s3.list_objects_v2(Bucket=settings().documents_bucket)["Contents"]:
            if each["Key"] not in objects:
                batches.s3.delete_object(Bucket=settings().documents_bucket, Key=each["Key"])
        with Killer(at, after=after).armed() as killer:
            batches.process(batch)
        assert killer.calls >= at
        if batches.get(batch)["status"] != "done":  # it died between its last change and the wake: as resume does
            worker.resume(datetime.now(UTC) + timedelta(minutes=20))
            batches.drain()
        check(batches, batch)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(8))
def test_messages_come_twice_and_out_of_order(batches: Batches, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "TURN_SECONDS", -1)  # a slice a turn
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    batch = uploaded(batches, a_file(alice, bob), lines=11)
    batches.process(batch, chance=random.Random(seed))
    check(batches, batch)


@pytest.mark.usefixtures("small")
def test_a_worker_that_finds_another_in_its_lane_leaves_it_to_it(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a message that came twice does not have two workers in a lane for ever."""
    monkeypatch.setattr(lanes, "TURN_SECONDS", -1)
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    batch = uploaded(batches, a_file(alice, bob), lines=11)
    batches.tell(batch)
    assert sent_lanes(batches) == [0, 1, 2, 3]
    batches.queue.clear()
    real = outcomes.report_lines

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(lanes, "report_lines", real)
        sums = real(*arguments)
        assert batches.turn({"batch": batch, "lane": 0}) == []
        assert sent_lanes(batches) == [0]
        return sums

    monkeypatch.setattr(lanes, "report_lines", overtaken)
    assert batches.turn({"batch": batch, "lane": 0}) == []
    assert sent_lanes(batches) == [0]
    batches.queue += [{"batch": batch, "lane": lane} for lane in (1, 2, 3)]
    batches.drain()
    check(batches, batch)


@pytest.mark.parametrize("before", range(5))
def test_two_workers_at_once_come_to_the_same(batches: Batches, monkeypatch: pytest.MonkeyPatch, before: int) -> None:
    """Another worker does the whole file while the first is about to try a line."""
    monkeypatch.setattr(lanes, "SLICE_LINES", 2)
    alice = batches.world.person()
    batch = uploaded(
        batches, file(trip("a", alice), trip("b", "nobody"), trip("c", alice), trip("a", alice), trip("d", alice))
    )
    left, real = [before], settle.conclude

    def overtaken(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == -1:
            batches.process(batch)
            assert batches.get(batch)["status"] == "done"
        return real(*arguments)

    monkeypatch.setattr(outcomes, "conclude", overtaken)
    batches.process(batch)
    assert batches.sums(batch) == ("done", 3, 2, 213)
    assert batches.reasons(batch) == [(2, "b", "invalid_request"), (4, "a", "already_reported")]
    assert batches.world.points() == 213


def test_the_same_file_twice_at_once_counts_each_record_once(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SLICE_LINES", 2)
    monkeypatch.setattr(lanes, "TURN_SECONDS", -1)
    alice = batches.world.person()
    content = file(*(trip(f"r{number}", alice) for number in range(9)))
    first, second = uploaded(batches, content), uploaded(batches, content, key="again")
    batches.tell(first)
    batches.tell(second)
    batches.drain()  # a slice of each in turn
    found = [batches.get(each) for each in (first, second)]
    assert [each["status"] for each in found] == ["done", "done"]
    assert sum(each["converted"] for each in found) == sum(each["duplicates"] for each in found) == 9
    assert sum(each["points"] for each in found) == batches.world.points() == 9 * 71


def test_a_busy_table_is_waited_for(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that others are in the way of is not refused: it is tried again, at last by the next message."""
    monkeypatch.setattr("chalicelib.batches.processing.outcomes.time.sleep", lambda _: None)
    alice = batches.world.person()
    batch = uploaded(batches, file(trip("a", alice)))
    busy, real = [12], settle.conclude

    def contended(*arguments: Any) -> Any:
        busy[0] -= 1
        if busy[0] >= 0:
            raise Contended
        return real(*arguments)

    monkeypatch.setattr(outcomes, "conclude", contended)
    batches.tell(batch)
    [message] = batches.queue
    assert batches.turn(message) == [{"itemIdentifier": "m"}]
    assert batches.sums(batch) == ("processing", 0, 0, 0)
    batches.drain()
    assert batches.sums(batch) == ("done", 1, 0, 71)


def test_a_slice_that_takes_too_long_is_tried_again(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker stops before Lambda stops it; what it has done stays done."""
    alice = batches.world.person()
    batch = uploaded(batches, file(trip("a", alice), trip("b", alice)))
    batches.tell(batch)
    real = settle.conclude

    def late(*arguments: Any) -> Any:
        monkeypatch.setattr("chalicelib.batches.processing.outcomes.time.monotonic", lambda: 1e12)
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "conclude", late)
        assert batches.turn(batches.queue[0]) == [{"itemIdentifier": "m"}]
    monkeypatch.undo()
    assert batches.world.points() == 71
    assert batches.sums(batch) == ("processing", 0, 0, 0)
    batches.drain()
    assert batches.sums(batch) == ("done", 2, 0, 142)


def test_an_outcome_stands_though_the_world_changes_before_the_work_goes_on(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by one worker, acceptable to the next: still refused, so that the sums of both are the same."""
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    batches.world.close("bob")
    batch = uploaded(batches, file(trip("a", alice), trip("b", bob)))
    batches.tell(batch)
    with monkeypatch.context() as patch:
        patch.setattr(lanes, "derive", lambda *_: pytest.fail("crash"))
        with pytest.raises(pytest.fail.Exception):
            batches.turn(batches.queue[0])
    batches.world.scenario(grams_per_unit="99", valid_from="2023-01-01T00:00:00Z", operator="another")
    batches.drain()
    assert batches.sums(batch) == ("done", 1, 1, 71)


def test_a_file_that_is_replaced_after_it_was_checked_is_not_read(batches: Batches) -> None:
    """No signed form allows it. What was checked is what is read, or nothing is."""
    alice = batches.world.person()
    batch = uploaded(batches, file(trip("a", alice)))
    batches.tell(batch)
    batches.upload(batch, file(trip("a", alice, "9")))
    assert batches.turn(batches.queue[0]) == [{"itemIdentifier": "m"}]
    assert (batches.sums(batch), batches.world.points()) == (("processing", 0, 0, 0), 0)
    batches.upload(batch, file(trip("a", alice)))
    batches.drain()
    assert batches.sums(batch) == ("done", 1, 0, 71)


def test_a_batch_that_lost_its_worker_is_woken(batches: Batches) -> None:
    alice = batches.world.person()
    lost = batches.open(file(trip("a", alice))).body["id"]
    batches.send(file(trip("b", alice)))
    for minutes, woken in ((10, []), (20, [lost])):
        worker.resume(datetime.now(UTC) + timedelta(minutes=minutes))
        assert batches.woken() == woken


def test_messages_that_are_lost_are_sent_again(batches: Batches) -> None:
    alice = batches.world.person()
    batch = uploaded(batches, file(trip("a", alice)))
    batches.tell(batch)
    batches.queue.clear()
    worker.resume(datetime.now(UTC) + timedelta(minutes=20))
    batches.drain()
    assert batches.sums(batch) == ("done", 1, 0, 71)


@pytest.mark.usefixtures("small")
def test_an_operators_next_file_waits_for_room_and_another_operators_does_not(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.batches.admission.LANES_MAX", 5)
    alice = batches.world.person()
    batches.world.scenario("theirs", operator="another")

    def sent(name: str, count: int, **changes: Any) -> str:
        batch = uploaded(batches, file(*(trip(f"{name}{number}", alice) for number in range(count))), **changes)
        batches.tell(batch)
        return batch

    first, second, third = (sent(name, count, key=name) for name, count in (("a", 9), ("b", 9), ("c", 1)))
    other = sent("d", 9, scenario="theirs", sub="another")
    assert {each["batch"] for each in batches.queue} == {first, other}  # the third does not overtake the second
    assert [batches.sums(each)[0] for each in (first, second, third)] == ["processing"] * 3
    batches.drain()
    assert [batches.sums(each)[:2] for each in (first, second, third)] == [("done", 9), ("done", 9), ("done", 1)]
    assert batches.get(other, sub="another")["converted"] == 9
    ends = [batches.get(each)["finished_at"] for each in (first, second, third)]
    assert ends == sorted(ends)


def test_the_handlers_are_what_the_infrastructure_will_call(batches: Batches) -> None:
    import app

    by_name = {each.name: each for each in app.app.event_sources}
    assert by_name["upload_arrived"].handler_string == "app.upload_arrived"
    assert by_name["process_lines"].handler_string == "app.process_lines"
    assert by_name["resume"].handler_string == "app.resume"
    parts = ("version", "id", "source", "detail-type", "account", "region", "time", "detail", "resources")
    app.resume(dict.fromkeys(parts), None)


def test_a_batch_that_waits_though_it_has_ended_keeps_no_other_waiting(batches: Batches) -> None:
    """A worker that stood still writes that it waits, when all is over: seed 2026 of the simulator, focus files."""
    alice = batches.world.person()
    first = batches.send(file(trip("r1", alice)))
    stored = batches.world.item(keys.batch(first)) or {}
    rank = f"{stored['created_at']}:{first}"
    commit([update(keys.intake("operator"), add={"moves": 1, "waiting": {rank}})])
    second = batches.send(file(trip("r2", alice)))
    assert batches.sums(second) == ("done", 1, 0, 71)
    assert "waiting" not in (batches.world.item(keys.intake("operator")) or {})


def test_who_waits_and_was_never_woken_keeps_no_later_one_waiting(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who ended the file before it died then, and the schedule looks at files of today and yesterday only."""
    alice = batches.world.person()
    contents = [file(trip(f"r{number}", alice)) for number in range(2)]
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.batches.admission.has_room", lambda *_: False)
        patch.setattr(worker, "wake", lambda _: None)
        first = uploaded(batches, contents[0])
        batches.process(first)
    assert batches.sums(first)[0] == "processing"
    second = uploaded(batches, contents[1])
    batches.process(second)
    assert [batches.sums(each) for each in (first, second)] == [("done", 1, 0, 71)] * 2
