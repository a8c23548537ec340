"""An offer for a rush of buyers has several tills; nobody can tell, except that it is fast."""

from collections.abc import Iterator

import pytest

from chalicelib.mall.offers import memory
from chalicelib.settings import settings
from chalicelib.table import keys
from tests.world import PEOPLE, World

STRIPES = 16


@pytest.fixture(params=[1, 16])
def stripes(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """How many tills a busy offer has; there is a merchant, and alice is rich."""
    monkeypatch.setenv("BUSY_STRIPES", str(request.param))
    settings.cache_clear()
    world.merchant()
    world.rich(points=10**6)
    yield request.param
    settings.cache_clear()


def units(world: World, offer: str, count: int) -> list[int]:
    found = [world.item(keys.account(keys.till(offer, number))) for number in range(count)]
    return [till["units"] for till in found if till]


def test_stock_is_shared_out_evenly(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=100)
    shared = units(world, offer, STRIPES)
    assert len(shared) == stripes
    assert sum(shared) == 100
    assert max(shared) - min(shared) <= 1


def test_every_unit_is_sold_and_not_one_more(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=40)
    for _ in range(40):
        assert world.redeem(offer).status == 201
    refused = world.redeem(offer)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 0)
    assert sum(units(world, offer, STRIPES)) == 0
    world.stream()
    assert world.stock(offer) == 0
    assert world.points("shop", "institution") == 40_000


@pytest.mark.parametrize("remembering", [True, False])
def test_an_order_takes_from_several_tills_where_one_alone_has_too_few(
    world: World, stripes: int, remembering: bool
) -> None:
    offer = world.offer(busy=True, stock=40)
    for quantity in (7, 13, 19):
        if not remembering:
            memory.forget()
        assert world.redeem(offer, quantity * 1000, quantity).status == 201, quantity
    refused = world.redeem(offer, 2000, 2)
    assert (refused.refused, refused.body["available"]) == ((409, "sold_out"), 1)
    assert world.redeem(offer).status == 201
    assert world.points() == 10**6 - 40_000


@pytest.mark.engine
def test_an_order_over_several_tills_is_refunded_to_the_tills_it_came_from(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=32)
    before = units(world, offer, STRIPES)
    order = world.redeem(offer, 20_000, 20).body["id"]
    assert world.refund(order).status == 200
    assert units(world, offer, STRIPES) == before
    assert world.points() == 10**6
    world.stream()
    assert world.stock(offer) == 32
    assert world.points("shop", "institution") == 0


def test_an_order_over_several_tills_of_which_some_were_swept_is_refunded(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=32)
    first = world.redeem(offer, 20_000, 20).body["id"]
    assert len(world.sweep()) >= min(stripes, 10)
    second = world.redeem(offer, 5_000, 5).body["id"]
    assert world.refund(first).status == 200
    assert world.refund(second).status == 200
    assert world.points() == 10**6
    assert sum(units(world, offer, STRIPES)) == 32
    world.stream()
    assert world.points("shop", "institution") == 0


def test_a_sweep_empties_every_till_and_the_merchants_balance_stays(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=100)
    for _ in range(30):
        world.redeem(offer)
    world.stream()
    assert world.points("shop", "institution") == 30_000
    world.sweep()
    assert world.points("shop", "institution") == 30_000
    assert world.sweep() == []
    world.stream()
    assert world.points("shop", "institution") == 30_000


def test_price_and_shelf_change_on_every_till_at_once(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=100)
    world.patch(f"/v1/offers/{offer}", {"points": 900, "stock_added": 7}, role="institution", sub="shop")
    assert sum(units(world, offer, STRIPES)) == 107
    for _ in range(20):
        refused = world.redeem(offer)
        assert (refused.refused, refused.body["price"]) == ((409, "price_changed"), 900)
    for _ in range(20):
        assert world.redeem(offer, 900).status == 201
    world.patch(f"/v1/offers/{offer}", {"status": "off_shelf"}, role="institution", sub="shop")
    for _ in range(20):
        assert world.redeem(offer, 900).refused == (409, "offer_unavailable")


def test_stock_that_is_added_after_the_sell_out_is_found(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=20)
    for _ in range(20):
        world.redeem(offer)
    assert world.redeem(offer).refused == (409, "sold_out")
    world.patch(f"/v1/offers/{offer}", {"stock_added": 1}, role="institution", sub="shop")
    assert world.redeem(offer).status == 201
    assert world.redeem(offer).refused == (409, "sold_out")


def test_units_that_come_back_by_a_refund_are_found(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=20)
    orders = [world.redeem(offer).body["id"] for _ in range(20)]
    assert world.redeem(offer).refused == (409, "sold_out")
    world.refund(orders[3])
    assert world.redeem(offer).status == 201


def test_the_limit_holds_over_all_tills(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=100, per_account_limit=5)
    for _ in range(5):
        assert world.redeem(offer).status == 201
    assert world.redeem(offer).refused == (409, "limit_reached")


def test_too_few_points_are_said_at_a_busy_offer_too(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=100)
    world.rich("bob", PEOPLE[1], points=500)
    assert world.redeem(offer, sub="bob").refused == (409, "insufficient_points")
    assert world.redeem(offer, 20_000, 20, sub="bob").refused == (409, "insufficient_points")
    assert sum(units(world, offer, STRIPES)) == 100


def test_more_than_was_ever_there_is_sold_out(world: World, stripes: int) -> None:
    offer = world.offer(busy=True, stock=20)
    refused = world.redeem(offer, 21_000, 21)
    assert (refused.refused, refused.body["available"], refused.body["needed"]) == ((409, "sold_out"), 20, 21)
