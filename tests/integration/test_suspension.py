"""A suspended merchant's offers leave the shelf and come back; its orders and points stay."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts import queries as accounts
from chalicelib.ledger.account import Account
from chalicelib.mall.offers import following
from chalicelib.table import keys
from tests.world import Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}


def turn(world: World, merchant: str, action: str, **options: Any) -> Answer:
    return world.post(f"/v1/merchants/{merchant}/{action}", {"reason": "why"}, **(EXCHANGE | options))


def suspend(world: World, merchant: str) -> None:
    assert turn(world, merchant, "suspend").status == 200
    world.stream()


def reinstate(world: World, merchant: str) -> None:
    assert turn(world, merchant, "reinstate").status == 200
    world.stream()


def on_shelf(world: World) -> set[str]:
    return {each["id"] for each in world.get("/v1/offers").body["items"]}


def change(world: World, offer: str, **changes: Any) -> Answer:
    return world.patch(f"/v1/offers/{offer}", changes, **SHOP)


@pytest.mark.engine
def test_suspension_takes_offers_down_and_reinstatement_brings_them_back(world: World) -> None:
    merchant = world.merchant()
    world.rich()
    offers = {world.offer(), world.offer(busy=True, stock=40)}
    order = world.redeem(min(offers)).body["id"]
    suspend(world, merchant)
    assert world.get(f"/v1/merchants/{merchant}").body["status"] == "suspended"
    assert on_shelf(world) == set()
    for offer in offers:
        assert world.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
        assert world.redeem(offer).refused == (409, "offer_unavailable")
    assert world.fulfil(order).status == 200
    assert world.points("shop", "institution") == 1000
    reinstate(world, merchant)
    assert on_shelf(world) == offers
    assert [world.redeem(offer).status for offer in offers] == [201, 201]
    assert world.item(keys.shelving(merchant)) is None


def test_what_the_merchant_took_down_itself_stays_down(world: World) -> None:
    merchant = world.merchant()
    before, between, after = world.offer(), world.offer(), world.offer()
    change(world, before, status="off_shelf")
    suspend(world, merchant)
    assert change(world, between, status="off_shelf", title="x").status == 200
    reinstate(world, merchant)
    assert on_shelf(world) == {after}


def test_a_suspended_merchant_puts_nothing_on_the_shelf(world: World) -> None:
    merchant = world.merchant()
    offer = world.offer()
    turn(world, merchant, "suspend")  # and the stream has not come yet
    assert change(world, offer, status="on_shelf").refused == (409, "invalid_state")
    made = world.post("/v1/offers", _offer_body(), **SHOP)
    assert made.refused == (409, "invalid_state")
    assert made.body["state"] == "suspended"
    assert change(world, offer, points=5).status == 200


def _offer_body() -> dict[str, Any]:
    return {
        "title": "票", "description": "一张", "category": "transport", "points": 1, "stock": 1, "fulfilment": "voucher",
        "per_account_limit": None, "starts_at": None, "ends_at": None,
    }  # fmt: skip


def test_only_the_step_that_the_state_allows_is_taken(world: World) -> None:
    merchant = world.merchant()
    assert turn(world, merchant, "reinstate").refused == (409, "invalid_state")
    suspend(world, merchant)
    assert turn(world, merchant, "suspend").refused == (409, "invalid_state")
    assert turn(world, "nobody", "suspend").refused == (404, "not_found")
    assert turn(world, world.institution("other", "91512081MA62K0260E"), "suspend").refused == (404, "not_found")
    for role in ("institution", "bureau", "individual", "scenario_operator"):
        assert turn(world, merchant, "reinstate", role=role, sub="shop").refused == (403, "role_not_allowed")


def test_turns_that_come_again_late_or_at_once_end_as_the_last_one_says(world: World) -> None:
    merchant = world.merchant()
    offer = world.offer()
    for action in ("suspend", "reinstate", "suspend"):
        turn(world, merchant, action)
    world.stream()
    assert on_shelf(world) == set()
    world.stream()
    turn(world, merchant, "reinstate")
    world.stream()
    world.stream()
    assert on_shelf(world) == {offer}


def freeze(world: World, merchant: str, action: str = "freeze") -> None:
    answer = world.post(f"/v1/accounts/{merchant}/{action}", {"reason": "court order"}, role="bureau", sub="bureau")
    assert answer.status == 200


@pytest.mark.engine
def test_freezing_takes_offers_down_and_release_brings_them_back(world: World) -> None:
    merchant = world.merchant()
    world.rich()
    own, offers = world.offer(), {world.offer(), world.offer(busy=True, stock=40)}
    change(world, own, status="off_shelf")
    freeze(world, merchant)
    world.stream()
    assert on_shelf(world) == set()
    assert {world.redeem(offer).refused for offer in offers} == {(409, "offer_unavailable")}
    freeze(world, merchant, "unfreeze")
    world.stream()
    assert on_shelf(world) == offers
    assert [world.redeem(offer).status for offer in offers] == [201, 201]
    assert world.item(keys.shelving(merchant)) is None


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("last", ["freeze", "suspension"])
@pytest.mark.parametrize("first", ["freeze", "suspension"])
def test_offers_come_back_once_neither_freezing_nor_suspension_holds(
    world: World, first: str, last: str, streamed: bool
) -> None:
    """Whichever came first, and whichever is lifted last; delivered after each turn, or only at the end."""
    merchant = world.merchant()
    offer = world.offer()
    begin: dict[str, Callable[[], object]] = {
        "freeze": lambda: freeze(world, merchant),
        "suspension": lambda: turn(world, merchant, "suspend"),
    }
    lift: dict[str, Callable[[], object]] = {
        "freeze": lambda: freeze(world, merchant, "unfreeze"),
        "suspension": lambda: turn(world, merchant, "reinstate"),
    }
    other = {"freeze": "suspension", "suspension": "freeze"}
    for act in (begin[first], begin[other[first]], lift[other[last]]):
        act()
        if streamed:
            world.stream()
            assert on_shelf(world) == set()
    world.stream()
    assert on_shelf(world) == set()
    lift[last]()
    world.stream()
    assert on_shelf(world) == {offer}
    assert world.item(keys.shelving(merchant)) is None


def test_a_merchant_that_is_suspended_while_it_is_being_frozen_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchant = world.merchant()
    world.offer()
    item, turns = accounts.item, list[int]()

    def overtaken(id: str) -> Account:
        found = item(id)
        if not turns:
            turns.append(turn(world, merchant, "suspend").status)
        return found

    monkeypatch.setattr(accounts, "item", overtaken)
    freeze(world, merchant)
    assert turns == [200]
    freeze(world, merchant, "unfreeze")
    world.stream()
    assert world.get(f"/v1/merchants/{merchant}").body["status"] == "suspended"
    assert on_shelf(world) == set()


def test_work_that_lost_its_worker_goes_on_with_the_schedule(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    merchant = world.merchant()
    for _ in range(3):
        world.offer()
    turn(world, merchant, "suspend")
    monkeypatch.setattr(following, "SHELVING_SECONDS_MAX", -1)
    world.stream()
    assert len(on_shelf(world)) == 3
    assert world.item(keys.shelving(merchant)) is not None
    monkeypatch.setattr(following, "SHELVING_SECONDS_MAX", 15)
    following.shelve_due()
    assert on_shelf(world) == set()
    assert world.item(keys.shelving(merchant)) is None
