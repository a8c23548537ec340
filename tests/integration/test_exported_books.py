"""The books from an export, step by step: at one instant, through messages that die and come twice."""

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import app
from chalicelib.files import client, store
from chalicelib.reconciliation.export import steps
from chalicelib.supervision.audit import spread
from infra.dev.local import schedules
from tests.exports import FILES, Exports, exporting
from tests.integration.test_books import lively
from tests.integration.test_reconciliation import CORRUPTED, DAY, MOMENT, trade
from tests.world import World


@pytest.fixture
def exports(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exports]:
    monkeypatch.setenv("BATCH_THREADS", "1")
    monkeypatch.setattr(spread, "_ITEMS_A_PART", 50)
    monkeypatch.setattr(spread, "ACCOUNTS_MAX", 3)
    lively(world)
    trade(world)
    world.stream()
    yield exporting(world, monkeypatch)
    client.client.cache_clear()


def begin() -> None:
    schedules.fire(app, "reconcile", datetime.fromisoformat(MOMENT))


def reconciled(exports: Exports) -> dict[str, Any]:
    begin()
    exports.drain()
    [published] = exports.world.get("/v1/reconciliations").body["items"]
    return dict(published)


def differences(world: World) -> list[dict[str, Any]]:
    items = world.get(f"/v1/reconciliations/{DAY}/differences", role="auditor", sub="auditor").body["items"]
    return list(items)


def test_sound_books_agree_and_nothing_is_set_aside(exports: Exports) -> None:
    published = reconciled(exports)
    supply = exports.world.get("/v1/supply").body
    assert published["sums"] == {name: supply[name] for name in published["sums"]}
    assert (published["differences"], published["set_aside"], published["sums_judged"]) == (0, 0, True)
    assert published["records"] == len(exports.world.records()) - 1  # its own came after
    assert published["began_at"] == "2026-01-30T19:00:00.000Z"  # the instant of the export


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


def test_an_export_that_failed_is_reported_and_the_next_firing_starts_another(exports: Exports) -> None:
    exports.fails = True
    begin()
    exports.drain()
    assert [each["step"] for each in exports.failed] == ["await"]  # a dead letter, which raises the alarm
    assert exports.world.get("/v1/reconciliations").body["items"] == []
    assert reconciled(exports)["differences"] == 0
    assert len(exports.asked) == 2


def test_each_message_may_come_twice_in_any_order_and_two_may_begin(exports: Exports) -> None:
    CORRUPTED["a balance"][0](exports.world)
    chance = random.Random(7)
    begin()
    begin()
    while exports.queue:
        message = exports.queue.pop(chance.randrange(len(exports.queue)))
        assert exports.deliver(message)
        assert exports.deliver(message)
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


def test_a_second_firing_of_a_day_that_is_done_starts_nothing(exports: Exports) -> None:
    first = reconciled(exports)
    assert reconciled(exports) == first
    assert len(exports.asked) == 1
