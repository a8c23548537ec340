"""Points for goods: every way it can be refused, and what it leaves."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.world import CODES, PEOPLE, World

SHOP = {"role": "institution", "sub": "shop"}


def hours(count: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=count)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_points_go_to_the_merchant_and_a_unit_to_the_person(world: World) -> None:
    merchant = world.merchant()
    account = world.rich(points=7100)
    offer = world.offer(points=1000, stock=10)
    order = world.redeem(offer, 3000, 3)
    assert order.status == 201
    assert order.body == {
        "id": order.body["id"], "status": "placed", "at": order.body["at"], "account": account, "merchant": merchant,
        "offer": offer, "quantity": 3, "points": 3000, "title": "地铁单程票", "unit_points": 1000,
        "fulfilment": "voucher", "voucher": None, "note": None, "reason": None, "cancellable_until": None,
        "fulfil_by": None, "vouchers": [],
    }  # fmt: skip
    assert world.points() == 4100
    assert world.get(f"/v1/redemptions/{order.body['id']}", role="individual", sub="alice").body == order.body
    world.stream()
    assert world.points("shop", "institution") == 3000


def test_too_few_points_are_said_with_what_is_there(world: World) -> None:
    world.merchant()
    world.rich(points=999)
    refused = world.redeem(world.offer())
    assert refused.refused == (409, "insufficient_points")
    assert (refused.body["available"], refused.body["needed"]) == (999, 1000)


def test_a_stale_price_is_refused_with_the_price_of_now(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer(points=1000)
    world.patch(f"/v1/offers/{offer}", {"points": 1100}, **SHOP)
    refused = world.redeem(offer, 2000, 2)
    assert refused.refused == (409, "price_changed")
    assert (refused.body["price"], refused.body["points"]) == (1100, 2200)
    assert world.redeem(offer, 2200, 2).status == 201


def test_what_is_gone_is_sold_out(world: World) -> None:
    world.merchant()
    world.rich(points=50_000)
    offer = world.offer(stock=3)
    refused = world.redeem(offer, 4000, 4)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 3)
    assert world.redeem(offer, 3000, 3).status == 201
    assert world.redeem(offer).refused == (409, "sold_out")
    world.stream()
    assert world.stock(offer) == 0


def test_one_account_may_have_so_many_and_no_more(world: World) -> None:
    world.merchant()
    world.rich("alice", points=50_000)
    offer = world.offer(per_account_limit=3)
    assert world.redeem(offer, 2000, 2).status == 201
    refused = world.redeem(offer, 2000, 2)
    assert refused.refused == (409, "limit_reached")
    assert (refused.body["limit"], refused.body["held"]) == (3, 2)
    assert world.redeem(offer).status == 201
    assert world.redeem(offer).refused == (409, "limit_reached")
    assert world.redeem(offer, 4000, 4).refused == (409, "limit_reached")
    world.rich("bob", PEOPLE[1], points=3000)
    assert world.redeem(offer, 3000, 3, sub="bob").status == 201


@pytest.mark.parametrize(
    ("starts", "ends", "open_now"),
    [(None, None, True), (-1, None, True), (1, None, False), (None, 1, True), (None, -1, False), (-1, 1, True)],
)
def test_an_offer_has_its_time(world: World, starts: int | None, ends: int | None, open_now: bool) -> None:
    world.merchant()
    world.rich(points=1000)
    window: dict[str, Any] = {
        name: hours(count) if count else None for name, count in (("starts_at", starts), ("ends_at", ends))
    }
    past = window.pop("ends_at") if ends == -1 else None
    offer = world.offer(**window)
    if past:
        world.end_offer(offer, past)
    got = world.redeem(offer)
    assert got.status == 201 if open_now else got.refused == (409, "offer_unavailable")
    assert world.points() == (0 if open_now else 1000)


def test_what_was_never_offered_is_not_found(world: World) -> None:
    world.rich()
    for offer in ("nothing", "a/0", "offer:x", world.me()["id"]):
        refused = world.redeem(offer)
        assert refused.refused == (404, "not_found")
        assert [each["pointer"] for each in refused.body["errors"]] == ["/offer"]


@pytest.mark.parametrize(
    ("starts", "ends", "english", "chinese", "fact"),
    [
        (None, None, "off the shelf", "已下架", None),
        (1, None, "can be redeemed from", "尚未开始", "starts_at"),
        (1, 2, "can be redeemed from", "尚未开始", "starts_at"),
    ],
)
def test_each_reason_why_an_offer_is_unavailable_has_its_sentence(
    world: World, starts: int | None, ends: int | None, english: str, chinese: str, fact: str | None
) -> None:
    world.merchant()
    world.rich()
    offer = world.offer(starts_at=starts and hours(starts), ends_at=ends and hours(ends))
    if not fact:
        world.patch(f"/v1/offers/{offer}", {"status": "off_shelf"}, **SHOP)
    for language, words in (("en", english), ("zh", chinese)):
        refused = world.redeem(offer, headers={"Accept-Language": language}).body
        assert words in refused["detail"]
        assert not any(mark in f"{refused}" for mark in ("0000 ", "9999", "?"))
        assert {"starts_at", "ends_at"} & set(refused) == ({fact} if fact else set())


@pytest.mark.parametrize("status", ["on_shelf", "off_shelf"])
def test_an_offer_that_ended_says_when(world: World, status: str) -> None:
    world.merchant()
    world.rich()
    offer, ends = world.offer(), hours(-1)
    world.patch(f"/v1/offers/{offer}", {"status": status}, **SHOP)
    world.end_offer(offer, ends)
    for language, words in (("en", f"It ended at {ends}."), ("zh", f"已于 {ends} 结束")):
        refused = world.redeem(offer, headers={"Accept-Language": language})
        assert refused.refused == (409, "offer_unavailable")
        assert words in refused.body["detail"]
        assert (refused.body["ends_at"], "starts_at" in refused.body) == (ends, False)


@pytest.mark.parametrize("change", [{}, {"stock": 3}, {"per_account_limit": 1}, {"starts_at": hours(1)}])
@pytest.mark.parametrize("quantity", [1, 4])
def test_a_missing_account_is_said_before_anything_else(world: World, change: dict[str, Any], quantity: int) -> None:
    world.merchant()
    offers = [world.offer(**change), world.offer(busy=True, **change), "nothing"]
    world.patch(f"/v1/offers/{world.offer(**change)}", {"status": "off_shelf"}, **SHOP)
    for offer in offers:
        for points in (1, quantity * 1000):
            refused = world.redeem(offer, points, quantity)
            assert refused.refused == (404, "not_found")
            assert "POST /v1/accounts" in refused.body["detail"]


def test_without_an_account_nothing_is_bought(world: World) -> None:
    world.merchant()
    assert world.redeem(world.offer()).refused == (404, "not_found")


@pytest.mark.parametrize("role", ["institution", "scenario_operator", "exchange", "bureau"])
def test_only_persons_redeem(world: World, role: str) -> None:
    body = {"offer": "x", "quantity": 1, "points": 1}
    assert world.post("/v1/redemptions", body, role=role, sub="alice").refused == (403, "role_not_allowed")


def test_an_institutions_points_buy_nothing_even_with_a_persons_token(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer()
    world.redeem(offer, 5000, 5)
    world.sweep()
    assert world.redeem(offer, sub="shop").refused == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": 1001}, "/quantity"),
        ({"quantity": -1}, "/quantity"),
        ({"points": 0}, "/points"),
        ({"points": -1000}, "/points"),
        ({"points": 10**12 + 1}, "/points"),
        ({"offer": ""}, "/offer"),
        ({"offer": "a b"}, "/offer"),
    ],
)
def test_amounts_have_bounds(world: World, body: dict[str, Any], pointer: str) -> None:
    sent = {"offer": "x", "quantity": 1, "points": 1} | body
    refused = world.post("/v1/redemptions", sent, role="individual", sub="alice")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])


def test_an_order_is_seen_by_its_person_its_merchant_and_the_exchange(world: World) -> None:
    world.merchant()
    world.merchant("mall", CODES[1])
    world.rich()
    world.person("bob", PEOPLE[1])
    path = f"/v1/redemptions/{world.redeem(world.offer()).body['id']}"
    for role, sub in (("individual", "alice"), ("institution", "shop"), ("exchange", "x")):
        assert world.get(path, role=role, sub=sub).status == 200
    for role, sub in (("individual", "bob"), ("institution", "mall"), ("individual", "nobody")):
        assert world.get(path, role=role, sub=sub).refused == (404, "not_found")
    assert world.get(path, role="bureau", sub="b").refused == (403, "role_not_allowed")


def test_no_other_record_is_an_order(world: World) -> None:
    world.rich()
    for record in world.records():
        path = f"/v1/redemptions/{record['id']}"
        assert world.get(path, role="exchange", sub="x").refused == (404, "not_found")


def test_orders_are_listed_newest_first_with_their_state(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer()
    orders = [world.redeem(offer).body["id"] for _ in range(4)]
    world.fulfil(orders[1])
    world.refund(orders[2])
    for _ in range(2):
        page = world.get("/v1/redemptions", role="individual", sub="alice", limit=3).body
        assert [each["id"] for each in page["items"]] == orders[:0:-1]
        assert [each["status"] for each in page["items"]] == ["placed", "refunded", "fulfilled"]
        rest = world.get("/v1/redemptions", role="individual", sub="alice", limit=3, cursor=page["next_cursor"]).body
        assert ([each["id"] for each in rest["items"]], rest["next_cursor"]) == ([orders[0]], None)
        world.stream()
    sold = world.get("/v1/redemptions", **SHOP).body["items"]
    assert [each["id"] for each in sold] == orders[::-1]


@pytest.mark.parametrize("busy", [False, True])
def test_an_order_keeps_the_title_and_price_of_its_sale(world: World, busy: bool) -> None:
    world.merchant()
    world.rich(points=10_000)
    offer = world.offer(busy=busy, fulfilment="goods")
    sold = []
    for title, points in (("地铁单程票", 1000), ("地铁一日票", 1000), ("地铁三日票", 1500)):
        changed = world.patch(f"/v1/offers/{offer}", {"title": title, "points": points}, **SHOP)
        assert changed.status == 200
        order = world.redeem(offer, 2 * points, 2)
        assert (order.status, order.body["title"], order.body["unit_points"]) == (201, title, points)
        sold.append(order.body)
    for order in sold:
        assert order["fulfilment"] == "goods"
        assert world.get(f"/v1/redemptions/{order['id']}", role="individual", sub="alice").body == order
    assert world.get("/v1/redemptions", role="individual", sub="alice").body["items"] == sold[::-1]


@pytest.mark.engine
@pytest.mark.parametrize("tills", [1, 16])
def test_an_offer_from_before_editions_still_sells_under_its_title(world: World, tills: int) -> None:
    world.merchant()
    world.rich(points=10_000)
    offer = world.offer(stock=160, busy=tills > 1)
    places = [keys.offer(offer), *(keys.account(keys.till(offer, number)) for number in range(tills))]
    commit([update(key, remove=("edition",)) for key in places])
    assert world.redeem(offer).body["title"] == "地铁单程票"
    for changes in ({"points": 900}, {"status": "off_shelf"}, {"status": "on_shelf"}):
        assert world.patch(f"/v1/offers/{offer}", changes, **SHOP).status == 200
    assert world.redeem(offer, 900).body["title"] == "地铁单程票"
    world.patch(f"/v1/offers/{offer}", {"title": "新"}, **SHOP)
    assert world.redeem(offer, 900).body["title"] == "新"


def test_an_order_from_before_snapshots_still_answers(world: World) -> None:
    world.merchant()
    world.rich()
    order = world.redeem(world.offer()).body
    snapshot = ("title", "unit_points", "fulfilment")
    answer = json.dumps({name: value for name, value in order.items() if name not in snapshot})
    commit([update(keys.record(order["id"]), assign={"answer": answer})])
    read = world.get(f"/v1/redemptions/{order['id']}", role="individual", sub="alice").body
    assert read == order | dict.fromkeys(snapshot)
    assert world.fulfil(order["id"]).status == 200


def listed(world: World, sub: str = "alice", role: str = "individual", **asked: Any) -> list[str]:
    """The ids of all pages."""
    ids: list[str] = []
    while True:
        page = world.get("/v1/redemptions", role=role, sub=sub, **asked)
        assert page.status == 200, page
        ids += [each["id"] for each in page.body["items"]]
        if page.body["next_cursor"] is None:
            return ids
        asked["cursor"] = page.body["next_cursor"]


@pytest.mark.parametrize("scanned", [500, 100])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_orders_are_filtered_by_how_they_stand(
    world: World, monkeypatch: pytest.MonkeyPatch, limit: int, scanned: int
) -> None:
    monkeypatch.setattr("chalicelib.mall.redemptions.order_book.SCANNED_MAX", scanned)
    world.merchant()
    world.rich(points=9000)
    offer = world.offer()
    orders = [world.redeem(offer).body["id"] for _ in range(7)]
    for number in (1, 4):
        world.fulfil(orders[number])
    world.refund(orders[2])
    for stand, expected in (("placed", [6, 5, 3, 0]), ("fulfilled", [4, 1]), ("refunded", [2])):
        assert listed(world, status=stand, limit=limit) == [orders[each] for each in expected]
    world.stream()
    assert listed(world, "shop", "institution", status="placed", limit=limit) == [orders[each] for each in (6, 5, 3, 0)]
    wrong = world.get("/v1/redemptions", role="individual", sub="alice", status="lost")
    assert (wrong.refused, wrong.pointers) == ((422, "invalid_request"), ["/status"])


def test_orders_are_filtered_by_the_time_of_the_sale(world: World) -> None:
    world.merchant()
    world.rich(points=9000)
    offer = world.offer()
    first, second, third = (world.redeem(offer).body for _ in range(3))
    times = {"from": first["at"], "until": third["at"]}
    expected = [each["id"] for each in (third, second, first) if first["at"] <= each["at"] < third["at"]]
    for _ in range(2):
        assert listed(world, **times) == listed(world, status="placed", **times) == expected
        world.stream()
    assert listed(world, until=first["at"]) == []
    backwards = world.get("/v1/redemptions", role="individual", sub="alice", **{"from": hours(1), "until": hours(-1)})
    assert (backwards.refused, backwards.pointers) == ((422, "invalid_request"), ["/until"])
