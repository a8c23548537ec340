"""How a merchant keeps its duties, and who sees it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.supervision.duties.warnings import WARNINGS
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.lists import ORDERS_DUE
from chalicelib.table.write import update
from tests.desk import EXCHANGE, PLANS, Desk, institution
from tests.platforms import platform
from tests.world import CODES, World


def health(world: World, merchant: str, **who: str) -> Any:
    return world.get(f"/v1/merchants/{merchant}/health", **(who or EXCHANGE))


def warnings(world: World, merchant: str) -> list[str]:
    answer = health(world, merchant)
    assert answer.status == 200, answer
    return [each["code"] for each in answer.body["warnings"]]


@pytest.fixture
def mall(world: World) -> str:
    """A merchant with a mall of its own, whose plan commits to 1 000 units."""
    shop = world.institution()
    Desk(world).bring("third_party_mall")
    return shop


def test_a_merchant_of_the_exchange_has_no_duty_in_numbers(world: World) -> None:
    shop = world.merchant()
    answer = health(world, shop, **institution("shop")).body
    assert answer == {
        "merchant": shop,
        "status": "active",
        "suspended_by": [],
        "agreement": {"ends_on": None, "days_left": None},
        "as_of": answer["as_of"],
        "sub_platform_sells": None,
        "stock": {"committed": None, "units": 0, "offers": 0, "more": False, "taken_down": 0},
        "shelf": {"categories": None, "outside": 0, "ended": 0, "sold_out": 0},
        "orders": {"late": 0, "oldest_due": None, "more": False},
        "webhooks": {"integrated": False, "failed_since": None},
        "licence": {"expires_on": None, "days_left": None},
        "warnings": [],
        "delisted_at": None,
        "delisted_for": [],
        "delisted_by_takedown": False,
    }


def test_stock_counts_what_is_on_the_shelf_and_unsold(world: World, mall: str) -> None:
    assert warnings(world, mall) == ["stock_below_commitment"]
    world.offer(stock=600, category="food")
    sold = world.offer(stock=400, category="food")
    assert warnings(world, mall) == []
    world.rich(points=1000)
    world.redeem(sold)
    world.stream()
    assert health(world, mall).body["stock"] == {
        "committed": 1000,
        "units": 999,
        "offers": 2,
        "more": False,
        "taken_down": 0,
    }
    world.patch(f"/v1/offers/{sold}", {"status": "off_shelf"}, **institution("shop"))
    assert health(world, mall).body["stock"]["offers"] == 1
    assert warnings(world, mall) == ["stock_below_commitment"]


def test_late_orders_are_counted_until_they_are_settled(world: World) -> None:
    shop = world.merchant()
    world.merchant("mall", CODES[1])
    world.rich(points=3000)
    mine, late = (world.redeem(world.offer(fulfil_within_days=1)).body["id"] for _ in range(2))
    theirs = world.redeem(world.offer("mall", fulfil_within_days=1)).body["id"]
    world.stream()
    assert warnings(world, shop) == []
    past = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for order in (mine, late, theirs):
        commit([update(keys.due(order), assign={}, listed=ORDERS_DUE.at(f"{past}:{order}"))])
    assert health(world, shop).body["orders"] == {"late": 2, "oldest_due": past, "more": False}
    assert world.fulfil(mine).status == 200
    assert health(world, shop).body["orders"]["late"] == 1
    assert warnings(world, shop) == ["orders_late"]


@pytest.mark.parametrize(
    ("days", "codes"), [(31, []), (30, ["licence_ends_soon"]), (0, ["licence_ends_soon"]), (-1, ["licence_ended"])]
)
def test_a_licence_that_ends_is_warned_of(world: World, mall: str, days: int, codes: list[str]) -> None:
    world.offer(stock=1000, category="food")
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    account = world.item(keys.account(keys.holder(mall))) or {}
    key = keys.application(account["merchant"]["application"])
    documents = (world.item(key) or {})["documents"]
    licence = documents["business_licence"] | {"expires_on": str(today + timedelta(days=days))}
    commit([update(key, assign={"documents": documents | {"business_licence": licence}})])
    assert health(world, mall).body["licence"]["days_left"] == days
    assert warnings(world, mall) == codes


def test_a_category_outside_the_plan_or_the_register_is_warned_of_and_not_refused(world: World, mall: str) -> None:
    outside = world.offer(stock=1000, category="transport")
    assert health(world, mall).body["shelf"]["categories"] == ["food"]
    assert warnings(world, mall) == ["category_outside_plan"]
    world.patch(f"/v1/offers/{outside}", {"status": "off_shelf"}, **institution("shop"))
    old = world.offer(stock=1000, category="food")
    assert warnings(world, mall) == []
    commit([update(keys.offer(old), assign={"category": "of before the register"})])
    assert warnings(world, mall) == ["category_outside_plan"]


def test_a_plan_in_words_binds_to_the_register_alone(world: World) -> None:
    shop = world.institution()
    Desk(world).bring("third_party_mall", plan=PLANS["third_party_mall"] | {"categories": ["food", "各类"]})
    world.offer(stock=1000)
    assert (health(world, shop).body["shelf"]["categories"], warnings(world, shop)) == (None, [])


def test_offers_that_ended_or_are_sold_out_are_to_leave_the_shelf(world: World) -> None:
    shop = world.merchant()
    ended, gone = world.offer(ends_at="2097-01-01T00:00:00Z"), world.offer(stock=1)
    world.offer()
    world.end_offer(ended, "2026-01-01T00:00:00.000Z")
    world.rich()
    assert world.redeem(gone).status == 201
    world.stream()
    assert health(world, shop).body["shelf"] == {"categories": None, "outside": 0, "ended": 1, "sold_out": 1}
    assert warnings(world, shop) == ["offers_stale"]
    for each in (ended, gone):
        world.patch(f"/v1/offers/{each}", {"status": "off_shelf"}, **institution("shop"))
    assert warnings(world, shop) == []


def test_goods_of_an_event_beside_the_mode_are_promised_apart(world: World, mall: str) -> None:
    plan = PLANS["event"] | {"starts_at": "2020-06-01T00:00:00Z", "opens_at": "2020-06-05T02:00:00Z"}
    event = Desk(world).bring("event", plan=plan)
    world.offer(stock=500, category="culture", event=event)
    assert health(world, mall).body["stock"]["units"] == 0
    assert warnings(world, mall) == ["stock_below_commitment"]


def test_a_member_reads_that_its_sub_platform_may_not_sell(world: World) -> None:
    district = platform(world)
    shop = district.member()
    assert (health(world, shop).body["sub_platform_sells"], warnings(world, shop)) == (True, [])
    district.of_operator("suspend")
    assert (health(world, shop).body["sub_platform_sells"], warnings(world, shop)) == (
        False,
        ["sub_platform_suspended"],
    )


def test_a_suspended_merchant_reads_why_nothing_sells(world: World) -> None:
    shop = world.merchant()
    world.post(f"/v1/merchants/{shop}/suspend", {"reason": "x"}, role="exchange", sub="exchange")
    answer = health(world, shop, **institution("shop")).body
    assert (answer["status"], [each["code"] for each in answer["warnings"]]) == ("suspended", ["merchant_suspended"])


def test_the_merchant_its_sub_platform_the_exchange_and_the_auditor_see_it(world: World) -> None:
    world.institution("operator", CODES[1])
    desk = Desk(world)
    desk.bring("sub_platform", sub="operator")
    operator = world.me("operator", "institution")["id"]
    shop = world.institution()
    desk.bring("other", sub_platform=operator)
    world.merchant("rival", CODES[2])
    for who in (institution("shop"), institution("operator"), EXCHANGE, {"role": "auditor", "sub": "auditor"}):
        assert health(world, shop, **who).status == 200, who
    assert health(world, shop, **institution("rival")).refused == (404, "not_found")
    assert health(world, operator, **institution("shop")).refused == (404, "not_found")
    assert health(world, shop, role="individual", sub="shop").refused == (403, "role_not_allowed")
    assert health(world, "nobody").refused == (404, "not_found")


def test_every_warning_says_what_to_do_in_both_languages() -> None:
    assert all(text.en.endswith(".") and text.zh.endswith("。") for text in WARNINGS.values())
