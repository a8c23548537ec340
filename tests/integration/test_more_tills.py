"""An offer gets more tills where buyers are in each other's way: nothing is lost, doubled or sold twice meanwhile."""

import contextlib
import json
import math
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from chalicelib.errors import Unavailable
from chalicelib.kernel import settle
from chalicelib.mall.items import Offer, Till
from chalicelib.mall.offers import memory, queries
from chalicelib.mall.tills import following, sizes, spreading, terms
from chalicelib.queues import sender
from chalicelib.settings import settings
from chalicelib.table import keys, read
from chalicelib.table.keys import Key
from tests import books
from tests.store import Raw, Store
from tests.world import World

SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}


@pytest.fixture(autouse=True)
def setting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    world.merchant()
    world.rich(points=10**6)


def stripes(world: World, offer: str) -> int:
    return int((world.item(keys.offer(offer)) or {})["stripes"])


def units(world: World, offer: str) -> list[int]:
    tills = [world.item(keys.account(keys.till(offer, number))) or {} for number in range(stripes(world, offer))]
    return [till["units"] for till in tills]


def deliver(message: dict[str, Any]) -> None:
    """As the queue does it, twice."""
    import app

    for _ in range(2):
        record = {"body": json.dumps(message), "receiptHandle": "r", "messageId": "m"}
        assert app.pay_lots({"Records": [record]}, None)["batchItemFailures"] == []


def grow(world: World, offer: str, times: int = 1) -> None:
    for _ in range(times):
        deliver({"crowded": offer, "tills": stripes(world, offer)})


def sell_out(world: World, offer: str, count: int) -> None:
    for number in range(count):
        assert world.redeem(offer).status == 201, number
    refused = world.redeem(offer)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 0)


@pytest.mark.engine
def test_an_only_till_becomes_eight_and_all_units_are_sold(world: World) -> None:
    offer = world.offer(stock=40)
    first = world.redeem(offer).body["id"]
    grow(world, offer, 3)
    assert stripes(world, offer) == 8
    assert sum(units(world, offer)) == 39
    assert max(units(world, offer)) - min(units(world, offer)) <= 5
    kinds = [each["kind"] for each in world.records()]
    assert kinds.count("tills_added") == 3
    assert kinds.count("units_moved") >= 7
    sell_out(world, offer, 39)
    assert world.refund(first).status == 200
    assert world.redeem(offer).status == 201
    world.stream()
    assert world.stock(offer) == 0
    assert world.points("shop", "institution") == 40_000
    books.check(world)


def test_who_remembers_one_till_sells_from_it_and_then_learns_of_the_others(world: World) -> None:
    offer = world.offer(stock=18)
    assert world.redeem(offer).status == 201
    known = memory.terms(offer)
    grow(world, offer, 2)
    assert memory._terms[offer] is known
    sell_out(world, offer, 17)
    assert memory.terms(offer).stripes == 4
    world.stream()
    books.check(world)


def test_an_order_takes_from_tills_that_came_later(world: World) -> None:
    offer = world.offer(stock=18)
    assert world.redeem(offer).status == 201
    grow(world, offer, 2)
    order = world.redeem(offer, 17_000, 17)
    assert order.status == 201
    assert world.refund(order.body["id"]).status == 200
    assert (len(units(world, offer)), sum(units(world, offer))) == (4, 17)


