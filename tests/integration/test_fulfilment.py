"""After the sale: delivered, or taken back once; who may; and where the points come from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.mall.redemptions.worker import expire_due
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.world import CODES, World

ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}


def sold(world: World, quantity: int = 1, **offer: Any) -> tuple[str, str]:
    """An order and its offer."""
    world.merchant()
    world.rich(points=10_000)
    made = world.offer(**offer)
    return str(world.redeem(made, quantity * 1000, quantity).body["id"]), made


def test_a_delivered_order_shows_its_voucher(world: World) -> None:
    order, _ = sold(world)
    fulfilled = world.fulfil(order)
    assert (fulfilled.status, fulfilled.body["status"], fulfilled.body["voucher"]) == (200, "fulfilled", "SH-1")
    assert world.get(f"/v1/redemptions/{order}", role="individual", sub="alice").body == fulfilled.body
    assert world.points() == 9000


def test_a_refund_gives_points_and_units_back_once(world: World) -> None:
    order, offer = sold(world, 4, stock=4)
    refunded = world.refund(order)
    assert (refunded.status, refunded.body["status"]) == (200, "refunded")
    assert world.points() == 10_000
    assert world.refund(order).refused == (409, "already_refunded")
    assert world.points() == 10_000
    assert world.redeem(offer, 4000, 4).status == 201


def test_a_delivered_order_may_still_be_refunded_and_keeps_its_voucher(world: World) -> None:
    order, _ = sold(world)
    world.fulfil(order)
    assert world.refund(order).body["voucher"] == "SH-1"
    assert world.close().refused == (409, "invalid_state")
    assert world.points() == 10_000


def test_pending_orders_are_counted_down_once_whichever_way_they_end(world: World) -> None:
    first, offer = sold(world)
    second, third = (world.redeem(offer).body["id"] for _ in range(2))
    pending = []
    for settle, order in ((world.fulfil, first), (world.refund, second), (world.refund, first), (world.fulfil, third)):
        settle(order)
        pending.append((world.item(keys.account(keys.holder(world.me()["id"]))) or {})["pending"])
    assert pending == [2, 1, 1, 0]


def test_only_its_merchant_delivers_and_only_it_or_the_exchange_refunds(world: World) -> None:
    order, _ = sold(world)
    world.merchant("mall", CODES[1])
    assert world.fulfil(order, sub="mall").refused == (404, "not_found")
    assert world.refund(order, sub="mall").refused == (404, "not_found")
    for role in ("individual", "bureau", "scenario_operator"):
        assert world.refund(order, role=role, sub="alice").refused == (403, "role_not_allowed")
    body = {"voucher": None, "note": None}
    for role in ("individual", "exchange"):
        refused = world.post(f"/v1/redemptions/{order}/fulfil", body, role=role, sub="alice")
        assert refused.refused == (403, "role_not_allowed")
    assert world.refund(order, role="exchange", sub="x").status == 200


def test_unknown_orders_are_not_found(world: World) -> None:
    assert world.fulfil("nothing").refused == (404, "not_found")
    assert world.refund("nothing").refused == (404, "not_found")


def test_a_refund_gives_the_limit_back(world: World) -> None:
    order, offer = sold(world, 2, per_account_limit=2)
    assert world.redeem(offer).refused == (409, "limit_reached")
    world.refund(order)
    assert world.redeem(offer, 2000, 2).status == 201
    assert world.redeem(offer).refused == (409, "limit_reached")


def test_after_a_sweep_the_merchant_pays_the_refund(world: World) -> None:
    order, offer = sold(world, 3)
    world.stream()
    assert world.points("shop", "institution") == 3000
    [swept] = world.sweep()
    assert '"points":3000' in swept.answer
    assert world.points("shop", "institution") == 3000
    world.stream()
    assert world.points("shop", "institution") == 3000
    assert world.refund(order).status == 200
    assert world.points() == 10_000
    world.stream()
    assert world.points("shop", "institution") == 0
    assert world.stock(offer) == 10


def test_after_a_partial_sweep_till_and_merchant_pay_together(world: World) -> None:
    order, offer = sold(world, 3)
    world.sweep()
    assert world.redeem(offer, 2000, 2).status == 201
    assert world.refund(order).status == 200
    assert world.points() == 8000
    till = world.item(keys.account(keys.till(offer, 0)))
    assert till is not None
    assert (till["points"], till["units"]) == (0, 8)
    world.stream()
    assert world.points("shop", "institution") == 2000
    lines = world.entries("shop", "institution")
    assert [(line["kind"], line["points"]) for line in lines] == [
        ("refund", -3000), ("redemption", 2000), ("sweep", 0), ("redemption", 3000),
    ]  # fmt: skip


def test_an_empty_till_is_not_swept(world: World) -> None:
    order, _ = sold(world)
    world.refund(order)
    assert world.sweep() == []


def test_what_the_merchant_has_no_more_cannot_be_refunded(world: World) -> None:
    """Points that left the merchant's account (a later issue buys them back) leave the till and the account short."""
    order, _ = sold(world, 3)
    world.sweep()
    account = keys.account(keys.holder(world.me("shop", "institution")["id"]))
    spend(account)
    before = world.items()
    refused = world.refund(order)
    assert refused.refused == (409, "insufficient_points")
    assert (refused.body["needed"], refused.body["available"]) == (3000, 1)
    assert world.items() == before


