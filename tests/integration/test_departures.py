"""A merchant leaves the mall: nothing is sold any more, orders are served, and no point is stranded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.departures import worker
from chalicelib.departures.worker import depart_due
from chalicelib.holds.worker import expire_due
from chalicelib.mall.offers.following import shelve_due
from chalicelib.table import keys
from tests import books, consents
from tests.integration.test_buyback import supply_holds
from tests.platforms import platform
from tests.world import CODES, Answer, World

TONNE = 1_000_000
SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
AUDITOR: dict[str, Any] = {"role": "auditor", "sub": "auditor"}
REASON = {"reason": "We close our shop"}


@pytest.fixture(autouse=True)
def balanced(world: World) -> Iterator[None]:
    """After each test the books agree, before and after the stream has come."""
    yield
    books.check(world)
    world.stream()
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)


def leave(world: World, **who: Any) -> Answer:
    merchant = keys.account_id("shop")
    return world.post(f"/v1/merchants/{merchant}/leave", REASON, **(SHOP | who))


def terminate(world: World, **who: Any) -> Answer:
    merchant = keys.account_id("shop")
    return world.post(f"/v1/merchants/{merchant}/terminate", {"reason": "fraud"}, **(EXCHANGE | who))


def fire(world: World, **later: float) -> None:
    """The stream and the schedule, as they come later; by then nothing is new."""
    world.stream()
    depart_due(datetime.now(UTC) + timedelta(minutes=11) + timedelta(**later))


def departure(world: World, **who: Any) -> dict[str, Any]:
    answer = world.get(f"/v1/merchants/{keys.account_id('shop')}/departure", **(who or SHOP))
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


def status(world: World) -> str:
    return str(world.get(f"/v1/merchants/{keys.account_id('shop')}").body["status"])


def selling(world: World, *, points: int = 5000, price: int = 1000) -> str:
    """A merchant with an offer on the shelf, and a rich buyer."""
    world.merchant()
    world.rich(points=points)
    return world.offer(points=price)


@pytest.mark.engine
def test_a_merchant_leaves_with_every_point_it_earned(world: World) -> None:
    offer = selling(world, points=2_345_678, price=2_345_678)
    order = world.redeem(offer, 2_345_678).body["id"]
    begun = leave(world)
    assert (begun.status, begun.body["status"], begun.body["initiator"]) == (200, "leaving", "institution")
    world.stream()
    assert world.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
    assert world.redeem(offer, 2_345_678).code in {"offer_unavailable", "insufficient_points"}
    fire(world)
    assert status(world) == "leaving", "an order waits"
    assert world.fulfil(order).status == 200
    fire(world)
    assert (status(world), departure(world)["points"]) == ("left", 2_345_678)
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": 2_345_678, "held_points": 0}
    assert supply_holds(world)["points_by_use"]["bought_back"] == 2_345_678
    [lot] = world.get("/v1/buy-backs", **SHOP).body["items"]
    assert (lot["run"], lot["points"], lot["tonnes"], lot["grams"]) == (begun.body["id"], 2_345_678, 2, 2_345_678)


def test_what_it_got_is_retired_and_then_its_account_closes(world: World) -> None:
    offer = selling(world, points=1000)
    world.fulfil(world.redeem(offer, 1000).body["id"])
    assert world.close("shop", "institution").refused == (409, "invalid_state")
    leave(world)
    assert world.close("shop", "institution").refused == (409, "invalid_state")
    fire(world)
    body = {"grams": 1000, "purpose": "voluntary", "beneficiary": "示例商贸"}
    assert world.post("/v1/retirements", body, **SHOP).status == 201
    assert world.close("shop", "institution").status == 200


def test_the_schedule_may_fire_as_often_as_it_likes(world: World) -> None:
    offer = selling(world, points=1000)
    world.fulfil(world.redeem(offer, 1000).body["id"])
    leave(world)
    for _ in range(3):
        fire(world)
    assert [record["kind"] for record in world.records()].count("merchant_left") == 1
    assert leave(world).refused == terminate(world).refused == (409, "invalid_state")


def test_very_many_offers_are_looked_at_together(world: World) -> None:
    world.merchant()
    for number in range(40):
        world.offer(title=f"票 {number}")
    leave(world)
    world.stream()
    before = world.store.requests
    fire(world)
    assert status(world) == "left"
    assert world.store.requests - before < 40


def test_a_look_that_takes_too_long_is_continued_and_keeps_nobody(world: World, monkeypatch: Any) -> None:
    offer = selling(world, points=1000)
    world.fulfil(world.redeem(offer, 1000).body["id"])
    leave(world)
    with monkeypatch.context() as patch:
        patch.setattr(worker, "SECONDS_MAX", -1)
        fire(world)
    assert status(world) == "leaving"
    fire(world)  # the others' turn
    fire(world)
    assert (status(world), departure(world)["points"]) == ("left", 1000)


def test_it_does_not_leave_while_a_request_may_still_be_under_way(world: World) -> None:
    selling(world)
    leave(world)
    world.stream()
    depart_due(datetime.now(UTC) + timedelta(minutes=9))
    assert status(world) == "leaving"
    fire(world)
    assert status(world) == "left"


def test_it_can_promise_nothing_new(world: World) -> None:
    offer = selling(world)
    leave(world)
    made = world.post("/v1/offers", {
        "title": "茶", "description": "d", "category": "food", "points": 1, "stock": 1, "fulfilment": "goods",
    }, **SHOP)  # fmt: skip
    assert made.refused == (409, "invalid_state")
    world.stream()
    back = world.patch(f"/v1/offers/{offer}", {"status": "on_shelf"}, **SHOP)
    assert back.refused == (409, "invalid_state")
    again = world.post(f"/v1/merchants/{keys.account_id('shop')}/reinstate", {}, **EXCHANGE)
    assert again.refused == (409, "invalid_state")


def test_an_offer_that_suspension_took_down_does_not_come_back(world: World) -> None:
    offer = selling(world)
    world.post(f"/v1/merchants/{keys.account_id('shop')}/suspend", {}, **EXCHANGE)
    world.stream()
    assert leave(world).status == 200
    world.stream()
    shelve_due()
    assert "held_back" not in (world.item(keys.offer(offer)) or {})
    fire(world)
    assert status(world) == "left"


def test_what_nobody_serves_in_time_is_refunded(world: World) -> None:
    offer = selling(world, points=3000)
    orders = [world.redeem(offer, 1000).body["id"] for _ in range(3)]
    assert world.fulfil(orders[0]).status == 200
    leave(world)
    fire(world, days=29)
    assert world.points() == 0
    fire(world, days=30)
    assert (world.points(), status(world), departure(world)["points"]) == (2000, "left", 1000)
    found = world.get(f"/v1/redemptions/{orders[1]}", role="individual", sub="alice").body
    assert (found["status"], "退出商城" in found["reason"]) == ("refunded", True)
    assert world.fulfil(orders[1]).refused == (409, "invalid_state")


def test_a_look_through_a_long_statement_continues_where_it_ended(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("chalicelib.departures.queries.LINES_MAX", 1)
    offer = selling(world, points=3000)
    for _ in range(3):
        world.redeem(offer, 1000)
    leave(world)
    for _ in range(4):
        fire(world, days=30)
    assert (world.points(), status(world)) == (3000, "left")


def test_an_order_is_refunded_after_its_merchant_has_left_out_of_its_grams(world: World) -> None:
    offer = selling(world, points=1000)
    order = world.redeem(offer, 1000).body["id"]
    world.fulfil(order)
    leave(world)
    fire(world)
    assert world.refund(order).status == 200
    assert world.points() == 1000
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": 0, "held_points": 0}


def test_a_refund_of_what_was_retired_says_so(world: World) -> None:
    offer = selling(world, points=1000)
    order = world.redeem(offer, 1000).body["id"]
    world.fulfil(order)
    leave(world)
    fire(world)
    world.post("/v1/retirements", {"grams": 1000, "purpose": "voluntary", "beneficiary": "示例"}, **SHOP)
    assert world.refund(order).refused == (409, "insufficient_points")


def test_the_exchange_ends_a_cooperation(world: World) -> None:
    selling(world)
    assert terminate(world, role="institution", sub="shop").refused == (403, "role_not_allowed")
    begun = terminate(world)
    assert (begun.status, begun.body["initiator"], begun.body["reason"]) == (200, "exchange", "fraud")
    fire(world)
    assert departure(world, **AUDITOR)["status"] == "left"


def test_a_frozen_merchant_is_terminated_and_leaves_once_it_is_released(world: World) -> None:
    selling(world)
    account = keys.account_id("shop")
    world.post(f"/v1/accounts/{account}/freeze", {"reason": "court"}, **EXCHANGE)
    assert leave(world).refused == (409, "account_frozen")
    assert terminate(world).status == 200
    fire(world)
    assert status(world) == "leaving"
    world.post(f"/v1/accounts/{account}/unfreeze", {"reason": "court"}, **EXCHANGE)
    fire(world)
    assert status(world) == "left"


def test_only_the_merchant_leaves_by_itself_and_strangers_see_nothing(world: World) -> None:
    selling(world)
    world.merchant("other", CODES[1])
    assert leave(world, sub="other").refused == (404, "not_found")
    leave(world)
    path = f"/v1/merchants/{keys.account_id('shop')}/departure"
    assert world.get(path, role="institution", sub="other").refused == (404, "not_found")
    assert world.get(f"/v1/merchants/{keys.account_id('other')}/departure", **EXCHANGE).status == 404


def test_the_worklist_names_who_leaves_until_it_has_left(world: World) -> None:
    selling(world)
    leave(world)
    [waits] = world.get("/v1/worklist", **EXCHANGE).body["items"]
    assert (waits["kind"], waits["id"], waits["state"]) == ("departure", keys.account_id("shop"), "leaving")
    assert world.get(waits["path"], **EXCHANGE).status == 200
    fire(world)
    assert world.get("/v1/worklist", **EXCHANGE).body["items"] == []


def test_who_has_left_may_apply_again_and_start_anew(world: World) -> None:
    selling(world)
    leave(world)
    admission = {"account": keys.account_id("shop"), "mode": "other", "reason": "again"}
    assert world.post("/v1/merchants", admission, **EXCHANGE).refused == (409, "already_merchant")
    fire(world)
    assert world.post("/v1/merchants", admission, **EXCHANGE).status == 201
    assert status(world) == "active"
    assert leave(world).status == 200
    fire(world)
    assert status(world) == "left"


def test_a_sub_platform_leaves_after_its_members_and_takes_none_meanwhile(world: World) -> None:
    district = platform(world)
    member = district.member()

    def go(who: str) -> Answer:
        return world.post(f"/v1/merchants/{keys.account_id(who)}/leave", REASON, role="institution", sub=who)

    refused = go("operator")
    assert (refused.refused, "1 merchants" in refused.body["detail"]) == ((409, "invalid_state"), True)
    assert go("shop").status == 200
    assert district.get(f"members/{member}").body["status"] == "ended"
    assert go("operator").status == 200
    fire(world)
    assert status(world) == "left"


# holds, and races


@pytest.fixture
def held(world: World) -> str:
    """400 of Alice's 1000 points are held by the shop, which then leaves."""
    world.rich(points=1000)
    answer = consents.hold(world, consents.spending(world, consents.mall(world)), points=400)
    assert answer.status == 201, answer
    assert leave(world).status == 200
    world.stream()
    return str(answer.body["id"])


