"""The books of a day from those of the day before and what changed since: the same as from the whole table."""

import contextlib
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import app
from chalicelib.files import client, store
from chalicelib.reconciliation import worker
from chalicelib.reconciliation.export import choice, objects
from chalicelib.settings import settings
from chalicelib.supervision.audit import spread
from infra.dev.local import schedules
from tests.books import audited
from tests.exports import Exports
from tests.integration.test_exported_books import town
from tests.integration.test_reconciliation import CORRUPTED, DAY, MOMENT
from tests.world import World

NEXT, THIRD = "2026-02-01", "2026-02-02"
FIRST = datetime.fromisoformat(MOMENT)


@pytest.fixture
def exports(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exports]:
    """A town whose first day agrees."""
    made = town(world, monkeypatch)
    assert reconciled(made, 0)["differences"] == 0
    yield made
    client.client.cache_clear()


def begin(exports: Exports, day: int, *, late: timedelta = timedelta(seconds=20)) -> None:
    """The schedule fires on the ``day`` after the first, ``late`` by so much."""
    moment = FIRST + timedelta(days=day)
    exports.now = (moment + late).isoformat()
    schedules.fire(app, "reconcile", moment)


def reconciled(exports: Exports, day: int, **late: timedelta) -> dict[str, Any]:
    begin(exports, day, **late)
    exports.drain()
    assert exports.failed == []
    return published(exports, day)


def published(exports: Exports, day: int) -> dict[str, Any]:
    name = worker.day_of(FIRST + timedelta(days=day))
    [found] = [each for each in exports.world.get("/v1/reconciliations").body["items"] if each["id"] == name]
    return dict(found)


def kinds(exports: Exports) -> list[str]:
    """Of all exports that were asked for."""
    return ["changes" if "ExportType" in each else "full" for each in exports.asked.values()]


def live(world: World) -> None:
    """Some life, of which all is delivered."""
    world.report(world.me()["id"], "5", scenario="walk")
    offer = world.offer()
    world.refund(world.redeem(offer).body["id"])
    world.redeem(offer)
    world.stream()


def differences(world: World, day: str) -> list[dict[str, Any]]:
    items = world.get(f"/v1/reconciliations/{day}/differences", role="auditor", sub="auditor").body["items"]
    return list(items)


def test_the_next_day_reads_what_changed_and_comes_to_the_same(exports: Exports) -> None:
    live(exports.world)
    second = reconciled(exports, 1)
    assert kinds(exports) == ["full", "changes"]
    whole = audited(exports.tables[max(exports.tables)].values())
    assert second["sums"] == whole.sums
    assert (second["records"], second["accounts"]) == (whole.books.records, whole.whole.accounts)
    assert (second["differences"], second["set_aside"], second["sums_judged"]) == (0, 0, True)
    assert second["began_at"] == "2026-01-31T18:50:00.000Z"  # 02:50 in Shanghai
    assert exports.s3.get_object(Bucket=settings().documents_bucket, Key=f"books/{NEXT}/changes/plan")


@pytest.mark.parametrize("name", CORRUPTED)
def test_what_is_corrupted_later_is_named_with_all_records_behind_it_on_that_day_and_on_the_next(
    exports: Exports, name: str
) -> None:
    corrupt, what = CORRUPTED[name]
    corrupt(exports.world)
    second = reconciled(exports, 1)
    found = differences(exports.world, NEXT)
    assert what in {each["what"] for each in found}, found
    assert second["differences"] == len(found)
    third = reconciled(exports, 2)
    assert third["differences"] == second["differences"]
    assert differences(exports.world, THIRD) == found
    assert kinds(exports) == ["full", "changes", "full", "full"]


def test_what_was_right_again_is_continued_from(exports: Exports) -> None:
    place, item = next(each for each in exports.world.store.items.items() if each[0][1] == "account")
    exports.world.store.items[place] = item | {"points": {"N": "77"}}
    assert reconciled(exports, 1)["differences"] > 0
    exports.world.store.items[place] = item
    assert reconciled(exports, 2)["differences"] == 0
    live(exports.world)
    assert reconciled(exports, 3)["differences"] == 0
    assert kinds(exports) == ["full", "changes", "full", "full", "changes"]


