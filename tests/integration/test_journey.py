"""A saving becomes points, points buy things, and the books agree."""

import pytest

from tests.world import PEOPLE, World

pytestmark = pytest.mark.engine


def test_a_trip_becomes_points_and_points_buy_a_ticket(world: World) -> None:
    merchant = world.merchant()
    account = world.person()
    world.scenario()
    reported = world.report(account, "100")
    assert reported.status == 201, reported
    assert (reported.body["status"], reported.body["grams"], reported.body["points"]) == ("confirmed", 7100, 7100)
    assert world.points() == 7100

    offer = world.offer(points=1000, stock=3)
    bought = world.redeem(offer, 2000, 2)
    assert bought.status == 201, bought
    assert bought.body["merchant"] == merchant
    assert world.points() == 5100

    before = world.get("/v1/accounts/me/entries", role="individual", sub="alice").body
    assert [(each["kind"], each["points"]) for each in before["items"]] == [("redemption", -2000), ("conversion", 7100)]
    world.stream()
    world.stream()
    after = world.get("/v1/accounts/me/entries", role="individual", sub="alice").body
    assert after == before
    assert world.me()["totals"] == {
        "earned": 7100, "recorded": 0, "redeemed": 2000, "cancelled": 0, "donated": 0, "bought_back": 0, "retired": 0,
    }  # fmt: skip
    assert world.points("shop", "institution") == 2000
    assert world.get(f"/v1/offers/{offer}").body["stock"] == 1
    supply = world.get("/v1/supply").body
    assert supply["grams_backing"] == supply["points_circulating"] == supply["grams_confirmed"] == 7100
    assert supply["points_by_use"]["redeemed"] == 2000

    refund = f"/v1/redemptions/{bought.body['id']}/refund"
    back = world.post(refund, role="institution", sub="shop")
    assert (back.status, back.body["status"]) == (200, "refunded"), back
    assert world.post(refund, role="institution", sub="shop").code == "already_refunded"
    world.stream()
    assert world.points() == 7100
    assert world.points("shop", "institution") == 0
    assert world.get(f"/v1/offers/{offer}").body["stock"] == 3
    assert world.get("/v1/supply").body["points_by_use"]["redeemed"] == 0
    assert PEOPLE[0] not in str(world.items())
