"""The books from an export, step by step: at one instant, through messages that die and come twice."""

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import app
from chalicelib.files import client, store
from chalicelib.kernel.fields import stamp
from chalicelib.reconciliation import flags, worker
from chalicelib.reconciliation.export import objects, steps
from chalicelib.settings import settings
from chalicelib.supervision.audit import spread
from chalicelib.supervision.audit.differences import Difference
from infra.dev.local import schedules
from tests.exports import FILES, Exports, exporting
from tests.integration.test_books import lively
from tests.integration.test_reconciliation import CORRUPTED, DAY, MOMENT, trade
from tests.integration.test_uncovered import cancel, trip, undo
from tests.world import World

FULL = objects.full(DAY)


def town(world: World, monkeypatch: pytest.MonkeyPatch) -> Exports:
    """One whose books need many parts, and more than once the memory that there is."""
    monkeypatch.setenv("BATCH_THREADS", "1")
    monkeypatch.setattr(spread, "_ITEMS_A_PART", 50)
    monkeypatch.setattr(spread, "ACCOUNTS_MAX", 3)
    lively(world)
    trade(world)
    world.stream()
    return exporting(world, monkeypatch)


@pytest.fixture
def exports(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exports]:
    yield town(world, monkeypatch)
    client.client.cache_clear()


def begin() -> None:
    schedules.fire(app, "reconcile", datetime.fromisoformat(MOMENT))


def reconciled(exports: Exports) -> dict[str, Any]:
    begin()
    exports.drain()
    [published] = exports.world.get("/v1/reconciliations").body["items"]
    return dict(published)


def look_after(exports: Exports) -> None:
    """The schedule's turn, long after anything was last heard of the day."""
    objects.put(objects.heard_key(DAY), MOMENT)
    resume(exports)


def resume(exports: Exports) -> None:
    """The schedule's turn. Its one message is handled before all others."""
    worker.resume(datetime.fromisoformat(MOMENT))
    exports.queue.insert(0, exports.queue.pop())
    assert exports.queue[0] == {"day": DAY, "step": "again"}
    assert exports.deliver(exports.queue.pop(0))


def differences(world: World) -> list[dict[str, Any]]:
    items = world.get(f"/v1/reconciliations/{DAY}/differences", role="auditor", sub="auditor").body["items"]
    return list(items)


def test_sound_books_agree_and_nothing_is_set_aside(exports: Exports) -> None:
    published = reconciled(exports)
    supply = exports.world.get("/v1/supply").body
    assert published["sums"] == {name: supply[name] for name in published["sums"]}
    assert (published["differences"], published["set_aside"], published["sums_judged"]) == (0, 0, True)
    assert published["records"] == len(exports.world.records()) - 1  # its own came after
    [asked] = exports.asked.values()
    assert published["began_at"] == stamp(datetime.fromtimestamp(asked["ExportTime"], UTC))  # the instant of the export


@pytest.mark.parametrize("name", CORRUPTED)
def test_whatever_is_corrupted_is_named(exports: Exports, name: str, caplog: pytest.LogCaptureFixture) -> None:
    corrupt, what = CORRUPTED[name]
    corrupt(exports.world)
    published = reconciled(exports)
    found = differences(exports.world)
    assert what in {each["what"] for each in found}, found
    assert published["differences"] == len(found)
    assert any(getattr(line, "fields", {}).get("Differences") == len(found) for line in caplog.records)


def test_the_records_behind_a_difference_are_named(exports: Exports) -> None:
    alice = exports.world.me()["id"]
    exports.world.store.items[f"account:{alice}", "account"]["points"] = {"N": "1"}
    reconciled(exports)
    points, statement = differences(exports.world)
    assert points["account"] == statement["account"] == f"account:{alice}"
    assert points["records"][:3] == [entry["id"] for entry in exports.world.entries(limit=3)]


def test_what_the_stream_had_not_brought_at_that_instant_is_no_difference(exports: Exports) -> None:
    world = exports.world
    world.report(world.me()["id"], "5", scenario="walk")
    world.redeem(world.offer())
    published = reconciled(exports)
    assert (published["differences"], published["sums_judged"]) == (0, True)
    assert published["set_aside"] > 0  # their statements


@pytest.mark.parametrize("name", ["a balance", "a wrong lane", "a wrong month", "a lost hold"])
def test_and_hides_none(exports: Exports, name: str) -> None:
    """Also of the account that it is about: a balance is right at each instant."""
    exports.world.report(exports.world.me()["id"], "5", scenario="walk")
    corrupt, what = CORRUPTED[name]
    corrupt(exports.world)
    reconciled(exports)
    assert what in {each["what"] for each in differences(exports.world)}


