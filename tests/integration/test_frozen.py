"""A frozen account: nothing moves, nothing is lost, and its holder may read."""

from typing import Any

import pytest

from chalicelib.mall.work import sweep_tills
from tests.world import PEOPLE, World

FROZEN = (409, "account_frozen")


def turn(world: World, account: str, action: str = "freeze", role: str = "exchange") -> Any:
    return world.post(f"/v1/accounts/{account}/{action}", {"reason": "court order"}, role=role, sub=role)


@pytest.mark.engine
@pytest.mark.parametrize("role", ["exchange", "bureau"])
def test_a_frozen_account_refuses_every_movement_until_it_is_released(world: World, role: str) -> None:
    world.merchant()
    offer, other = world.offer(), world.offer()
    account = world.rich(points=3000)
    order = world.redeem(other).body["id"]
    frozen = turn(world, account, role=role)
    assert (frozen.status, frozen.body["status"], world.me()["status"]) == (200, "frozen", "frozen")
    assert world.redeem(offer).refused == FROZEN
    assert world.report(account, "5", scenario="walk", record="kept").refused == FROZEN
    cancellation = {"points": 10, "purpose": "a trip"}
    assert world.post("/v1/cancellations", cancellation, role="individual", sub="alice").refused == FROZEN
    assert world.close().refused == FROZEN
    assert world.refund(order).refused == FROZEN
    assert world.points() == 2000
    assert turn(world, account, "unfreeze", role).body["status"] == "active"
    assert world.report(account, "5", scenario="walk", record="kept").status == 201
    assert world.redeem(offer).status == 201
    assert world.refund(order).status == 200


def test_an_order_of_a_frozen_account_may_still_be_delivered(world: World) -> None:
    world.merchant()
    account = world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    turn(world, account)
    assert world.fulfil(order).status == 200


def test_a_frozen_merchant_sells_on_but_gets_nothing_in_hand(world: World) -> None:
    """Its tills keep what they earn; suspending it takes its offers down."""
    merchant = world.merchant()
    offer = world.offer()
    world.rich(points=1000)
    turn(world, merchant)
    assert world.redeem(offer).status == 201
    assert sweep_tills() == 0
    assert world.patch(f"/v1/offers/{offer}", {"status": "on_shelf"}, role="institution", sub="shop").refused == FROZEN
    turn(world, merchant, "unfreeze")
    world.sweep()
    world.stream()
    assert world.points("shop", "institution") == 1000


def test_freezing_twice_is_refused_and_a_closed_account_cannot_be_frozen(world: World) -> None:
    account = world.person()
    assert turn(world, account, "unfreeze").refused == (409, "invalid_state")
    turn(world, account)
    assert turn(world, account).refused == (409, "invalid_state")
    turn(world, account, "unfreeze")
    world.close()
    assert turn(world, account).refused == (409, "invalid_state")
    assert turn(world, "nobody").refused == (404, "not_found")


def test_a_frozen_institution_does_not_join_the_mall(world: World) -> None:
    account = world.institution()
    turn(world, account)
    application = {"mode": "other", "title": "入驻申请", "plan": {"description": "公益兑换点"}}
    assert world.post("/v1/applications", application, role="institution", sub="shop").refused == FROZEN
    admission = {"account": account, "mode": "other", "reason": "letter 2026-1"}
    assert world.post("/v1/merchants", admission, role="exchange", sub="exchange").refused == FROZEN


def test_opening_again_does_not_release_an_account(world: World) -> None:
    turn(world, world.person())
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    assert world.post("/v1/accounts", body, role="individual", sub="alice").refused == (409, "account_exists")
    assert world.me()["status"] == "frozen"


def test_the_reason_stands_on_the_record_and_nowhere_else(world: World) -> None:
    account = world.person()
    turn(world, account)
    [record] = [each for each in world.records() if each["kind"] == "account_frozen"]
    assert (record["reason"], record["account"], record["role"]) == ("court order", account, "exchange")
    assert "court order" not in str(world.get("/v1/accounts/me/export", role="individual", sub="alice").body)
