"""A duty that is not kept for too long takes a merchant's offers off the shelf, once; they come back when it is met."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.settings import settings
from chalicelib.supervision.duties import actions, worker
from chalicelib.table import keys
from tests.desk import EXCHANGE, Desk, institution
from tests.numbers import credit_code
from tests.platforms import AS_OPERATOR, platform
from tests.world import World

SHOP = institution("shop")
NOW = datetime.now(UTC)


def look(days: int = 0) -> None:
    """The schedule fires, so many days from now."""
    worker.look_daily(NOW + timedelta(days=days))
    worker.delist_due(NOW + timedelta(days=days))


@pytest.fixture
def mall(world: World) -> str:
    """A merchant that commits to 1 000 units and has 100."""
    shop = world.institution()
    Desk(world).bring("third_party_mall")
    world.offer(stock=100, category="food")
    return shop


def health(world: World, merchant: str) -> Any:
    return world.get(f"/v1/merchants/{merchant}/health", **SHOP).body


def delistings(world: World) -> list[dict[str, Any]]:
    return [each for each in world.records() if each["kind"] == "merchant_delisted"]


def relist(world: World, merchant: str, **who: str) -> Any:
    return world.post(f"/v1/merchants/{merchant}/relist", {}, **(who or SHOP))


@pytest.fixture
def out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the schedule is real, and a Decision's too: so let the days be none."""
    monkeypatch.setattr(actions, "lasting", lambda known, _: dict(known.since))


def test_the_daily_look_remembers_since_when_and_delists_nobody_before_its_time(world: World, mall: str) -> None:
    world.merchant("other", credit_code(7))
    [before] = health(world, mall)["warnings"]
    assert (before["code"], before["since"]) == ("stock_below_commitment", None)
    look()
    [warning] = health(world, mall)["warnings"]
    since = datetime.fromisoformat(warning["since"])
    assert datetime.fromisoformat(warning["delists_at"]) - since == timedelta(days=14)
    look(13)
    assert (delistings(world), health(world, mall)["warnings"]) == ([], [warning])
    assert world.item(keys.duties(keys.account_id("other"))) is None, "no warning, no item"


def test_offers_leave_the_shelf_once_with_history_and_webhook_and_come_back_once_it_is_met(
    world: World, mall: str, out_of_time: None
) -> None:
    [offer] = world.get("/v1/offers").body["items"]
    look()
    for _ in range(2):
        look(14)
        world.stream()
    [record] = delistings(world)
    assert record["merchant"] == mall
    assert world.get("/v1/offers").body["items"] == []
    seen = health(world, mall)
    assert (seen["suspended_by"], seen["delisted_for"]) == (["duty"], ["stock_below_commitment"])
    application = (world.item(keys.account(keys.holder(mall))) or {})["merchant"]["application"]
    line = world.get(f"/v1/applications/{application}", **SHOP).body["history"][-1]
    assert (line["action"], line["by_role"]) == ("suspend", "system")
    assert "stock_below_commitment" not in line["comment"], "people read words, not codes"
    for words in ("自 20", "在架库存低于承诺数量", "Duties not met since 20", "stock below the commitment"):
        assert words in line["comment"]
    deliveries = world.get("/v1/webhook-deliveries", status="pending", **SHOP).body["items"]
    assert [each["type"] for each in deliveries] == ["merchant.delisted"]
    refused = relist(world, mall)
    assert (refused.refused, refused.body["duties"]) == ((409, "invalid_state"), "stock_below_commitment")
    assert "duties that are not met yet: stock below the commitment." in refused.body["detail"]
    assert relist(world, mall, **institution("rival")).refused == (404, "not_found")
    assert world.patch(f"/v1/offers/{offer['id']}", {"stock_added": 900}, **SHOP).status == 200
    back = relist(world, mall)
    assert (back.status, back.body["status"]) == (200, "active")
    world.stream()
    assert [each["id"] for each in world.get("/v1/offers").body["items"]] == [offer["id"]]
    assert health(world, mall)["delisted_at"] is None
    look(28)
    assert len(delistings(world)) == 1


