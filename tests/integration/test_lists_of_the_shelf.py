"""An offer is in the list of its category while it is on the shelf; what is off or over is its merchant's to see."""

from typing import Any

import pytest

from chalicelib.mall.categories import lane, lanes
from chalicelib.mall.redemptions.sweeping import sweep_tills
from chalicelib.table import keys, lists, read
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import update
from tests.world import World

SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
PAST = "2026-01-01T00:00:00.000Z"


def shelf(world: World, limit: int = 100, **params: Any) -> list[str]:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/offers", limit=limit, **params, **cursor).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def stands(world: World, offer: str) -> tuple[str, str]:
    """The lists of an offer and of its merchant's pointer."""
    item = world.item(keys.offer(offer)) or {}
    return item["list"], (world.item(keys.shop(item["merchant"], offer)) or {})["list"]


def as_before(world: World, offer: str) -> None:
    """It stands where every offer stood until 2026-11-27, whatever its state."""
    item = world.item(keys.offer(offer)) or {}
    pointer = keys.shop(item["merchant"], offer)
    rank = (world.item(pointer) or {})["rank"]
    commit(
        [
            update(keys.offer(offer), listed=Listing(lists.OFFERS, item["rank"])),
            update(pointer, listed=Listing(lists.OFFERS_BY_POINTS, rank)),
        ]
    )


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_categories_are_merged_in_order_with_what_is_listed_from_before(world: World, limit: int) -> None:
    world.merchant()
    categories = ["food", "transport", "travel", "food", "goods", "food"]
    ids = [world.offer(category=each, points=1000 - number) for number, each in enumerate(categories)]
    for id in (ids[1], ids[3]):
        as_before(world, id)
    assert shelf(world, limit) == shelf(world, limit, sort="points") == ids[::-1]
    food = [id for id, category in zip(ids, categories, strict=True) if category == "food"]
    assert shelf(world, limit, category="food") == shelf(world, limit, category="food", sort="points") == food[::-1]


def test_an_offer_leaves_the_list_with_the_shelf_and_comes_back_to_its_place(world: World) -> None:
    world.merchant()
    first, second, third = (world.offer() for _ in range(3))
    as_before(world, first)
    for offer in (first, second):
        for status, name in (("off_shelf", lists.OFFERS_OFF), ("on_shelf", "offers/transport")):
            assert world.patch(f"/v1/offers/{offer}", {"status": status}, **SHOP).status == 200
            assert stands(world, offer)[0] == name
            assert shelf(world, status="all", **SHOP) == [third, second, first]
    assert shelf(world) == [third, second, first]


def test_offers_follow_their_merchant_off_the_list_and_back(world: World) -> None:
    merchant = world.merchant()
    offer = world.offer()
    for action, names in (("suspend", (lists.OFFERS_OFF, [])), ("reinstate", ("offers/transport", [offer]))):
        body = {"reason": "letter"}
        assert world.post(f"/v1/merchants/{merchant}/{action}", body, role="exchange", sub="exchange").status == 200
        world.stream()
        assert (stands(world, offer)[0], shelf(world)) == names


@pytest.mark.parametrize("before", [False, True])
def test_what_is_over_leaves_and_stays_its_merchants_to_see(world: World, before: bool) -> None:
    world.merchant()
    world.rich()
    over, living, off = world.offer(), world.offer(), world.offer()
    assert world.redeem(over).status == 201
    assert world.patch(f"/v1/offers/{off}", {"status": "off_shelf"}, **SHOP).status == 200
    if before:
        for offer in (over, living, off):
            as_before(world, offer)
    world.end_offer(over, PAST)
    assert shelf(world) == shelf(world, sort="points") == [living]
    sweep_tills()
    assert stands(world, over) == (lists.OFFERS_OFF, lists.OFFERS_ENDED_BY_POINTS)
    assert stands(world, living) == ("offers/transport", "offers-by-points/transport")
    assert stands(world, off) == (lists.OFFERS_OFF, "offers-by-points/transport")
    assert world.points("shop", "institution") == 1000  # what its till held has come to its merchant
    assert shelf(world) == shelf(world, sort="points") == [living]
    assert shelf(world, status="all", **SHOP) == [off, living, over]
    assert sorted(shelf(world, status="all", sort="points", **SHOP)) == sorted([off, living, over])
    assert list(read.places(lists.OFFERS)) == list(read.places(lists.OFFERS_BY_POINTS)) == []
    assert world.patch(f"/v1/offers/{over}", {"points": 900}, **SHOP).status == 200
    assert stands(world, over) == (lists.OFFERS_OFF, lists.OFFERS_ENDED_BY_POINTS)  # a new price brings nothing back
    moved = dict(world.store.items)
    sweep_tills()  # there is nothing more to do
    assert {place: item.get("list") for place, item in moved.items()} == {
        place: item.get("list") for place, item in world.store.items.items()
    }


def test_a_category_from_before_the_register_has_a_list_too(world: World) -> None:
    world.merchant()
    offer = world.offer()
    commit([update(keys.offer(offer), assign={"category": "spa"})])
    as_before(world, offer)
    sweep_tills()
    assert stands(world, offer) == ("offers/other", "offers-by-points/other")
    assert shelf(world) == [offer]
    assert lane(lists.OFFERS, "spa") in lanes(lists.OFFERS)
