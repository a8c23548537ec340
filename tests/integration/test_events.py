"""Events as anyone sees them."""

from typing import Any

import pytest

from chalicelib.mall.catalogue import event_stock
from tests.desk import PLANS, Desk, institution
from tests.world import CODES, World

SHOP = institution("shop")
NOW = PLANS["event"] | {"starts_at": "2020-06-01T00:00:00Z", "opens_at": "2020-06-05T02:00:00Z"}


@pytest.fixture
def desk(world: World) -> Desk:
    world.institution("shop")
    world.institution("mall", CODES[1])
    return Desk(world)


def events(desk: Desk, **params: Any) -> list[dict[str, Any]]:
    return list(desk.world.get("/v1/events", **params).body["items"])


def test_the_public_sees_rules_window_goods_and_limit_of_what_was_admitted(desk: Desk) -> None:
    id = desk.bring("event")
    [seen] = events(desk)
    assert seen == desk.world.get(f"/v1/events/{id}").body
    assert seen.items() >= {
        "id": id, "merchant": desk.world.me("shop", "institution")["id"], "status": "planned", "goods": "门票",
        "quantity": 500, "left": 500, "per_account_limit": 2, "rules": "先到先得", "allocation": "first_come",
        "starts_at": "2097-06-01T00:00:00.000Z", "opens_at": "2097-06-05T02:00:00.000Z",
    }.items()  # fmt: skip


def test_what_is_left_falls_with_each_redemption_and_rises_with_a_refund(desk: Desk) -> None:
    id, world = desk.bring("event", plan=NOW), desk.world
    offer = world.offer(points=10)
    world.rich(points=100)
    order = world.redeem(offer, 20, 2).body["id"]
    world.stream()
    seen = world.get(f"/v1/events/{id}").body
    assert (seen["status"], seen["left"]) == ("open", 498)
    assert world.post(f"/v1/redemptions/{order}/refund", {}, **SHOP).status == 200
    world.stream()
    assert world.get(f"/v1/events/{id}").body["left"] == 500


def test_nothing_is_shown_before_it_was_admitted_nor_of_another_mode(desk: Desk) -> None:
    waiting = desk.bring("event", "submitted")
    mall = desk.bring("other", sub="mall")
    assert events(desk) == []
    for id in (waiting, mall, "nothing"):
        assert desk.world.get(f"/v1/events/{id}").code == "not_found"


def test_the_terms_of_an_event_are_frozen_once_it_was_admitted(desk: Desk) -> None:
    id = desk.bring("event")
    change = {"plan": PLANS["event"] | {"quantity": 5}}
    assert desk.world.patch(f"/v1/applications/{id}", change, **SHOP).refused == (409, "invalid_state")


def test_the_price_of_an_offer_stays_once_its_event_is_open(desk: Desk) -> None:
    desk.bring("event", plan=NOW)
    opened = f"/v1/offers/{desk.world.offer(points=10, stock=5)}"
    answer = desk.world.patch(opened, {"points": 20, "title": "门票（改）"}, **SHOP)
    assert answer.refused == (409, "invalid_state")
    assert answer.body["starts_at"] == "2020-06-05T02:00:00.000Z"
    rest = {"points": 10, "title": "门票（改）", "stock_added": 5, "status": "off_shelf"}
    assert desk.world.patch(opened, rest, **SHOP).body.items() >= {"title": "门票（改）", "status": "off_shelf"}.items()


def test_the_price_may_change_before_the_event_opens(desk: Desk) -> None:
    desk.bring("event")
    assert desk.world.patch(f"/v1/offers/{desk.world.offer(points=10)}", {"points": 20}, **SHOP).body["points"] == 20


def test_events_have_pages(desk: Desk) -> None:
    first = desk.bring("event")
    second = desk.bring("event", sub="mall")
    page = desk.world.get("/v1/events", limit=1).body
    assert [each["id"] for each in page["items"]] == [second]
    following = desk.world.get("/v1/events", limit=1, cursor=page["next_cursor"]).body
    assert ([each["id"] for each in following["items"]], following["next_cursor"]) == ([first], None)


# what all offers of an event have together is what its plan names


def left_to_offer(answer: Any) -> tuple[list[str], str]:
    assert answer.refused == (422, "invalid_request"), answer
    return answer.pointers, answer.body["errors"][0]["detail"]


def test_all_offers_of_an_event_together_have_its_quantity(desk: Desk) -> None:
    id, world = desk.bring("event", plan=NOW), desk.world
    first = world.offer(stock=300)
    world.offer(stock=150)
    body = {"title": "t", "description": "d", "category": "culture", "points": 1, "fulfilment": "voucher"}
    refused = world.post("/v1/offers", body | {"stock": 51}, **SHOP)
    detail = "The event has 500 units in all, of which 50 are not on offer yet"
    assert left_to_offer(refused) == (["/stock"], detail)
    refused = world.patch(f"/v1/offers/{first}", {"stock_added": 51}, **SHOP)
    assert left_to_offer(refused) == (["/stock_added"], detail)
    assert world.patch(f"/v1/offers/{first}", {"stock_added": 50}, **SHOP).status == 200
    assert left_to_offer(world.post("/v1/offers", body | {"stock": 501}, **SHOP))[0] == ["/stock"]
    [line] = world.post("/v1/offer-batches", {"offers": [body | {"sku": "A", "stock": 1}]}, **SHOP).body["offers"]
    assert (line["result"], line["detail"].partition(":")[0]) == ("refused", "/stock")
    seen = world.get(f"/v1/events/{id}").body
    assert (seen["quantity"], seen["offered"], seen["left"]) == (500, 500, 500)


def test_codes_count_as_the_units_that_they_are(desk: Desk) -> None:
    desk.bring("event", plan=NOW | {"quantity": 3})
    world = desk.world
    offer = world.offer(stock=3)
    path = f"/v1/offers/{offer}/vouchers"
    assert left_to_offer(world.post(path, {"codes": ["1", "2", "3", "4"]}, **SHOP))[0] == ["/codes"]
    assert world.post(path, {"codes": ["1", "2"]}, **SHOP).body["stock"] == 2
    assert left_to_offer(world.post(path, {"codes": ["5", "6"]}, **SHOP))[0] == ["/codes"]
    assert world.post(path, {"codes": ["5"]}, **SHOP).body["stock"] == 3


def test_offers_made_at_once_do_not_exceed_the_quantity(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.bring("event", plan=NOW)
    world, real = desk.world, event_stock.supply
    raced: list[Any] = []

    def late(*arguments: Any) -> Any:
        writes = list(real(*arguments))
        if not raced:
            raced.append(None)
            raced[0] = world.offer(stock=400)
        return writes

    monkeypatch.setattr(event_stock, "supply", late)
    body = {"title": "t", "description": "d", "category": "culture", "points": 1, "fulfilment": "voucher", "stock": 200}
    assert left_to_offer(world.post("/v1/offers", body, **SHOP))[0] == ["/stock"]