def test_the_exchange_lifts_it_before_and_the_days_begin_again(world: World, mall: str, out_of_time: None) -> None:
    look()
    look(14)
    assert relist(world, mall, **EXCHANGE).status == 200
    [warning] = health(world, mall)["warnings"]
    assert warning["since"]
    look(28)
    assert len(delistings(world)) == 2


def test_who_may_not_sell_anyway_is_not_delisted(world: World, mall: str, out_of_time: None) -> None:
    look()
    world.post(f"/v1/merchants/{mall}/suspend", {"reason": "r"}, **EXCHANGE)
    look(14)
    assert delistings(world) == []
    assert relist(world, mall).refused == (409, "invalid_state")


def test_each_merchant_is_looked_at_once_a_day_and_a_look_continues_where_it_stopped(
    world: World, mall: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.merchant(f"shop-{number}", credit_code(10 + number))
    seen: list[str] = []
    monkeypatch.setattr(worker, "measure", lambda merchant, now: seen.append(merchant))
    monkeypatch.setattr(worker, "TOGETHER", 2)
    ticks = iter(range(0, 1000, 15))
    monkeypatch.setattr("chalicelib.supervision.duties.worker.time.monotonic", lambda: next(ticks))
    for _ in range(6):
        worker.look_daily(NOW)
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 4
    worker.look_daily(NOW + timedelta(days=1))
    assert len(seen) > 4


def waiting(world: World, **asked: Any) -> list[tuple[str, str, str]]:
    found = world.get("/v1/worklist", **EXCHANGE, **asked).body["items"]
    return [(each["state"], each["actor"], each["path"]) for each in found if each["kind"] == "duty"]


def test_the_worklist_shows_what_is_not_kept_and_who_must_act(
    world: World, mall: str, out_of_time: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/v1/merchants/{mall}/health"
    assert waiting(world) == []
    look()
    assert waiting(world) == waiting(world, actor="institution") == [("unmet", "institution", path)]
    look(14)
    assert waiting(world) == [("delisted", "institution", path)]
    monkeypatch.setenv("DELIST_DAYS", "0")
    settings.cache_clear()
    assert waiting(world) == waiting(world, actor="exchange") == [("delisted", "exchange", path)]
    settings.cache_clear()
    assert relist(world, mall, **EXCHANGE).status == 200
    assert waiting(world) == [("unmet", "institution", path)]


def test_the_operator_relists_a_member_whose_stock_only_its_own_takedown_made_short(
    world: World, out_of_time: None
) -> None:
    district = platform(world)
    shop = world.institution()
    Desk(world).bring("third_party_mall", sub_platform=district.id)
    offer = world.offer(stock=1000, category="food")
    look()
    assert health(world, shop)["warnings"] == []
    assert district.post(f"offers/{offer}/take-down").status == 200
    look(1)
    look(15)
    seen = health(world, shop)
    assert (seen["stock"]["units"], seen["stock"]["taken_down"], seen["delisted_by_takedown"]) == (0, 1000, True)
    assert relist(world, shop).refused == (409, "invalid_state"), "the merchant has to meet the duty"
    back = relist(world, shop, **AS_OPERATOR)
    assert (back.status, back.body["status"]) == (200, "active")
    lines = district.get(f"members/{shop}").body["history"]
    assert (lines[-1]["action"], lines[-1]["by_role"]) == ("reinstate", "institution")


def test_the_operator_does_not_relist_a_member_that_was_delisted_for_another_reason(
    world: World, out_of_time: None
) -> None:
    district = platform(world)
    shop = world.institution()
    Desk(world).bring("third_party_mall", sub_platform=district.id)
    world.offer(stock=100, category="food")
    look()
    look(14)
    refused = relist(world, shop, **AS_OPERATOR)
    assert (refused.refused, refused.body["duties"]) == ((409, "invalid_state"), "stock_below_commitment")
    assert health(world, shop)["delisted_by_takedown"] is False
