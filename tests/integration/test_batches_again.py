"""Events that come twice, workers that crash and batches that are left: nothing is doubled, nothing is lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.batches.processing import outcomes, worker
from chalicelib.errors import Contended
from chalicelib.kernel import settle
from chalicelib.settings import settings
from tests.batches import Batches, file, trip
from tests.world import PEOPLE


def state(batches: Batches) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in batches.world.items())


def test_the_event_may_come_again(batches: Batches) -> None:
    alice = batches.world.person()
    batch = batches.send(file(trip("a", alice), trip("b", "nobody"), b"{"))
    before, reasons = state(batches), batches.reasons(batch)
    batches.tell(batch)
    batches.tell(batch, "wake")
    assert state(batches) == before
    assert batches.reasons(batch) == reasons


def test_events_of_others_are_not_ours(batches: Batches) -> None:
    alice = batches.world.person()
    content = file(trip("a", alice))
    batch = batches.open(content).body["id"]
    batches.tell(batch)  # reported before it came
    batches.upload(batch, content)
    batches.tell(batch, bucket="another-bucket")
    batches.tell("unknown")
    assert batches.sums(batch) == ("awaiting_upload", 0, 0, 0)


class Crash(Exception):
    pass


@pytest.mark.parametrize("after", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("committed", [True, False])
def test_a_crash_in_any_line_loses_and_doubles_nothing(
    batches: Batches, monkeypatch: pytest.MonkeyPatch, after: int, committed: bool
) -> None:
    monkeypatch.setattr(worker, "SLICE_LINES", 2)
    alice = batches.world.person()
    good = [trip(record, alice) for record in "acade"]
    content = file(good[0], trip("b", "nobody"), good[1], b"{", *good[2:])
    left, real = [after], settle.conclude

    def crash(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0 and not committed:
            raise Crash
        settled = real(*arguments)
        if left[0] < 0:
            raise Crash
        return settled

    batch = batches.open(content).body["id"]
    batches.upload(batch, content)
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "conclude", crash)
        if after < 6:
            with pytest.raises(Crash):
                batches.tell(batch)
            assert batches.get(batch)["status"] == "processing"
    batches.tell(batch)
    assert batches.sums(batch) == ("done", 4, 3, 284)
    assert batches.reasons(batch) == [
        (2, "b", "invalid_request"), (4, None, "malformed_json"), (5, "a", "already_reported"),
    ]  # fmt: skip
    assert batches.world.points() == 284


@pytest.mark.parametrize("step", ["start", "slice", "finish"])
@pytest.mark.parametrize("committed", [True, False])
def test_a_crash_between_lines_loses_and_doubles_nothing(
    batches: Batches, monkeypatch: pytest.MonkeyPatch, step: str, committed: bool
) -> None:
    alice = batches.world.person()
    content = file(trip("a", alice), b"{")
    batch = batches.open(content).body["id"]
    batches.upload(batch, content)
    module: Any = outcomes if step == "slice" else worker
    real = module.perform

    def crash(record: str, decide: Any) -> Any:
        if step == "finish" and batches.get(batch)["converted"] == 0:
            return real(record, decide)
        if committed:
            real(record, decide)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(module, "perform", crash)
        with pytest.raises(Crash):
            batches.tell(batch)
    batches.tell(batch)
    assert batches.sums(batch) == ("done", 1, 1, 71)
    assert batches.reasons(batch) == [(2, None, "malformed_json")]


@pytest.mark.parametrize("before", range(5))
def test_two_workers_at_once_come_to_the_same(batches: Batches, monkeypatch: pytest.MonkeyPatch, before: int) -> None:
    """Another worker does the whole file while the first is about to try a line."""
    monkeypatch.setattr(worker, "SLICE_LINES", 2)
    alice = batches.world.person()
    content = file(trip("a", alice), trip("b", "nobody"), trip("c", alice), trip("a", alice), trip("d", alice))
    batch = batches.open(content).body["id"]
    batches.upload(batch, content)
    left, real = [before], settle.conclude

    def overtaken(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] == -1:
            batches.tell(batch)
            assert batches.get(batch)["status"] == "done"
        return real(*arguments)

    monkeypatch.setattr(outcomes, "conclude", overtaken)
    batches.tell(batch)
    assert batches.sums(batch) == ("done", 3, 2, 213)
    assert batches.reasons(batch) == [(2, "b", "invalid_request"), (4, "a", "already_reported")]
    assert batches.world.points() == 213


def test_a_busy_table_is_waited_for(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that others are in the way of is not refused: it is tried again, at last by the next event."""
    monkeypatch.setattr("chalicelib.batches.processing.outcomes.time.sleep", lambda _: None)
    alice = batches.world.person()
    content = file(trip("a", alice))
    batch = batches.open(content).body["id"]
    batches.upload(batch, content)
    busy, real = [12], settle.conclude

    def contended(*arguments: Any) -> Any:
        busy[0] -= 1
        if busy[0] >= 0:
            raise Contended
        return real(*arguments)

    monkeypatch.setattr(outcomes, "conclude", contended)
    with pytest.raises(Contended):
        batches.tell(batch)
    assert batches.sums(batch) == ("processing", 0, 0, 0)
    batches.tell(batch)
    assert batches.sums(batch) == ("done", 1, 0, 71)