def test_what_waits_for_the_stream_waits_on_the_next_day_too(exports: Exports) -> None:
    world = exports.world
    world.report(world.me()["id"], "5", scenario="walk")
    world.redeem(world.offer())
    for day in (1, 2):
        found = reconciled(exports, day)
        assert (found["differences"], found["sums_judged"]) == (0, True)
        assert found["set_aside"] > 0
    world.stream()
    found = reconciled(exports, 3)
    assert (found["differences"], found["set_aside"]) == (0, 0)
    assert kinds(exports) == ["full", "changes", "changes", "changes"]


def test_a_balance_that_moves_without_a_record_while_others_wait_is_named(exports: Exports) -> None:
    exports.world.report(exports.world.me()["id"], "5", scenario="walk")
    assert reconciled(exports, 1)["differences"] == 0
    CORRUPTED["a balance"][0](exports.world)
    assert reconciled(exports, 2)["differences"] > 0


def test_each_week_begins_with_the_whole_table(exports: Exports) -> None:
    for day in range(1, 9):
        exports.world.report(exports.world.me()["id"], "5", scenario="walk")
        exports.world.stream()
        assert reconciled(exports, day)["differences"] == 0
    assert kinds(exports) == ["full", *["changes"] * 6, "full", "changes"]


def _delete(exports: Exports, key: str) -> None:
    exports.s3.delete_object(Bucket=settings().documents_bucket, Key=key)


