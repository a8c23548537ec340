"""A merchant keeps its catalogue in step, up to a hundred offers a request."""

from typing import Any

import pytest

from chalicelib.errors import Unavailable
from chalicelib.mall.catalogue import shelf
from tests.world import CODES, World

TEA: dict[str, Any] = {
    "sku": "TEA-1",
    "title": "龙井茶一杯",
    "description": "凭券到店领取",
    "category": "food",
    "points": 2500,
    "stock": 10,
    "fulfilment": "goods",
}
BUS = TEA | {"sku": "BUS-1", "title": "公交票", "category": "transport", "points": 200}


def sync(world: World, *lines: dict[str, Any], sub: str = "shop", **options: Any) -> Any:
    return world.post("/v1/offer-batches", {"offers": list(lines)}, role="institution", sub=sub, **options)


def results(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [line["result"] for line in answer.body["offers"]]


def offers(world: World) -> dict[str, Any]:
    return {each["sku"]: each for each in world.get("/v1/offers").body["items"]}


def test_new_codes_make_offers_and_known_ones_change_them(world: World) -> None:
    world.merchant()
    made = sync(world, TEA, BUS)
    assert results(made) == ["created", "created"]
    assert [line["sku"] for line in made.body["offers"]] == ["TEA-1", "BUS-1"]
    changed = sync(world, TEA | {"points": 2400, "stock": 15}, BUS)
    assert results(changed) == ["changed", "unchanged"]
    assert [line["offer"] for line in changed.body["offers"]] == [line["offer"] for line in made.body["offers"]]
    assert (offers(world)["TEA-1"]["points"], offers(world)["TEA-1"]["stock"]) == (2400, 15)


def test_a_known_offer_keeps_what_a_line_leaves_out(world: World) -> None:
    world.merchant()
    sync(world, TEA)
    assert results(sync(world, {"sku": "TEA-1", "status": "off_shelf"})) == ["changed"]
    assert offers(world) == {}
    assert results(sync(world, {"sku": "TEA-1", "status": "on_shelf", "title": "龙井"})) == ["changed"]
    assert offers(world)["TEA-1"] == {**offers(world)["TEA-1"], "points": 2500, "stock": 10, "title": "龙井"}


def test_stock_is_all_that_was_ever_supplied(world: World) -> None:
    world.merchant()
    tea = sync(world, TEA).body["offers"][0]["offer"]
    world.rich(points=5000)
    assert world.redeem(tea, 5000, 2).status == 201
    assert results(sync(world, {"sku": "TEA-1", "stock": 10})) == ["unchanged"]
    assert results(sync(world, {"sku": "TEA-1", "stock": 12})) == ["changed"]
    world.stream()
    assert offers(world)["TEA-1"]["stock"] == 10


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ({"sku": "TEA-1", "stock": 9}, "/stock"),
        ({"sku": "TEA-1", "category": "transport"}, "/category"),
        ({"sku": "TEA-1", "fulfilment": "service"}, "/fulfilment"),
        ({"sku": "TEA-1", "ends_at": "2098-01-01T00:00:00Z"}, "/ends_at"),
        ({"sku": "TEA-1", "images": ["https://img.example.com/a.jpg"]}, "/images"),
        ({"sku": "NEW", "points": 5}, "/title"),
        (BUS | {"status": "off_shelf"}, "/status"),
        (BUS | {"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused_alone(world: World, line: dict[str, Any], pointer: str) -> None:
    world.merchant()
    sync(world, TEA)
    answer = sync(world, line, BUS | {"sku": "BUS-2"})
    assert results(answer) == ["refused", "created"]
    refused = answer.body["offers"][0]
    assert (refused["code"], refused["offer"]) == ("invalid_request", None)
    assert refused["detail"].startswith(f"{pointer}: ")
    assert refused["detail_zh"].startswith(f"{pointer}: ")


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ([], "/offers"),
        ([TEA | {"sku": f"TEA-{number}"} for number in range(101)], "/offers"),
        ([TEA, BUS, TEA], "/offers"),
        ([TEA, BUS | {"points": 0}], "/offers/1/points"),
        ([{key: value for key, value in TEA.items() if key != "sku"}], "/offers/0/sku"),
        ([TEA | {"stock_added": 1}], "/offers/0/stock_added"),
        ([TEA | {"stock": 0}], "/offers/0/stock"),
    ],
)
def test_a_batch_that_cannot_be_read_changes_nothing(world: World, lines: list[Any], pointer: str) -> None:
    world.merchant()
    answer = sync(world, *lines)
    assert (answer.refused, answer.pointers[0]) == ((422, "invalid_request"), pointer)
    assert offers(world) == {}


def test_who_may_not_sell_is_refused_as_a_whole(world: World) -> None:
    assert sync(world, TEA).refused == (403, "role_not_allowed")
    world.institution()
    assert sync(world, TEA).refused == (403, "role_not_allowed")


def test_a_suspended_or_frozen_merchant_changes_nothing(world: World) -> None:
    merchant = world.merchant()
    world.post(f"/v1/merchants/{merchant}/suspend", {"reason": "x"}, role="exchange", sub="exchange")
    assert sync(world, TEA).refused == (409, "invalid_state")
    world.post(f"/v1/merchants/{merchant}/reinstate", {"reason": "x"}, role="exchange", sub="exchange")
    world.post(f"/v1/accounts/{merchant}/freeze", {"reason": "x"}, role="bureau", sub="bureau")
    assert sync(world, TEA).refused == (409, "account_frozen")


def test_a_code_names_an_offer_of_its_own_merchant_only(world: World) -> None:
    world.merchant("shop")
    world.merchant("mall", CODES[1])
    assert results(sync(world, TEA)) == ["created"]
    assert results(sync(world, TEA, sub="mall")) == ["created"]


def test_a_request_that_died_between_lines_goes_on_where_it_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.merchant()
    make = shelf.offer

    def away(command: Any, *rest: Any) -> Any:
        if command.body.sku == "BUS-1":
            raise Unavailable()
        return make(command, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(shelf, "offer", away)
        assert sync(world, TEA, BUS, key="once").status == 503
    assert list(offers(world)) == ["TEA-1"]
    other = sync(world, TEA | {"points": 1}, BUS, key="once")
    assert other.refused == (422, "idempotency_key_reused")
    assert results(sync(world, TEA, BUS, key="once")) == ["created", "created"]
    assert len(offers(world)) == 2
    assert results(sync(world, TEA, BUS, key="once")) == ["created", "created"]


def test_stock_added_meanwhile_is_counted_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.merchant()
    tea = sync(world, TEA).body["offers"][0]["offer"]
    change = shelf.change
    tried: list[Any] = []

    def late(command: Any, offer: Any, **options: Any) -> Any:
        if not tried:
            tried.append(offer)
            assert world.patch(f"/v1/offers/{tea}", {"stock_added": 3}, role="institution", sub="shop").status == 200
        return change(command, offer, **options)

    monkeypatch.setattr("chalicelib.mall.catalogue.sync.shelf.change", late)
    assert results(sync(world, {"sku": "TEA-1", "stock": 15})) == ["changed"]
    assert offers(world)["TEA-1"]["stock"] == 15