def spend(key: keys.Key, points: int = 2999) -> None:
    commit([update(key, add={"points": -points})])


def test_a_refund_waits_for_a_buyer_who_closed_the_account_and_says_how(world: World) -> None:
    order, _ = sold(world, 10)
    assert world.fulfil(order).status == 200
    assert world.close().status == 200
    for language, words in (("en", "opens it again"), ("zh", "重新开户")):
        refused = world.refund(order, headers={"Accept-Language": language})
        assert refused.refused == (409, "account_closed")
        assert words in refused.body["detail"]
    world.person()
    assert world.refund(order).status == 200
    assert world.points() == 10_000


def test_the_reason_of_a_refund_stands_on_the_order(world: World) -> None:
    order, offer = sold(world)
    path = f"/v1/redemptions/{order}/refund"
    silent = world.post(path, {}, role="exchange", sub="x")
    assert (silent.refused, silent.pointers) == ((422, "invalid_request"), ["/reason"])
    refunded = world.post(path, {"reason": "counter closed"}, role="exchange", sub="x")
    assert (refunded.status, refunded.body["reason"]) == (200, "counter closed")
    assert world.get(f"/v1/redemptions/{order}", role="individual", sub="alice").body == refunded.body
    assert world.get("/v1/redemptions", role="individual", sub="alice").body["items"] == [refunded.body]
    [record] = [each for each in world.records() if each["kind"] == "redemption_refunded"]
    assert record["reason"] == "counter closed"
    again = world.post(f"/v1/redemptions/{world.redeem(offer).body['id']}/refund", {}, role="institution", sub="shop")
    assert (again.status, again.body["reason"]) == (200, None)


def cancel(world: World, order: str, sub: str = "alice") -> Any:
    return world.post(f"/v1/redemptions/{order}/cancel", role="individual", sub=sub)


@pytest.mark.engine
def test_a_buyer_cancels_an_order_before_it_is_fulfilled(world: World) -> None:
    order, offer = sold(world, 4, stock=4, cancellable_minutes=5, per_account_limit=4)
    until = datetime.fromisoformat(world.get(f"/v1/redemptions/{order}", **ALICE).body["cancellable_until"])
    assert timedelta(minutes=4) < until - datetime.now(UTC) <= timedelta(minutes=5)
    assert cancel(world, order, "bob").refused == (404, "not_found")
    cancelled = cancel(world, order)
    assert (cancelled.status, cancelled.body["status"]) == (200, "refunded")
    assert world.get(f"/v1/redemptions/{order}", **ALICE).body == cancelled.body
    assert world.points() == 10_000
    assert cancel(world, order).refused == (409, "invalid_state")
    again = world.redeem(offer, 4000, 4)
    assert again.status == 201
    assert world.fulfil(again.body["id"]).status == 200
    assert cancel(world, again.body["id"]).refused == (409, "invalid_state")


def test_an_offer_that_gives_no_time_to_cancel_gives_none(world: World) -> None:
    order, _ = sold(world)
    refused = cancel(world, order)
    assert refused.refused == (409, "invalid_state")
    assert "cancel" in refused.body["detail"]
    assert world.points() == 9000


def due(world: World) -> list[str]:
    return [item["pk"]["S"] for item in world.items() if item["sk"] == {"S": "due"}]


@pytest.mark.engine
def test_what_nobody_fulfilled_in_time_is_refunded_by_the_schedule(world: World) -> None:
    late, offer = sold(world, 2, fulfil_within_days=2)
    served = world.redeem(offer).body["id"]
    world.fulfil(served)
    world.stream()
    assert len(due(world)) == 2
    now = datetime.now(UTC)
    expire_due(now + timedelta(days=1))
    assert world.get(f"/v1/redemptions/{late}", **ALICE).body["status"] == "placed"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.kernel.settle.datetime", Later)
        for _ in range(2):
            expire_due(now + timedelta(days=3))
            world.stream()
    order = world.get(f"/v1/redemptions/{late}", **ALICE).body
    assert (order["status"], order["reason"]) == ("refunded", "未按期核销 (not fulfilled in time)")
    assert world.get(f"/v1/redemptions/{served}", **ALICE).body["status"] == "fulfilled"
    assert world.points() == 9000
    world.stream()
    expire_due(now + timedelta(days=3))
    assert due(world) == [], "the stream came again, and so did the notes"


def test_an_order_that_cannot_be_refunded_waits_behind_the_others(world: World) -> None:
    order, offer = sold(world, fulfil_within_days=1)
    world.stream()
    world.sweep()
    spend(keys.account(keys.holder(keys.account_id("shop"))), 999)
    other = world.redeem(offer).body["id"]
    world.stream()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chalicelib.kernel.settle.datetime", Later)
        expire_due(datetime.now(UTC) + timedelta(days=3))
    stands = [world.get(f"/v1/redemptions/{each}", **ALICE).body["status"] for each in (order, other)]
    assert stands == ["refunded", "placed"], "the till pays for the first, and nothing is left for the other"
    assert len(due(world)) == 1


class Later(datetime):
    """A clock three days ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=3)
