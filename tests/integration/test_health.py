"""How a merchant keeps its duties, and who sees it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.supervision.duties import WARNINGS
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.lists import ORDERS_DUE, Listing
from chalicelib.table.write import update
from tests.desk import EXCHANGE, Desk, institution
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
        "stock": {"committed": None, "units": 0, "offers": 0, "more": False},
        "orders": {"late": 0, "oldest_due": None, "more": False},
        "webhooks": {"integrated": False, "failed_since": None},
        "licence": {"expires_on": None, "days_left": None},
        "warnings": [],
    }


def test_stock_counts_what_is_on_the_shelf_and_unsold(world: World, mall: str) -> None:
    assert warnings(world, mall) == ["stock_below_commitment"]
    world.offer(stock=600)
    sold = world.offer(stock=400)
    assert warnings(world, mall) == []
    world.rich(points=1000)
    world.redeem(sold)
    world.stream()
    assert health(world, mall).body["stock"] == {"committed": 1000, "units": 999, "offers": 2, "more": False}
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
        commit([update(keys.due(order), assign={}, listed=Listing(ORDERS_DUE, f"{past}:{order}"))])
    assert health(world, shop).body["orders"] == {"late": 2, "oldest_due": past, "more": False}
    assert world.fulfil(mine).status == 200
    assert health(world, shop).body["orders"]["late"] == 1
    assert warnings(world, shop) == ["orders_late"]


@pytest.mark.parametrize(
    ("days", "codes"), [(31, []), (30, ["licence_ends_soon"]), (0, ["licence_ends_soon"]), (-1, ["licence_ended"])]
)
def test_a_licence_that_ends_is_warned_of(world: World, mall: str, days: int, codes: list[str]) -> None:
    world.offer(stock=1000)
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    account = world.item(keys.account(keys.holder(mall))) or {}
    key = keys.application(account["merchant"]["application"])
    documents = (world.item(key) or {})["documents"]
    licence = documents["business_licence"] | {"expires_on": str(today + timedelta(days=days))}
    commit([update(key, assign={"documents": documents | {"business_licence": licence}})])
    assert health(world, mall).body["licence"]["days_left"] == days
    assert warnings(world, mall) == codes


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
