"""What the operator of a sub-platform sees of its members' business: orders without people, and sums by month."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.platforms import orders, report
from chalicelib.statistics import model
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.desk import EXCHANGE, institution
from tests.platforms import Platform, platform
from tests.world import World

AUDITOR = {"role": "auditor", "sub": "auditor"}
READERS: tuple[dict[str, str], ...] = ({}, EXCHANGE, AUDITOR)  # the operator first


@pytest.fixture
def district(world: World) -> Platform:
    """Two members that sold two and one, and a merchant of its own that sold one."""
    found = platform(world)
    world.rich(points=7000)
    found.member("shop", 1)
    found.member("mall", 2)
    world.merchant("rival", "9144030071526726XG")
    offers = {sub: world.offer(sub) for sub in ("shop", "mall", "rival")}
    for sub in ("shop", "mall", "rival", "shop"):
        assert world.redeem(offers[sub]).status == 201
    world.stream()
    return found


def ids(world: World, *subs: str) -> list[str]:
    """The orders of these merchants, newest first."""
    accounts = {world.me(sub, "institution")["id"] for sub in subs}
    own = world.get("/v1/redemptions", role="individual", sub="alice").body["items"]
    return [each["id"] for each in own if each["merchant"] in accounts]


def listed(district: Platform, **asked: Any) -> list[str]:
    answer = district.get("orders", **asked)
    assert answer.status == 200, answer
    return [each["id"] for each in answer.body["items"]]


@pytest.mark.engine
def test_orders_of_all_members_come_newest_first_without_people(world: World, district: Platform) -> None:
    expected = ids(world, "shop", "mall")
    assert len(expected) == 3
    for who in READERS:
        assert listed(district, **who) == expected
    world.fulfil(expected[0])
    answer = district.get("orders")
    text = json.dumps(answer.body)
    assert (world.me()["id"] in text, "SH-1" in text, "voucher" in answer.body["items"][0]) == (False, False, False)


def test_orders_are_filtered_and_paged(world: World, district: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, shop = ids(world, "shop", "mall"), world.me("shop", "institution")["id"]
    fulfilled = ids(world, "shop")[0]
    assert world.fulfil(fulfilled).status == 200
    placed = [each for each in expected if each != fulfilled]
    assert listed(district, status="fulfilled") == [fulfilled]
    assert listed(district, status="placed") == placed
    assert listed(district, merchant=shop) == ids(world, "shop")
    before = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert listed(district, until=before) == []
    assert listed(district, **{"from": before}) == expected
    for limit in (1, 2, 3):
        assert paged(district, limit=limit) == expected
    monkeypatch.setattr(orders, "STEP", 1)
    monkeypatch.setattr(orders, "SCANNED_MAX", 1)
    assert paged(district, status="placed", limit=1) == placed


def paged(district: Platform, **asked: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = district.get("orders", **asked).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = page["next_cursor"]


def test_only_the_time_of_the_membership_is_seen(world: World, district: Platform) -> None:
    shop = world.me("shop", "institution")["id"]
    expected = ids(world, "shop", "mall")
    assert district.post(f"members/{shop}/veto", **EXCHANGE).status == 200
    assert listed(district) == expected
    past = {"since": "2026-01-01T00:00:00.000Z", "until": "2026-01-02T00:00:00.000Z"}
    commit([update(keys.member(district.id, shop), assign=past)])
    assert listed(district) == ids(world, "mall")
    assert listed(district, merchant=shop) == []


def test_others_see_nothing(world: World, district: Platform) -> None:
    rival = world.me("rival", "institution")["id"]
    asked: dict[str, dict[str, str]] = {"orders": {}, "members": {}}
    asked["report"] = {"month": model.month(datetime.now(UTC))}
    for path, params in asked.items():
        for sub in ("shop", "rival"):
            assert district.get(path, **institution(sub), **params).refused == (404, "not_found")
        for id in (rival, "nobody"):
            answer = world.get(f"/v1/sub-platforms/{id}/{path}", **EXCHANGE, **params)
            assert answer.refused == (404, "not_found")
    assert district.get("orders", merchant=rival).refused == (404, "not_found")


# the month


def test_a_month_that_is_not_closed_is_refused(district: Platform) -> None:
    month = model.month(datetime.now(UTC))
    assert district.get("report", month=month).refused == (409, "month_not_closed")
    for wrong in ("2026-13", "x"):
        assert district.get("report", month=wrong).pointers == ["/month"]


def test_a_closed_month_is_summed_by_member(world: World, district: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    month = model.month(datetime.now(UTC))
    world.refund(ids(world, "mall")[0], sub="mall")
    world.stream()
    monkeypatch.setattr(report, "closed", lambda *_: None)
    shop, mall = (world.me(sub, "institution")["id"] for sub in ("shop", "mall"))
    for who in READERS:
        answer = district.get("report", month=month, **who).body
        sums = {each["merchant"]: each for each in answer["members"]}
        assert set(sums) == {shop, mall}
        assert (sums[shop]["orders"], sums[shop]["redeemed_points"], sums[shop]["refunded_points"]) == (2, 2000, 0)
        assert (sums[mall]["orders"], sums[mall]["redeemed_points"], sums[mall]["refunded_points"]) == (1, 1000, 1000)
        assert (answer["orders"], answer["redeemed_points"], answer["refunded_points"]) == (3, 3000, 1000)
    text = district.get("report", month=month, headers={"Accept": "text/csv"}).body.decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {(each["merchant"], each["orders"]) for each in rows} == {(shop, "2"), (mall, "1")}


def test_a_past_month_without_members_is_empty(district: Platform) -> None:
    answer = district.get("report", month="2024-01").body
    assert (answer["members"], answer["orders"]) == ([], 0)
