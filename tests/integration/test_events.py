"""Events as anyone sees them."""

from typing import Any

import pytest

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


def test_events_have_pages(desk: Desk) -> None:
    first = desk.bring("event")
    second = desk.bring("event", sub="mall")
    page = desk.world.get("/v1/events", limit=1).body
    assert [each["id"] for each in page["items"]] == [second]
    following = desk.world.get("/v1/events", limit=1, cursor=page["next_cursor"]).body
    assert ([each["id"] for each in following["items"]], following["next_cursor"]) == ([first], None)
