"""Every day the books are recomputed, and whatever was corrupted is named, once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

import app
from chalicelib.buyback import queries
from chalicelib.buyback import worker as buyback
from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE
from chalicelib.kernel.settle import perform
from chalicelib.reconciliation import actions
from chalicelib.settings import settings
from chalicelib.table import keys
from chalicelib.table.write import decode, encode
from infra.dev.local import books, schedules
from tests import consents
from tests.integration.test_books import lively
from tests.world import CODES, PEOPLE, World

MOMENT = "2026-01-30T19:00:00Z"
DAY = "2026-01-31"


@pytest.fixture(autouse=True)
def one_thread(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCH_THREADS", "1")
    settings.cache_clear()


@pytest.fixture
def still(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A lively world that has come to rest: its Records are older than what may still be on its way."""
    lively(world)
    trade(world)
    world.stream()
    monkeypatch.setattr(books, "LATE", timedelta(seconds=-60))
    return world


def trade(world: World) -> None:
    """A merchant with a tonne that is bought back, and a hold."""
    world.rich("rich", PEOPLE[1], points=3_000_000)
    big = world.offer(points=1_500_000, stock=3)
    assert world.redeem(big, 1_500_000, sub="rich").status == 201
    world.sweep()
    run = world.post("/v1/buy-back-runs", role="exchange", sub="exchange").body["id"]
    buyback.handle({"run": run}, lambda _: True)
    for part in list(queries.open_parts(run)):
        buyback.handle({"run": run, "part": part}, lambda _: True)
    grant = consents.spending(world, consents.mall(world, "mall", CODES[1]), "mall")
    assert world.post("/v1/holds", consents.order(grant), role="institution", sub="mall").status == 201


def fire(moment: str) -> None:
    schedules.fire(app, "reconcile", datetime.fromisoformat(moment))


def found(world: World) -> list[dict[str, Any]]:
    fire(MOMENT)
    answer = world.get(f"/v1/reconciliations/{DAY}/differences", role=AUDITOR, sub=AUDITOR)
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    assert answer.body["differences"] == len(items)
    return items


def test_sound_books_agree_and_the_public_sees_it(still: World) -> None:
    assert found(still) == []
    [published] = still.get("/v1/reconciliations").body["items"]
    supply = still.get("/v1/supply").body
    assert published["sums"] == {name: supply[name] for name in published["sums"]}
    assert (published["id"], published["differences"], published["set_aside"], published["sums_judged"]) == (
        DAY, 0, 0, True,
    )  # fmt: skip
    assert published["records"] == len(still.records()) - 1  # its own came after


Raw = dict[str, Any]


def _change(world: World, where: Callable[[Raw], bool], change: Callable[[Raw], object]) -> None:
    place, raw = next((place, each) for place, each in world.store.items.items() if where(decode(each) or {}))
    item = decode(raw) or {}
    change(item)
    world.store.items[place] = encode(item)


def _remove(world: World, where: Callable[[Raw], bool]) -> None:
    place = next(place for place, each in world.store.items.items() if where(decode(each) or {}))
    del world.store.items[place]


def _is(movement: str) -> Callable[[Raw], bool]:
    return lambda item: item["sk"] == "record" and item.get("movement") == movement


def _posting(item: Raw) -> None:
    item["postings"][0][2] += 1


def _at(item: Raw) -> None:
    item["at"] = "2020-01-01T00:00:00.000Z"


def _answer(item: Raw) -> None:
    item["answer"] = json.dumps(json.loads(item["answer"]) | {"points": 1})


def _double(world: World) -> None:
    item = next(item for each in world.store.items.values() if _is("buy_back")(item := decode(each) or {}))
    twin = item | {"pk": "record:twin", "id": "twin"}
    world.store.items["record:twin", "record"] = encode(twin)


def _move_colour(world: World) -> None:
    def move(item: Raw) -> None:
        [name] = (each for each in item if each.startswith("earned:"))
        item[f"{name}-2"] = item.pop(name)

    _change(world, lambda item: any(each.startswith("earned:") for each in item), move)


def _elsewhere(begins: str, other: str) -> Callable[[World], None]:
    """A sale whose postings name another account in place of the one that begins so."""

    def change(item: Raw) -> None:
        item["postings"] = [
            [other if str(name).startswith(begins) else name for name in each] for each in item["postings"]
        ]

    return lambda world: _change(world, _is("redemption"), change)


def _person(item: Raw) -> bool:
    return bool(item["sk"] == "account" and item.get("kind") == "individual")


def _till(item: Raw) -> bool:
    return bool(item["sk"] == "account" and item["pk"].startswith("offer:"))


def _plus_one(name: str) -> Callable[[Raw], None]:
    return lambda item: item.update({name: item[name] + 1})


def _in(pk: str, name: str) -> Callable[[World], None]:
    return lambda world: _change(world, lambda item: item["pk"] == pk, _plus_one(name))