def _grow(exports: Exports, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(spread, "_ITEMS_A_PART", 2)


FULL: dict[str, Callable[[Exports, pytest.MonkeyPatch], object]] = {
    "its accounts are gone": lambda e, _: _delete(e, objects.accounts_key(objects.full(DAY), 0)),
    "its rest is gone": lambda e, _: _delete(e, objects.rest_key(objects.full(DAY))),
    "it did not end": lambda e, _: _delete(e, objects.concluded_key(objects.full(DAY))),
    "another engine made it": lambda _, patch: patch.setattr(choice, "engine", lambda: "another"),
    "its parts became too large": _grow,
}


@pytest.mark.parametrize("name", FULL)
def test_the_whole_table_is_read_where_the_day_before_cannot_be_continued(
    exports: Exports, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    FULL[name](exports, monkeypatch)
    live(exports.world)
    assert reconciled(exports, 1)["differences"] == 0
    assert kinds(exports) == ["full", "full"]


def test_and_where_a_day_is_missing(exports: Exports) -> None:
    assert reconciled(exports, 2)["differences"] == 0
    assert kinds(exports) == ["full", "full"]


def test_and_where_the_day_before_is_less_than_a_quarter_of_an_hour_ago(exports: Exports) -> None:
    reconciled(exports, 1, late=timedelta(hours=23, minutes=45))
    assert reconciled(exports, 2)["differences"] == 0
    # 02:50 of the second day, however late it is asked for; then exactly a day later
    assert kinds(exports) == ["full", "changes", "changes"]
    _delete(exports, objects.rest_key(objects.changes(THIRD)))
    reconciled(exports, 3, late=timedelta(hours=23, minutes=45))
    reconciled(exports, 4)
    assert kinds(exports)[3:] == ["full", "full"]


def test_which_it_is_is_decided_once(exports: Exports) -> None:
    """Whatever happens to the day before, and however often the day is begun."""
    live(exports.world)
    begin(exports, 1)
    _delete(exports, objects.concluded_key(objects.full(DAY)))
    for _ in range(2):
        begin(exports, 1, late=timedelta(hours=1))
    assert kinds(exports) == ["full", "changes"]
    exports.drain()
    assert published(exports, 1)["differences"] == 0


@pytest.mark.parametrize("refuses", [True, False])
def test_changes_that_are_not_to_be_had_are_no_alarm(
    exports: Exports, refuses: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """DynamoDB refuses them, or fails: the day begins with the whole table."""
    exports.refuses, exports.fails = refuses, () if refuses else (2,)
    live(exports.world)
    assert reconciled(exports, 1)["differences"] == 0
    assert kinds(exports) == ["full", *([] if refuses else ["changes"]), "full"]
    assert not any("ExportsFailed" in getattr(line, "fields", {}) for line in caplog.records)
    assert reconciled(exports, 2)["differences"] == 0


@pytest.mark.parametrize("name", ["nothing", "a balance"])
def test_each_message_may_come_twice_in_any_order(exports: Exports, name: str) -> None:
    live(exports.world)
    if name in CORRUPTED:
        CORRUPTED[name][0](exports.world)
    chance = random.Random(7)
    begin(exports, 1)
    begin(exports, 1)
    seen: list[dict[str, Any]] = []
    while exports.queue:
        message = exports.queue.pop(chance.randrange(len(exports.queue)))
        seen.append(message)
        for each in (message, message, chance.choice(seen)):
            assert exports.deliver(each)
    assert published(exports, 1)["differences"] == (2 if name in CORRUPTED else 0)
    assert kinds(exports) == ["full", "changes", *(["full"] if name in CORRUPTED else [])]
    assert reconciled(exports, 2)["differences"] == (2 if name in CORRUPTED else 0)


@pytest.mark.parametrize("name", ["nothing", "a balance"])
def test_a_worker_that_dies_at_any_put_leaves_one_result(
    exports: Exports, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each put fails the first time it is asked for: before it is made, or right after."""
    live(exports.world)
    if name in CORRUPTED:
        CORRUPTED[name][0](exports.world)
    put, first, seen = store.put, store.put_first, set[str]()

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def dies(key: str, content: bytes, *, content_type: str) -> Any:
            known = key in seen
            seen.add(key)
            if not known and len(seen) % 2:
                raise RuntimeError("out of time")
            made = real(key, content, content_type=content_type)
            if not known:
                raise RuntimeError("out of memory")
            return made

        return dies

    monkeypatch.setattr(store, "put", dying(put))
    monkeypatch.setattr(store, "put_first", dying(first))
    for _ in range(30):
        with contextlib.suppress(RuntimeError):
            begin(exports, 1)
        exports.queue += exports.failed
        exports.failed.clear()
        exports.drain()
    assert published(exports, 1)["differences"] == (2 if name in CORRUPTED else 0)
    assert {*kinds(exports)[1:]} == ({"changes", "full"} if name in CORRUPTED else {"changes"})
    monkeypatch.undo()


@pytest.mark.parametrize("step", ["await", "count", "judge", "trace"])
@pytest.mark.parametrize("of", ["changes", "full"])
def test_what_the_queue_lost_is_sent_again_once_the_day_is_silent(exports: Exports, step: str, of: str) -> None:
    if (of, step) == ("changes", "trace"):
        return  # there is none
    CORRUPTED["a balance"][0](exports.world)
    begin(exports, 1)
    while (exports.queue[0]["run"], exports.queue[0]["step"]) != (f"{NEXT}/{of}", step):
        assert exports.deliver(exports.queue.pop(0))
    lost = len(exports.queue)
    exports.queue.clear()
    moment = FIRST + timedelta(days=1, hours=1)
    exports.now = moment.isoformat()
    worker.resume(moment)
    assert exports.queue == [{"day": NEXT, "step": "again"}]
    assert exports.deliver(exports.queue.pop(0))
    assert [(each["run"], each["step"]) for each in exports.queue] == [(f"{NEXT}/{of}", step)] * lost
    exports.drain()
    assert published(exports, 1)["differences"] == 2


def test_a_message_of_the_version_before_is_left_to_the_schedule(exports: Exports) -> None:
    assert exports.deliver({"day": NEXT, "step": "judge", "number": 0})
    assert exports.queue == []