@pytest.mark.parametrize("broken", [{"postings": {"BOOL": True}}, {"at": {"BOOL": True}}])
def test_a_record_that_waits_for_the_stream_and_cannot_be_read_is_a_difference(
    exports: Exports, broken: dict[str, Any]
) -> None:
    """It does not keep the day from its result."""
    world = exports.world
    known = {*world.store.items}
    world.report(world.me()["id"], "5", scenario="walk")
    [place] = [each for each in world.store.items if each not in known and each[1] == "record"]
    world.store.items[place] = world.store.items[place] | broken
    assert reconciled(exports)["differences"] > 0
    assert "record that can be read" in {each["what"] for each in differences(world)}


def test_a_certificates_record_that_cannot_be_read_is_a_difference_though_its_holder_owes(exports: Exports) -> None:
    """Whose certificates bear the debt is read from their Records."""
    world = exports.world
    false = trip(world, world.me()["id"], 50_000)
    cancel(world, 50_000)
    undo(world, false)
    world.stream()
    world.stream()
    place = next(each for each, item in world.store.items.items() if item.get("movement") == {"S": "cancellation"})
    world.store.items[place] = world.store.items[place] | {"postings": {"BOOL": True}}
    assert reconciled(exports)["differences"] > 0
    assert "record that can be read" in {each["what"] for each in differences(world)}


def test_what_no_account_waits_for_is_no_difference_for_an_hour(exports: Exports) -> None:
    world = exports.world
    campaign = given(world)
    assert world.post(f"/v1/campaigns/{campaign}/close", role="institution", sub="shop").status == 200
    [closing] = [each for each in world.items() if each.get("movement") == {"S": "campaign_closing"}]
    world.stream([each for each in world.items() if each != closing])
    assert reconciled(exports)["differences"] == 0