CORRUPTED: dict[str, tuple[Callable[[World], None], str]] = {
    "a balance": (lambda w: _change(w, _person, _plus_one("points")), "points"),
    "a posting": (lambda w: _change(w, _is("cancellation"), _posting), "points"),
    "a missing Record": (lambda w: _remove(w, _is("conversion")), "points"),
    "a doubled lot": (_double, "merchants of its lots"),
    "a moved colour": (_move_colour, "colours that are not its Records'"),
    "a wrong account": (_elsewhere("account:", "account:nobody"), "points (no such balance)"),
    "a wrong till": (_elsewhere("offer:", "offer:another/0"), "points (no such balance)"),
    "a till's balance": (lambda w: _change(w, _till, _plus_one("points")), "points"),
    "a lost hold": (lambda w: _remove(w, lambda i: i["pk"].startswith("hold:")), "points (no such balance)"),
    "a wrong lane": (_in("supply", "grams_backing"), "grams behind its points"),
    "a changed answer": (lambda w: _change(w, _is("redemption"), _answer), "points in its answer"),
    "a changed time": (lambda w: _change(w, _is("conversion"), _at), "lines with another time"),
    "a wrong month": (_in("statistics", "records"), "records"),
    "a lost line": (lambda w: _remove(w, lambda i: i["sk"].startswith("entry:")), "points by its statement"),
}


@pytest.mark.parametrize("name", CORRUPTED)
def test_whatever_is_corrupted_is_named(still: World, name: str, caplog: pytest.LogCaptureFixture) -> None:
    corrupt, what = CORRUPTED[name]
    corrupt(still)
    differences = found(still)
    assert what in {each["what"] for each in differences}, differences
    [published] = still.get("/v1/reconciliations").body["items"]
    assert published["differences"] == len(differences)
    assert any(getattr(line, "fields", {}).get("Differences") == len(differences) for line in caplog.records)


def test_the_records_behind_a_difference_are_named_to_officials_only(still: World) -> None:
    alice = still.me()["id"]
    _change(still, lambda i: (i["pk"], i["sk"]) == (f"account:{alice}", "account"), lambda i: i.update(points=1))
    [points, statement] = found(still)
    assert points["account"] == statement["account"] == f"account:{alice}"
    newest = [entry["id"] for entry in still.entries(limit=3)]
    assert points["records"][:3] == newest
    path = f"/v1/reconciliations/{DAY}/differences"
    for role in (EXCHANGE, BUREAU):
        assert still.get(path, role=role, sub=role).body["items"] == [points, statement]
    assert still.get(path, role="individual", sub="alice").refused == (403, "role_not_allowed")
    assert alice not in json.dumps(still.get("/v1/reconciliations").body)


def test_two_workers_at_once_keep_one_result(still: World) -> None:
    first, second = books.reconcile(DAY), books.reconcile(DAY)
    for made in (first, second):
        perform(keys.digest("reconciliation", DAY), lambda command, made=made: actions.keep(command, made))  # type: ignore[misc]
    [published] = still.get("/v1/reconciliations").body["items"]
    assert published["began_at"] == first.began_at
    assert found(still) == []
    assert len(still.get("/v1/reconciliations").body["items"]) == 1


def test_a_worker_that_dies_half_way_leaves_nothing_and_the_next_one_finishes(
    still: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = still.items()

    def dies(*_: Any) -> None:
        raise RuntimeError("out of time")

    with monkeypatch.context() as patch:
        patch.setattr(books, "_moved", dies)
        with pytest.raises(RuntimeError):
            fire(MOMENT)
    assert still.items() == before
    assert found(still) == []


def test_a_second_firing_reports_again_what_was_found(still: World, caplog: pytest.LogCaptureFixture) -> None:
    CORRUPTED["a balance"][0](still)
    differences = found(still)
    caplog.clear()
    assert found(still) == differences
    assert any(getattr(line, "fields", {}).get("Differences") == len(differences) for line in caplog.records)


def test_what_moves_while_the_books_are_read_is_set_aside(world: World) -> None:
    lively(world)
    assert found(world) == []
    [published] = world.get("/v1/reconciliations").body["items"]
    assert published["set_aside"] > 0
    assert published["sums_judged"] is False


def test_what_the_stream_has_not_delivered_is_set_aside(still: World) -> None:
    still.report(still.me()["id"], "5", scenario="walk")
    made = books.reconcile(DAY)
    assert (made.differences, made.set_aside, made.sums_judged) == (0, 1, False)


def test_pages_of_reconciliations_are_newest_first(still: World) -> None:
    for number in range(1, 4):
        fire(f"2026-01-0{number}T19:00:00Z")
    days = ["2026-01-02", "2026-01-03", "2026-01-04"]
    first = still.get("/v1/reconciliations", limit=2).body
    rest = still.get("/v1/reconciliations", limit=2, cursor=first["next_cursor"]).body
    assert [each["id"] for each in first["items"] + rest["items"]] == days[::-1]
    assert rest["next_cursor"] is None


def test_a_day_that_is_not_known_is_not_found(world: World) -> None:
    assert world.get("/v1/reconciliations/2020-01-01/differences", role=BUREAU, sub=BUREAU).refused == (
        404,
        "not_found",
    )
    assert world.get("/v1/reconciliations").body == {"items": [], "next_cursor": None}


@pytest.mark.engine
def test_the_table_is_read_in_segments(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "SEGMENTS", 3)
    monkeypatch.setenv("BATCH_THREADS", "1" if world.store.items else "3")
    settings.cache_clear()
    lively(world)
    made = books.reconcile(DAY)
    assert (made.records, made.differences) == (len(world.records()), 0)
    assert boto3.DEFAULT_SESSION is not None
    assert datetime.fromisoformat(made.at) <= datetime.now(UTC)