def test_an_outcome_stands_though_the_world_changes_before_the_work_goes_on(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by one worker, acceptable to the next: still refused, so that the sums of both are the same."""
    alice, bob = batches.world.person(), batches.world.person("bob", PEOPLE[1])
    batches.world.close("bob")
    content = file(trip("a", alice), trip("b", bob))
    batch = batches.open(content).body["id"]
    batches.upload(batch, content)
    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "perform", lambda *_: pytest.fail("crash"))
        with pytest.raises(pytest.fail.Exception):
            batches.tell(batch)
    batches.world.scenario(grams_per_unit="99", valid_from="2023-01-01T00:00:00Z", operator="another")
    batches.tell(batch)
    assert batches.sums(batch) == ("done", 1, 1, 71)


def test_work_goes_on_in_another_invocation_when_the_time_is_up(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SLICE_LINES", 1)
    monkeypatch.setattr(worker, "WORK_SECONDS_MAX", -1)
    alice = batches.world.person()
    batch = batches.send(file(trip("a", alice), trip("b", alice)))
    assert batches.sums(batch) == ("processing", 0, 0, 0)
    wake = f"incoming/batches/{batch}/wake"
    assert batches.s3.head_object(Bucket=settings().documents_bucket, Key=wake)["ContentLength"] == 0
    monkeypatch.setattr(worker, "WORK_SECONDS_MAX", 600)
    batches.tell(batch, "wake")
    assert batches.sums(batch) == ("done", 2, 0, 142)


def test_a_batch_that_lost_its_worker_is_woken(batches: Batches) -> None:
    alice = batches.world.person()
    lost = batches.open(file(trip("a", alice))).body["id"]
    batches.send(file(trip("b", alice)))
    for minutes, woken in ((10, []), (20, [f"incoming/batches/{lost}/wake"])):
        worker.resume(datetime.now(UTC) + timedelta(minutes=minutes))
        listed = batches.s3.list_objects_v2(Bucket=settings().documents_bucket)["Contents"]
        assert [each["Key"] for each in listed if each["Key"].endswith("wake")] == woken


def test_the_handlers_are_what_the_infrastructure_will_call(batches: Batches) -> None:
    import app

    by_name = {each.name: each for each in app.app.event_sources}
    assert by_name["upload_arrived"].handler_string == "app.upload_arrived"
    assert by_name["resume"].handler_string == "app.resume"
    parts = ("version", "id", "source", "detail-type", "account", "region", "time", "detail", "resources")
    app.resume(dict.fromkeys(parts), None)
