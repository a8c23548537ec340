"""An active merchant runs an event beside its mode: terms, stock and limit are its own, all else stays as it was."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.events import worker
from chalicelib.kernel import settle
from chalicelib.mall.catalogue import event_stock
from chalicelib.mall.redemptions.worker import complete_events
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import books
from tests.desk import EXCHANGE, PASSED, PLANS, Desk, institution
from tests.numbers import credit_code, identity_number
from tests.platforms import platform
from tests.world import Answer, World

SHOP = institution("shop")
NOW = PLANS["event"] | {"starts_at": "2020-06-01T00:00:00Z", "opens_at": "2020-06-05T02:00:00Z"}
DRAW = NOW | {"quantity": 2, "allocation": "draw", "draws_at": "2097-06-20T00:00:00Z"}
ENDS = "2097-06-30T16:00:00.000Z"
NEW = {
    "title": "门票", "description": "一张", "category": "culture", "points": 10, "stock": 100, "fulfilment": "goods",
}  # fmt: skip


@pytest.fixture
def desk(world: World) -> Desk:
    world.merchant()
    return Desk(world)


def offer(world: World, event: str | None, *, sub: str = "shop", **changes: Any) -> Answer:
    return world.post("/v1/offers", NEW | {"event": event} | changes, **institution(sub))


def made(world: World, event: str | None, **changes: Any) -> str:
    answer = offer(world, event, **changes)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def refused_at(answer: Answer) -> list[str]:
    assert answer.refused == (422, "invalid_request"), answer
    return answer.pointers


def its_time_is_over(world: World, event: str) -> None:
    """As if the event had ended."""
    past = "2020-06-10T00:00:00.000Z"
    stored = world.item(keys.event(event)) or {}
    merchant = keys.account(keys.holder(stored["merchant"]))
    state = (world.item(merchant) or {})["merchant"]
    until = state | {"events_until": past}
    commit(
        [
            update(keys.event(event), assign={"terms": stored["terms"] | {"ends_at": past}}),
            update(merchant, assign={"merchant": until}),
        ]
    )


def test_a_merchant_keeps_its_mode_and_gains_an_event_with_terms_of_its_own(desk: Desk) -> None:
    world = desk.world
    shop = world.me("shop", "institution")["id"]
    before = world.get(f"/v1/merchants/{shop}").body
    usual = world.offer(points=10, stock=1000)
    event = desk.bring("event", plan=NOW)
    assert desk.get(event)["status"] == "active"
    assert world.get(f"/v1/merchants/{shop}").body == before
    seen = world.get(f"/v1/events/{event}").body
    assert [seen] == world.get("/v1/events").body["items"]
    assert seen.items() >= {"id": event, "merchant": shop, "status": "open", "offered": 0, "left": 500}.items()
    answer = offer(world, event)
    assert answer.body.items() >= {"event": event, "ends_at": ENDS, "per_account_limit": 2, "merchant": shop}.items()
    plain = offer(world, None).body
    assert (plain["event"], plain["ends_at"], plain["per_account_limit"]) == (None, None, None)
    on_shelf = world.get("/v1/offers", merchant=shop, event=event).body["items"]
    assert [each["id"] for each in on_shelf] == [answer.body["id"]]
    everything = {each["id"] for each in world.get("/v1/offers", merchant=shop).body["items"]}
    assert everything == {usual, answer.body["id"], plain["id"]}
    assert world.get(f"/v1/events/{event}").body["offered"] == 100, "other offers are none of the event's"


def test_stock_of_the_events_offers_is_its_quantity_and_others_are_free(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    first = made(world, event, stock=300)
    assert refused_at(offer(world, event, stock=201)) == ["/stock"]
    made(world, event, stock=200)
    assert refused_at(world.patch(f"/v1/offers/{first}", {"stock_added": 1}, **SHOP)) == ["/stock_added"]
    made(world, None, stock=10_000)
    lines = [NEW | {"sku": "A", "stock": 1, "event": event}, NEW | {"sku": "B", "stock": 1}]
    results = world.post("/v1/offer-batches", {"offers": lines}, **SHOP).body["offers"]
    assert [each["result"] for each in results] == ["refused", "created"]
    assert world.get(f"/v1/events/{event}").body["offered"] == 500


def test_offers_made_at_once_do_not_exceed_the_quantity(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    world, event, real = desk.world, desk.bring("event", plan=NOW), event_stock.supply
    raced: list[str] = []

    def late(*arguments: Any) -> Any:
        writes = list(real(*arguments))
        if not raced:
            raced.append("")
            raced[0] = made(world, event, stock=400)
        return writes

    monkeypatch.setattr(event_stock, "supply", late)
    assert refused_at(offer(world, event, stock=200)) == ["/stock"]
    assert world.get(f"/v1/events/{event}").body["offered"] == 400


@pytest.mark.engine
def test_the_limit_counts_over_the_event_only(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    first, second, usual = made(world, event), made(world, event), made(world, None)
    world.rich(points=1000)
    assert world.redeem(usual, 50, 5).status == 201
    assert world.redeem(first, 10).status == 201
    assert world.redeem(second, 10).status == 201
    assert world.redeem(second, 10).refused == (409, "limit_reached")
    assert world.redeem(usual, 50, 5).status == 201
    world.stream()
    assert world.get(f"/v1/events/{event}").body["left"] == 498
    books.check(world)


def test_two_events_at_once_have_goods_and_limits_apart(desk: Desk) -> None:
    world = desk.world
    first, second = desk.bring("event", plan=NOW), desk.bring("event", plan=NOW | {"quantity": 3})
    tickets, badges = made(world, first), made(world, second, stock=3)
    world.rich(points=1000)
    for each in (tickets, badges):
        assert world.redeem(each, 20, 2).status == 201
        assert world.redeem(each, 10).refused == (409, "limit_reached")
    world.stream()
    assert [world.get(f"/v1/events/{each}").body["left"] for each in (first, second)] == [498, 1]


def test_an_offer_keeps_to_the_terms_of_its_event(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    for changes, pointer in (
        ({"ends_at": "2097-07-01T00:00:00Z"}, "/ends_at"),
        ({"starts_at": "2020-06-02T00:00:00Z"}, "/starts_at"),
        ({"per_account_limit": 3}, "/per_account_limit"),
        ({"stock": 501}, "/stock"),
    ):
        assert refused_at(offer(world, event, **changes)) == [pointer]


def test_an_offer_names_an_event_of_its_own_merchant_that_has_not_ended(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    world.institution("fair", credit_code(7))
    foreign, waiting = desk.bring("event", sub="fair", plan=NOW), desk.bring("event", "submitted", plan=NOW)
    for wrong in (foreign, waiting, "nothing"):
        assert refused_at(offer(world, wrong)) == ["/event"]
    assert refused_at(offer(world, event, sub="fair")) == ["/event"]
    assert offer(world, foreign, sub="fair").body["event"] == foreign, "its own mode may be named too"
    assert offer(world, None, sub="fair").body["event"] == foreign
    its_time_is_over(world, event)
    late = offer(world, event)
    assert (refused_at(late), "ended at 2020" in late.body["errors"][0]["detail"]) == (["/event"], True)


def test_the_end_of_an_event_is_not_the_merchants(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    shop = world.me("shop", "institution")["id"]
    assert world.post(f"/v1/merchants/{shop}/leave", {"reason": "r"}, **SHOP).refused == (409, "invalid_state")
    its_time_is_over(world, event)
    complete_events(datetime.now(UTC))
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "active"
    made(world, None)
    again = desk.bring("event", plan=NOW)
    made(world, again)
    its_time_is_over(world, again)
    assert world.post(f"/v1/merchants/{shop}/leave", {"reason": "r"}, **SHOP).status == 200


def test_a_suspended_or_frozen_merchant_applies_for_no_event_and_none_of_its_passes(desk: Desk) -> None:
    world, waiting = desk.world, desk.bring("event", "submitted", plan=NOW)
    shop = world.me("shop", "institution")["id"]
    for begin, end, code in (("suspend", "reinstate", "invalid_state"), ("freeze", "unfreeze", "account_frozen")):
        of = "merchants" if begin == "suspend" else "accounts"
        assert world.post(f"/v1/{of}/{shop}/{begin}", {"reason": "r"}, **EXCHANGE).status == 200
        assert desk.apply("event", plan=NOW).refused == (409, code)
        assert desk.step(waiting, "review", PASSED, **EXCHANGE).refused == (409, code)
        assert world.post(f"/v1/{of}/{shop}/{end}", {"reason": "r"}, **EXCHANGE).status == 200
    assert desk.step(waiting, "review", PASSED, **EXCHANGE).status == 200


def test_one_application_is_open_at_a_time_and_other_modes_are_for_new_merchants(desk: Desk) -> None:
    assert desk.apply("other").refused == (409, "already_merchant")
    waiting = desk.draft("event")
    assert desk.apply("event").refused == (409, "invalid_state")
    assert desk.step(waiting, "withdraw", **SHOP).status == 200
    assert desk.apply("event").status == 201


@pytest.mark.parametrize("stop", ["suspend", "freeze"])
def test_who_stops_the_merchant_stops_its_event_and_both_come_back(desk: Desk, stop: str) -> None:
    world, event = desk.world, desk.bring("event", plan=NOW)
    shop = world.me("shop", "institution")["id"]
    usual, special = made(world, None), made(world, event)
    of, undo = ("merchants", "reinstate") if stop == "suspend" else ("accounts", "unfreeze")
    world.post(f"/v1/{of}/{shop}/{stop}", {"reason": "r"}, **EXCHANGE)
    world.stream()
    assert [world.get(f"/v1/offers/{each}").body["status"] for each in (usual, special)] == ["off_shelf"] * 2
    assert offer(world, event).status == 409
    world.post(f"/v1/{of}/{shop}/{undo}", {"reason": "r"}, **EXCHANGE)
    world.stream()
    assert [world.get(f"/v1/offers/{each}").body["status"] for each in (usual, special)] == ["on_shelf"] * 2


def test_a_members_event_goes_through_its_operator_and_ends_with_a_veto(world: World) -> None:
    district = platform(world)
    shop = world.institution("shop")
    assert district.admit(shop).status == 201
    desk = Desk(world)
    assert refused_at(desk.apply("event", plan=NOW, sub_platform=shop)) == ["/sub_platform"]
    event = desk.bring("event", "with_operator", plan=NOW)
    assert desk.get(event)["sub_platform"] == district.id
    assert desk.onward(event).status == 200
    assert desk.onward(event).status == 200
    assert len(district.members()) == 1
    special = made(world, event)
    veto = world.post(f"/v1/sub-platforms/{district.id}/members/{shop}/veto", {"reason": "r"}, **EXCHANGE)
    assert veto.status == 200, veto
    world.stream()
    assert world.get(f"/v1/offers/{special}").body["status"] == "off_shelf"
    assert world.get(f"/v1/events/{event}").body["status"] == "ended"
    assert [each["status"] for each in world.get("/v1/events").body["items"]] == ["ended"]
    world.post("/v1/merchants", {"account": shop, "mode": "other", "reason": "letter"}, **EXCHANGE)
    assert refused_at(offer(world, event)) == ["/event"], "it belonged to the admission that was vetoed"
    again = world.patch(f"/v1/offers/{special}", {"status": "on_shelf"}, **SHOP)
    assert again.refused == (409, "invalid_state")


def test_a_merchant_of_the_mode_event_is_one_until_the_last_of_its_events(world: World) -> None:
    world.institution("shop")
    desk, shop = Desk(world), str(world.me("shop", "institution")["id"])
    first = desk.bring("event", plan=NOW)
    second = desk.bring("event", plan=NOW | {"quantity": 3})
    holder = keys.account(keys.holder(shop))
    state = (world.item(holder) or {})["merchant"]
    assert (state["application"], state["events_until"]) == (first, ENDS)
    past = state | {"event": state["event"] | {"ends_at": "2020-06-10T00:00:00.000Z"}}
    commit([update(holder, assign={"merchant": past})])
    complete_events(datetime.now(UTC))
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "active"
    assert "completed" not in (world.item(holder) or {})["merchant"]
    assert desk.apply("other").refused == (409, "already_merchant")
    assert refused_at(offer(world, None)) == ["/ends_at"]
    made(world, second, stock=3)
    its_time_is_over(world, second)
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "ended"
    assert desk.apply("other").status == 201, "its time is over: it is a new applicant"


def test_a_draw_beside_a_mode_gives_out_the_events_goods_alone(desk: Desk) -> None:
    world, event = desk.world, desk.bring("event", plan=DRAW)
    made(world, None)
    goods = made(world, event, stock=2)
    for number in range(3):
        world.rich(f"person-{number}", identity_number(number), points=100)
        body = {"offer": goods, "quantity": 1, "points": 10}
        assert world.post(f"/v1/events/{event}/entries", body, role="individual", sub=f"person-{number}").status == 201
    past = "2020-06-10T00:00:00.000Z"
    commit([update(keys.draw(event), assign={"draws_at": past, "rank": f"{past}:{event}"})])
    worker.draw_due(datetime.now(UTC))
    drawn = world.get(f"/v1/events/{event}/draw").body
    assert (drawn["status"], drawn["offers"]) == ("settled", [{"offer": goods, "stock": 2, "awarded": 2}])
    books.check(world)


def test_a_departure_that_races_with_the_review_sees_the_event(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever commits first, no merchant leaves an event that the public was promised."""
    world, waiting = desk.world, desk.bring("event", "submitted", plan=NOW)
    shop, real = world.me("shop", "institution")["id"], commit
    raced: list[Answer] = []

    def late(writes: Any, *arguments: Any, **options: Any) -> Any:
        if not raced:
            raced.append(Answer(0, None, {}))
            raced[0] = desk.step(waiting, "review", PASSED, **EXCHANGE)
        return real(writes, *arguments, **options)

    monkeypatch.setattr(settle, "commit", late)
    left = world.post(f"/v1/merchants/{shop}/leave", {"reason": "r"}, **SHOP)
    assert raced[0].status == 200
    assert left.refused == (409, "invalid_state")
    assert left.body["ends_at"] == ENDS