@pytest.mark.parametrize("commits", range(7))
def test_a_worker_that_dies_after_any_commit_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    real, left = settle.__dict__["commit"], iter(range(commits))

    def dying(writes: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        real(writes)

    offer = world.offer(stock=320, busy=True)
    message = {"crowded": offer, "tills": 16}
    with monkeypatch.context() as patch:
        patch.setattr(settle, "commit", dying)
        with contextlib.suppress(KeyboardInterrupt):
            spreading.handle(message)
    assert sum(units(world, offer)) == 320
    books.check(world)
    deliver(message)
    spreading.level_due()
    assert units(world, offer) == [10] * 32
    assert [each["kind"] for each in world.records()].count("units_moved") == 16
    books.check(world)


def test_many_messages_make_one_step(world: World) -> None:
    offer = world.offer(stock=100)
    for _ in range(5):
        deliver({"crowded": offer, "tills": 1})
    assert stripes(world, offer) == 2


def test_two_workers_at_once_make_one_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = world.offer(stock=100)
    real, others = sizes.grow, list[int]()

    def overtaken(command: Any, found: Offer) -> Any:
        if not others:
            others.append(1)
            spreading.handle({"crowded": offer, "tills": 1})
        return real(command, found)

    monkeypatch.setattr(sizes, "grow", overtaken)
    spreading.handle({"crowded": offer, "tills": 1})
    assert stripes(world, offer) == 2
    assert units(world, offer) == [50, 50]
    books.check(world)


def test_a_price_that_changes_while_tills_are_added_is_that_of_the_new_ones(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = world.offer(stock=100)
    real, others = sizes.grow, list[int]()

    def overtaken(command: Any, found: Offer) -> Any:
        if not others:
            others.append(world.patch(f"/v1/offers/{offer}", {"points": 900}, **SHOP).status)
        return real(command, found)

    monkeypatch.setattr(sizes, "grow", overtaken)
    spreading.handle({"crowded": offer, "tills": 1})
    assert (others, stripes(world, offer)) == ([200], 2)
    tills = read.many([keys.account(keys.till(offer, number)) for number in range(2)], Till).values()
    assert [till.price for till in tills] == [900, 900]
    assert world.redeem(offer, 900).status == 201


def test_tills_that_are_added_while_a_price_changes_get_it_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = world.offer(stock=100)
    real, others = terms.renewed, list[int]()

    def overtaken(*offers: Offer) -> Offer:
        if not others:
            others.append(1)
            grow(world, offer)
        return real(*offers)

    monkeypatch.setattr(terms, "renewed", overtaken)
    assert world.patch(f"/v1/offers/{offer}", {"points": 900, "stock_added": 2}, **SHOP).status == 200
    tills = read.many([keys.account(keys.till(offer, number)) for number in range(2)], Till).values()
    assert [(till.price, till.units) for till in tills] == [(900, 51), (900, 51)]
    books.check(world)


@pytest.mark.parametrize("asked", [{"stock": 7}, {"fulfilment": "voucher", "codes": ["A"] * 1}])
def test_an_offer_with_few_units_or_with_codes_keeps_its_tills(world: World, asked: dict[str, Any]) -> None:
    codes = asked.pop("codes", None)
    offer = world.offer(**asked)
    if codes:
        added = [f"C-{number}" for number in range(100)]
        assert world.post(f"/v1/offers/{offer}/vouchers", {"codes": added}, **SHOP).status == 201
    grow(world, offer)
    assert stripes(world, offer) == 1


def test_codes_are_refused_where_there_are_too_many_tills(world: World) -> None:
    offer = world.offer(stock=1000)
    grow(world, offer, 7)
    assert stripes(world, offer) == 128
    refused = world.post(f"/v1/offers/{offer}/vouchers", {"codes": ["A"]}, **SHOP)
    assert (refused.refused, refused.body["errors"][0]["pointer"]) == ((422, "invalid_request"), "/codes")


def test_stock_that_comes_to_a_few_tills_is_shared_out(world: World) -> None:
    offer = world.offer(stock=16, busy=True)
    assert world.patch(f"/v1/offers/{offer}", {"stock_added": 160}, **SHOP).status == 200
    assert max(units(world, offer)) == 41
    world.stream()
    assert max(units(world, offer)) - min(units(world, offer)) <= 8
    assert sum(units(world, offer)) == 176
    books.check(world)


def conflict_at_till(store: Store, request: AWSPreparedRequest, asked: Raw) -> AWSResponse:
    from tests.property.test_interruptions import CONFLICT, _cancelled

    places = [next(iter(each.values())).get("Key", {}).get("pk", {}).get("S", "") for each in asked["TransactItems"]]
    return _cancelled(request, [CONFLICT if place.startswith("offer:") else {"Code": "None"} for place in places])


def test_buyers_in_each_others_way_ask_for_more_tills(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[list[dict[str, Any]], str]] = []
    monkeypatch.setattr(sender, "send", lambda messages, to: sent.append((list(messages), to)))
    offer = world.offer(stock=100)
    world.store.interruptions = [conflict_at_till] * (memory.CROWDED - 1)
    assert world.redeem(offer).status == 201
    assert sent == []
    world.store.interruptions = [conflict_at_till]
    assert world.redeem(offer).status == 201
    assert sent == [([{"crowded": offer, "tills": 1}], settings().buy_back_queue_url)]
    assert world.redeem(offer).status == 201
    assert len(sent) == 1
    deliver(sent[0][0][0])
    world.store.interruptions = [conflict_at_till] * memory.CROWDED
    assert world.redeem(offer).status == 201
    assert memory.terms(offer).stripes == 2
    assert len(sent) == 1, "what came meanwhile is tried first"


def test_a_queue_that_is_away_keeps_nobody_from_buying(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise Unavailable

    monkeypatch.setattr(sender, "send", away)
    offer = world.offer(stock=100)
    world.store.interruptions = [conflict_at_till] * memory.CROWDED
    assert world.redeem(offer).status == 201


def test_units_on_their_way_are_not_taken_for_sold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One till is read before they come, the other after they went."""
    offer = world.offer(stock=16)
    grow(world, offer)
    first, second = (keys.till(offer, number) for number in range(2))
    real, moved = read.many, list[int]()

    def torn(wanted: Sequence[Key], *kind: Any) -> Any:
        if keys.account(first) not in wanted or moved:
            return real(wanted, *kind)
        moved.append(1)
        before = real([keys.account(second)], *kind)
        tills = {name: real([keys.account(name)], Till)[keys.account(name)] for name in (first, second)}
        spreading._move(offer, sizes.Move((first, tills[first]), (second, tills[second]), tills[first].units))
        return before | real([keys.account(first)], *kind)

    monkeypatch.setattr(read, "many", torn)
    assert world.redeem(offer, 16_000, 16).status == 201
    assert moved
    books.check(world)


def test_who_comes_too_late_reads_each_till_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = world.offer(stock=16)
    grow(world, offer)
    sell_out(world, offer, 16)
    real, times = read.many, list[int]()

    def counted(wanted: Sequence[Key], *kind: Any) -> Any:
        times.append(keys.account(keys.till(offer, 0)) in wanted)
        return real(wanted, *kind)

    monkeypatch.setattr(read, "many", counted)
    assert world.redeem(offer).refused == (409, "sold_out")
    assert sum(times) == 1


def test_tills_that_came_while_all_were_read_are_not_overlooked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = world.offer(stock=32)
    grow(world, offer)
    real, moved = read.many, list[int]()

    def grown(wanted: Sequence[Key], *kind: Any) -> Any:
        if keys.account(keys.till(offer, 0)) in wanted and not moved:
            moved.append(1)
            grow(world, offer)
        return real(wanted, *kind)

    monkeypatch.setattr(read, "many", grown)
    assert world.redeem(offer, 32_000, 32).status == 201
    assert moved
    assert sum(units(world, offer)) == 0


def test_an_offer_with_very_many_tills_that_is_sold_out_is_not_read_for_each_buyer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = world.offer(stock=512)
    grow(world, offer, 7)
    refused = world.redeem(offer, 257_000, 257)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 256), "in one order"
    for _ in range(2):
        assert world.redeem(offer, 256_000, 256).status == 201
    refused = world.redeem(offer)
    assert (refused.refused, refused.body) == ((409, "sold_out"), refused.body | {"available": 0, "needed": 1})
    before = world.store.requests
    assert world.redeem(offer, 2000, 2).body["needed"] == 2
    assert world.store.requests - before <= 2, "the Record under this key, and the account"
    monkeypatch.setattr(memory, "SOLD_OUT_SECONDS", 0.0)
    assert world.patch(f"/v1/offers/{offer}", {"stock_added": 1}, **SHOP).status == 200
    assert world.redeem(offer).status == 201


def test_tills_of_a_grown_offer_follow_it(world: World) -> None:
    offer = world.offer(stock=512)
    grow(world, offer, 7)
    assert world.patch(f"/v1/offers/{offer}", {"status": "off_shelf"}, **SHOP).status == 200
    tills = read.many([keys.account(keys.till(offer, number)) for number in range(128)], Till).values()
    assert {(till.status, till.version) for till in tills} == {("off_shelf", 1)}
    assert following.follow(offer, 0.0)
    world.sweep()
    books.check(world)


def test_a_merchant_owes_an_order_at_a_till_that_came_while_its_offers_were_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = world.offer(stock=16)
    merchant = str((world.item(keys.offer(offer)) or {})["merchant"])
    real, sold = queries.offers_of, list[int]()

    def overtaken(id: str) -> Any:
        found = list(real(id))
        if not sold:
            grow(world, offer)
            monkeypatch.setattr("random.choice", lambda tills: tills[-1])
            memory.forget()
            sold.append(world.redeem(offer).status)
            assert world.patch(f"/v1/offers/{offer}", {"status": "off_shelf"}, **SHOP).status == 200
        return found

    monkeypatch.setattr(queries, "offers_of", overtaken)
    assert queries.owes(merchant, "2026-01-01T00:00:00.000Z", math.inf)
    assert (sold, units(world, offer)) == ([201], [8, 7])
