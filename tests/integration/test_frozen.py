"""A frozen account: nothing moves, nothing is lost, and its holder may read."""

from typing import Any

import pytest

from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION
from chalicelib.mall.redemptions.sweeping import sweep_tills
from chalicelib.table import keys
from tests.commands import COMMANDS, send
from tests.desk import Desk
from tests.endpoints import ROUTES
from tests.prepared import prepared
from tests.world import CODES, World

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
    assert world.points() == 2000
    assert world.refund(order).status == 200, "what others owe her still comes back"
    assert world.points() == 3000
    assert turn(world, account, "unfreeze", role).body["status"] == "active"
    assert world.report(account, "5", scenario="walk", record="kept").status == 201
    assert world.redeem(offer).status == 201


def test_an_order_of_a_frozen_account_may_still_be_delivered(world: World) -> None:
    world.merchant()
    account = world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    turn(world, account)
    assert world.fulfil(order).status == 200


def test_a_frozen_merchant_gets_nothing_in_hand_of_what_it_sold(world: World) -> None:
    """Between the freezing and the shelf some seconds pass: its tills keep what they earn in them."""
    merchant = world.merchant()
    offer = world.offer()
    world.rich(points=1000)
    turn(world, merchant)
    assert world.redeem(offer).status == 201
    assert sweep_tills() == 0
    turn(world, merchant, "unfreeze")
    world.sweep()
    world.stream()
    assert world.points("shop", "institution") == 1000


# What a frozen holder may still do. It moves no value and promises nothing new:
ALLOWED = {
    "POST /v1/redemptions/{id}/fulfil",  # keeps a promise that the buyer has paid for
    "POST /v1/applications/{id}/withdraw",  # takes a promise back
    "PATCH /v1/applications/{id}",  # words that bind nobody until they are submitted
    "POST /v1/applications/{id}/documents",  # hands in documents, which may be why it is frozen
    "POST /v1/applications/{id}/documents/{document}/link",  # reads them
    "POST /v1/webhook-deliveries/{id}/replay",  # hears again of orders that it has
    "PATCH /v1/accounts/me",  # a name
    "POST /v1/merchants/{id}/relist",  # its offers stay off the shelf as long as it is frozen
    "POST /v1/grants/{id}/withdraw",  # takes a consent back
    "POST /v1/accounts/me/wards/{id}/withdraw",  # the same
    "POST /v1/messages/read",  # reads what concerns it
    "POST /v1/holds/{id}/release",  # gives back what is the person's
    "POST /v1/redemptions/{id}/cancel",  # the same: what comes back is frozen, too
    "POST /v1/disputes",  # asks for what may be hers
    "POST /v1/disputes/{id}/answer",  # is heard
    "POST /v1/disputes/{id}/withdraw",  # takes a claim back
    "POST /v1/disputes/{id}/evidence",  # hands in files
    "POST /v1/disputes/{id}/evidence/{evidence}/link",  # reads them
    "POST /v1/merchants/{id}/conformance",  # tries its system: this and its sandbox move nothing
    "POST /sandbox/{run}/v1/grants",
    "POST /sandbox/{run}/v1/grants/redeem",
    "POST /sandbox/{run}/v1/holds",
    "POST /sandbox/{run}/v1/holds/{id}/capture",
    "POST /sandbox/{run}/v1/holds/{id}/release",
    "POST /sandbox/{run}/v1/holds/{id}/refund",
    "POST /sandbox/{run}/v1/offer-batches",
}
HOLDERS = {INDIVIDUAL, INSTITUTION}
OPENING = "POST /v1/accounts"  # the one that needs no account
HELD = [name for name in COMMANDS if HOLDERS & {*ROUTES[name].allow} and name != OPENING]