def run_out(world: World, hold: str) -> None:
    consents.age_hold(world, hold, "2020-01-01T00:00:00.000Z")
    assert expire_due(datetime.now(UTC)) == 1


def test_holds_of_before_are_captured_and_none_is_new(world: World, held: str) -> None:
    fire(world)
    assert status(world) == "leaving", "a hold waits"
    assert consents.capture(world, held, points=300).status == 200
    fire(world)
    assert (status(world), departure(world)["points"], world.points()) == ("left", 300, 700)
    assert consents.refund(world, held, points=100).status == 200
    assert (world.points(), world.me("shop", "institution")["balances"]["grams"]) == (800, 200)


def test_a_hold_that_nobody_captures_expires_and_then_the_merchant_leaves(world: World, held: str) -> None:
    run_out(world, held)
    fire(world)
    assert (status(world), world.points()) == ("left", 1000)


def test_nothing_comes_to_a_merchant_that_has_left(world: World, held: str, monkeypatch: Any) -> None:
    """The stream is late, so that nobody has seen the hold: its points are the person's, not stranded."""
    monkeypatch.setattr("chalicelib.holds.queries.live", lambda *_: False)
    fire(world)
    assert status(world) == "left"
    assert consents.capture(world, held, points=300).refused == (409, "invalid_state")
    run_out(world, held)
    assert world.points() == 1000


