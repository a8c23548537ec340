"""New terms of an offer with many tills: they follow one by one, whatever dies, and no answer comes before them."""

import math
from typing import Any

import pytest

from chalicelib.errors import Contended
from chalicelib.kernel.settle import derive
from chalicelib.mall.offers import memory
from chalicelib.mall.tills import following, spreading, terms
from chalicelib.table import keys
from chalicelib.table.write import Write
from tests.world import Answer, World

SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
TILLS = 16


class Died(Exception):
    """The process was lost."""


@pytest.fixture
def offer(world: World) -> str:
    world.merchant()
    world.rich(points=10**6)
    return world.offer(busy=True, stock=160)


def change(world: World, offer: str, key: str = "", **changes: Any) -> Answer:
    return world.patch(f"/v1/offers/{offer}", changes, key=key, **SHOP)


def at_tills(world: World, offer: str, name: str) -> list[Any]:
    tills = [world.item(keys.account(keys.till(offer, number))) or {} for number in range(TILLS)]
    return [till[name] for till in tills]


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int, failure: type[Exception]) -> None:
    """From the ``count``-th till on, nothing is brought any more."""
    left = [count]

    def limited(write: Write) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise failure
        return derive(write)

    monkeypatch.setattr(following, "derive", limited)
    monkeypatch.setattr(following, "retrying", lambda do: do())


@pytest.mark.engine
def test_once_it_is_answered_every_till_has_the_new_terms(world: World, offer: str) -> None:
    assert change(world, offer, points=900, title="新").status == 200
    assert set(at_tills(world, offer, "price")) == {900}
    assert set(at_tills(world, offer, "version")) == {1}
    assert change(world, offer, description="长").status == 200
    assert set(at_tills(world, offer, "version")) == {1}
    refused = world.redeem(offer)
    assert (refused.refused, refused.body["price"]) == ((409, "price_changed"), 900)
    sold = world.redeem(offer, 900)
    assert (sold.status, sold.body["title"]) == (201, "新")


def test_while_they_follow_a_till_sells_at_its_own_price_and_nobody_hears_an_older_one(
    world: World, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 8, Contended)
        answer = change(world, offer, "price", points=900)
    assert (answer.refused, answer.body["retry_after"]) == ((409, "contended"), 5)
    assert "reaches the tills" in answer.body["detail"]
    assert sorted(at_tills(world, offer, "price")) == [900] * 8 + [1000] * 8
    assert world.get(f"/v1/offers/{offer}").body["points"] == 900
    memory.forget()
    for _ in range(20):
        assert world.redeem(offer, 900).status == 201
        assert world.redeem(offer, 950).refused in {(409, "price_changed"), (409, "contended")}
    orders = [each for each in world.records() if each["kind"] == "redemption"]
    assert {each["postings"][0][2] for each in orders} == {900}
    again = change(world, offer, "price", points=900)
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert set(at_tills(world, offer, "price")) == {900}
    assert [each["kind"] for each in world.records()].count("offer_changed") == 1


@pytest.mark.parametrize("count", [0, 1, 9, 15])
@pytest.mark.parametrize("last", ["stream", "schedule", "request"])
def test_what_a_lost_process_leaves_behind_is_brought_by_whoever_comes_next(
    world: World, offer: str, monkeypatch: pytest.MonkeyPatch, count: int, last: str
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, count, Died)
        assert change(world, offer, "lost", points=900, status="off_shelf").status == 500
    assert at_tills(world, offer, "price").count(900) == count
    if last == "stream":
        world.stream()
    elif last == "schedule":
        following.follow_due()
    else:
        assert change(world, offer, "lost", points=900, status="off_shelf").status == 200
    assert set(at_tills(world, offer, "price")) == {900}
    assert set(at_tills(world, offer, "status")) == {"off_shelf"}


def test_what_the_stream_and_the_schedule_cannot_bring_is_noted_until_it_can(
    world: World, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        stop_after(patched, 3, Contended)
        change(world, offer, points=900)
        world.stream()
        following.follow_due()
        following.follow_due()
    assert at_tills(world, offer, "price").count(900) == 3
    following.follow_due()
    assert set(at_tills(world, offer, "price")) == {900}


def test_of_two_changes_the_later_one_stays_whoever_comes_last(
    world: World, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is lost half-way, and its Writes arrive behind the second."""
    late: list[Write] = []
    with monkeypatch.context() as patched:
        patched.setattr(following, "retrying", lambda do: do())
        patched.setattr(following, "derive", late.append)
        change(world, offer, points=900)
    assert len(late) == TILLS
    assert change(world, offer, points=800).status == 200
    assert [derive(write).done for write in late] == [False] * TILLS
    assert set(at_tills(world, offer, "price")) == {800}
    assert set(at_tills(world, offer, "version")) == {2}


def test_two_changes_at_once_both_count(world: World, offer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is committed between the reading of the first and its commit: the first is decided again."""
    reaching, others = terms.reaching, list[Answer]()

    def overtaken(*change_and_more: Any) -> Any:
        if not others:
            others.append(Answer(0, {}, {}))
            others.append(change(world, offer, title="新"))
        return reaching(*change_and_more)

    monkeypatch.setattr(terms, "reaching", overtaken)
    assert change(world, offer, points=900).status == 200
    assert others[1].status == 200
    item = world.item(keys.offer(offer)) or {}
    assert (item["version"], item["points"], item["title"]) == (2, 900, "新")
    assert set(at_tills(world, offer, "price")) == {900}
    assert set(at_tills(world, offer, "edition")) == {item["edition"]}


def test_a_line_of_a_catalogue_waits_for_the_tills_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.merchant()
    line = {
        "sku": "A", "title": "票", "description": "一张", "category": "transport", "points": 1000, "stock": 160,
        "fulfilment": "voucher", "busy": True,
    }  # fmt: skip
    made = world.post("/v1/offer-batches", {"offers": [line]}, **SHOP)
    offer = made.body["offers"][0]["offer"]
    body = {"offers": [line | {"points": 900}]}
    with monkeypatch.context() as patched:
        stop_after(patched, 8, Contended)
        assert world.post("/v1/offer-batches", body, key="b", **SHOP).refused == (409, "contended")
    answer = world.post("/v1/offer-batches", body, key="b", **SHOP)
    assert (answer.status, answer.body["offers"][0]["result"]) == (200, "changed")
    assert set(at_tills(world, offer, "price")) == {900}


def test_a_departure_waits_for_tills_that_still_sell(world: World, offer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.mall.offers import queries

    merchant = str((world.item(keys.offer(offer)) or {})["merchant"])
    with monkeypatch.context() as patched:
        stop_after(patched, 15, Contended)
        change(world, offer, status="off_shelf")
    assert queries.owes(merchant, "2026-01-01T00:00:00.000Z", math.inf)
    following.follow_due()
    assert not queries.owes(merchant, "2026-01-01T00:00:00.000Z", math.inf)


def test_a_price_does_not_wait_until_the_units_of_another_offer_are_shared_out(
    world: World, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = world.offer(busy=True, stock=160)
    assert change(world, other, stock_added=100).status == 200
    with monkeypatch.context() as patched:
        stop_after(patched, 3, Died)
        assert change(world, offer, points=900).status == 500
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    monkeypatch.setattr(spreading, "level", lambda *_: clock.__setitem__(0, clock[0] + 100))
    world.stream()
    assert clock[0] >= 100
    assert set(at_tills(world, offer, "price")) == {900}