@pytest.mark.parametrize("name", HELD)
def test_a_frozen_holder_moves_nothing_and_promises_nothing(world: World, name: str) -> None:
    ready = prepared(name, world)
    if ready.role not in HOLDERS:  # the exchange may do it too
        ready = ready._replace(role="institution", sub="shop")
    assert turn(world, keys.account_id(ready.sub)).status == 200
    before = world.items()
    answer = send(world, ready)
    if name in ALLOWED:
        assert answer.status in {200, 201, 202}
    else:
        assert answer.refused == FROZEN
        assert world.items() == before
        turn(world, keys.account_id(ready.sub), "unfreeze")
        assert send(world, ready).status in {200, 201}


@pytest.mark.parametrize("change", [{"points": 5}, {"stock_added": 1}, {"title": "x"}, {"status": "off_shelf"}])
def test_a_frozen_merchant_changes_nothing_of_its_offers(world: World, change: dict[str, Any]) -> None:
    merchant = world.merchant()
    offer = world.offer()
    turn(world, merchant)
    assert world.patch(f"/v1/offers/{offer}", change, role="institution", sub="shop").refused == FROZEN


@pytest.mark.engine
@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("fulfilled", [False, True])
def test_only_the_exchange_refunds_an_order_of_a_frozen_merchant(world: World, swept: bool, fulfilled: bool) -> None:
    merchant = world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    if fulfilled:
        world.fulfil(order)
    if swept:
        world.sweep()
    turn(world, merchant)
    assert world.refund(order).refused == FROZEN
    assert world.points() == 0
    assert world.refund(order, role="exchange", sub="exchange").body["status"] == "refunded"
    world.stream()
    assert (world.points(), world.points("shop", "institution")) == (1000, 0)


def test_what_a_frozen_merchant_no_longer_holds_cannot_be_refunded(world: World) -> None:
    """Freezing is no reason for a balance below zero."""
    merchant = world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    world.sweep()
    turn(world, merchant)
    holder = keys.account(keys.holder(merchant))
    world.store.items[holder.pk, holder.sk]["points"] = {"N": "0"}
    refused = world.refund(order, role="exchange", sub="exchange")
    assert refused.refused == (409, "insufficient_points")
    assert world.points() == 0


def test_the_exchange_closes_the_campaign_of_a_frozen_institution_but_approves_none(world: World) -> None:
    finish = COMMANDS["POST /v1/campaigns/{id}/close"](world)
    waiting = world.post("/v1/campaigns", _campaign(), role="institution", sub="shop").body["id"]
    turn(world, keys.account_id("shop"))
    assert send(world, finish).status == 200
    assert world.post(f"/v1/campaigns/{waiting}/approve", role="exchange", sub="exchange").refused == FROZEN


def _campaign() -> dict[str, Any]:
    ends_at = "2999-01-01T00:00:00Z"
    return {"title": "赛", "purpose": "event", "description": "赛事", "target_grams": 1000, "ends_at": ends_at}


def test_a_frozen_sub_platform_takes_no_merchant(world: World) -> None:
    above = world.institution("operator", CODES[2])
    admission = {"account": above, "mode": "sub_platform", "reason": "letter"}
    assert world.post("/v1/merchants", admission, role="exchange", sub="exchange").status == 201
    world.institution()
    turn(world, above)
    assert Desk(world).apply("event", sub_platform=above).pointers == ["/sub_platform"]


def test_a_frozen_institution_does_not_join_the_mall(world: World) -> None:
    account = world.institution()
    turn(world, account)
    application = {"mode": "other", "title": "入驻申请", "plan": {"description": "公益兑换点"}}
    assert world.post("/v1/applications", application, role="institution", sub="shop").refused == FROZEN
    admission = {"account": account, "mode": "other", "reason": "letter 2026-1"}
    assert world.post("/v1/merchants", admission, role="exchange", sub="exchange").refused == FROZEN


def test_the_reason_stands_on_the_record_and_nowhere_else(world: World) -> None:
    account = world.person()
    turn(world, account)
    [record] = [each for each in world.records() if each["kind"] == "account_frozen"]
    assert (record["reason"], record["account"], record["role"]) == ("court order", account, "exchange")
    assert "court order" not in str(world.get("/v1/accounts/me/export", role="individual", sub="alice").body)