def test_a_capture_in_the_last_moment_is_bought_back_too(world: World, held: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("chalicelib.holds.queries.live", lambda *_: False)

    def capture_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert consents.capture(world, held, points=300).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [capture_first]
    fire_quietly(world)
    assert (status(world), departure(world)["points"]) == ("left", 300)


def test_a_sale_that_began_before_leaving_is_an_order_that_is_served(world: World) -> None:
    offer = selling(world, points=1000)

    def leave_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert leave(world).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [leave_first]
    order = world.redeem(offer, 1000)
    assert order.status == 201
    fire(world)
    assert status(world) == "leaving"
    assert world.fulfil(order.body["id"]).status == 200
    fire(world)
    assert (status(world), departure(world)["points"]) == ("left", 1000)


def test_an_offer_that_is_made_while_its_merchant_leaves_is_refused(world: World) -> None:
    selling(world)

    def leave_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert leave(world).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [leave_first]
    made = world.post("/v1/offers", {
        "title": "茶", "description": "d", "category": "food", "points": 1, "stock": 1, "fulfilment": "goods",
    }, **SHOP)  # fmt: skip
    assert made.refused == (409, "invalid_state")


def test_a_refund_in_the_last_moment_is_not_bought_back(world: World) -> None:
    offer = selling(world, points=2000)
    first, second = (world.redeem(offer, 1000).body["id"] for _ in range(2))
    world.fulfil(first)
    world.fulfil(second)
    leave(world)
    world.stream()
    world.sweep()

    def refund_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert world.refund(first).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [refund_first]
    fire_quietly(world)
    assert (status(world), departure(world)["points"], world.points()) == ("left", 1000, 1000)


def fire_quietly(world: World) -> None:
    """The schedule alone: the stream would use up the interruption."""
    depart_due(datetime.now(UTC) + timedelta(minutes=11))