def test_but_then_it_is(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    world = exports.world
    campaign = given(world)
    assert world.post(f"/v1/campaigns/{campaign}/close", role="institution", sub="shop").status == 200
    [closing] = [each for each in world.items() if each.get("movement") == {"S": "campaign_closing"}]
    world.stream([each for each in world.items() if each != closing])
    monkeypatch.setattr(steps, "stamp", lambda _: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.999Z"))
    assert reconciled(exports)["differences"] > 0


def given(world: World) -> str:
    body = {"title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z"}
    id = str(world.post("/v1/campaigns", body, role="institution", sub="shop").body["id"])
    world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange")
    donation = {"campaign": id, "points": 10}
    assert world.post("/v1/donations", donation, role="individual", sub="alice").status == 201
    return id


def test_the_queue_looks_again_until_the_export_is_there(exports: Exports) -> None:
    exports.patience = 2
    assert reconciled(exports)["differences"] == 0
    assert exports.delays[:3] == [0, 120, 120]
    assert len(exports.asked) == 1


def test_an_export_that_failed_is_reported_once_and_the_next_firing_starts_another(
    exports: Exports, caplog: pytest.LogCaptureFixture
) -> None:
    exports.fails = (1,)
    begin()
    exports.drain()
    assert (exports.failed, exports.looked) == ([], 1)  # nobody tries in vain
    lines = [getattr(line, "fields", {}) for line in caplog.records]
    assert [each["ExportsFailed"] for each in lines if "ExportsFailed" in each] == [1]  # raises the alarm
    assert exports.world.get("/v1/reconciliations").body["items"] == []
    look_after(exports)
    exports.drain()
    assert exports.looked == 1
    assert reconciled(exports)["differences"] == 0
    assert len(exports.asked) == 2


def test_each_message_may_come_twice_in_any_order_and_two_may_begin(exports: Exports) -> None:
    CORRUPTED["a balance"][0](exports.world)
    chance = random.Random(7)
    begin()
    begin()
    seen: list[dict[str, Any]] = []
    while exports.queue:
        message = exports.queue.pop(chance.randrange(len(exports.queue)))
        seen.append(message)
        for each in (message, message, chance.choice(seen)):
            assert exports.deliver(each)
    plan = objects.plan_of(FULL)
    assert exports.sent == 2 + sum(map(plan.count, ("count", "judge", "trace")))  # each step's messages, once
    assert len(exports.asked) == 1
    assert len(exports.world.get("/v1/reconciliations").body["items"]) == 1
    assert {each["what"] for each in differences(exports.world)} == {"points", "points by its statement"}


@pytest.mark.parametrize("name", ["nothing", "a balance"])
def test_a_worker_that_dies_at_any_put_leaves_one_result(
    exports: Exports, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each put fails the first time it is asked for: before it is made, or right after."""
    if name in CORRUPTED:
        CORRUPTED[name][0](exports.world)
    put, seen = store.put, set[str]()

    def dies(key: str, content: bytes, *, content_type: str) -> None:
        first = key not in seen
        seen.add(key)
        if first and len(seen) % 2:
            raise RuntimeError("out of time")
        put(key, content, content_type=content_type)
        if first:
            raise RuntimeError("out of memory")

    monkeypatch.setattr(store, "put", dies)
    for _ in range(20):
        with contextlib.suppress(RuntimeError):
            begin()
        exports.queue += exports.failed
        exports.failed.clear()
        exports.drain()
    [published] = exports.world.get("/v1/reconciliations").body["items"]
    assert published["differences"] == (2 if name in CORRUPTED else 0)
    assert len(seen) > FILES


def test_who_dies_after_sending_and_before_the_mark_sends_once_more(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, died = store.put, list[str]()

    def dies(key: str, content: bytes, *, content_type: str) -> None:
        if "/sent/" in key and key not in died:
            died.append(key)
            raise RuntimeError("out of time")
        put(key, content, content_type=content_type)

    monkeypatch.setattr(store, "put", dies)
    assert reconciled(exports)["differences"] == 0
    assert len(died) == 2
    plan = objects.plan_of(FULL)
    assert exports.sent == 1 + 2 * plan.count("count") + plan.count("judge")  # the other came when all was done


@pytest.mark.parametrize("step", ["await", "count", "judge", "trace"])
def test_what_the_queue_lost_is_sent_again_once_the_day_is_silent(exports: Exports, step: str) -> None:
    """And no more than what is left, however often the schedule has its turn."""
    CORRUPTED["a balance"][0](exports.world)
    begin()
    while exports.queue[0]["step"] != step:
        assert exports.deliver(exports.queue.pop(0))
    lost = len(exports.queue)
    if lost > 1:  # one is done
        assert exports.deliver(exports.queue.pop(0))
        lost -= 1
    exports.queue.clear()
    resume(exports)
    assert exports.queue == []  # somebody may be at work
    look_after(exports)
    assert ([each["step"] for each in exports.queue], exports.delays[-1]) == ([step] * lost, 0)
    resume(exports)
    assert len(exports.queue) == lost
    exports.drain()
    [published] = exports.world.get("/v1/reconciliations").body["items"]
    assert published["differences"] == 2
    before = exports.sent
    worker.resume(datetime.fromisoformat(MOMENT))
    assert exports.sent == before  # the day has its result


def test_a_day_whose_last_worker_died_goes_on(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a step is done, and nobody was left to send the next."""
    begin()
    exports.lost = True
    while exports.queue:
        exports.deliver(exports.queue.pop(0))
        with contextlib.suppress(Exception):
            exports.s3.delete_object(Bucket=settings().documents_bucket, Key=objects.sent_key(FULL, "judge"))
    exports.lost = False
    look_after(exports)
    exports.drain()
    assert exports.world.get("/v1/reconciliations").body["items"] != []


def test_a_day_that_never_began_is_left_to_its_schedule(exports: Exports) -> None:
    resume(exports)
    assert (exports.queue, exports.asked) == ([], {})


def test_the_first_conclusion_stays(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flags are read from the table, which moves: who concludes later may find other ones."""
    begin()
    while exports.queue[0]["step"] != "judge":
        assert exports.deliver(exports.queue.pop(0))
    judging = [*exports.queue]
    exports.lost = True
    monkeypatch.setattr(flags, "differences", lambda *_: iter([Difference("account:a", "seen first", 1, 0)]))
    for message in judging:
        assert exports.deliver(message)
    monkeypatch.setattr(flags, "differences", lambda *_: iter([Difference("account:b", "seen later", 1, 0)]))
    exports.lost = False
    exports.queue[:] = judging
    exports.s3.delete_object(Bucket=settings().documents_bucket, Key=objects.sent_key(FULL, "trace"))
    exports.drain()
    assert [each["what"] for each in differences(exports.world)] == ["seen first"]


def test_of_two_that_conclude_at_once_the_first_stays(exports: Exports, monkeypatch: pytest.MonkeyPatch) -> None:
    there = objects.there
    with monkeypatch.context() as patch:
        patch.setattr(objects, "there", lambda key: not key.endswith("concluded") and there(key))
        test_the_first_conclusion_stays(exports, monkeypatch)


def test_a_table_without_anything_has_books_too(exports: Exports) -> None:
    exports.world.store.items.clear()
    published = reconciled(exports)
    assert (published["records"], published["differences"]) == (0, 0)


def test_a_second_firing_of_a_day_that_is_done_starts_nothing(exports: Exports) -> None:
    first = reconciled(exports)
    assert reconciled(exports) == first
    assert len(exports.asked) == 1
