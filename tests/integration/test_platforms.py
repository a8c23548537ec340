"""Sub-platforms: their operators admit merchants within the plan and answer for them; the exchange may veto."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.mall.offers import following
from chalicelib.mall.redemptions.worker import complete_events
from chalicelib.merchants import queries as merchants
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.desk import EXCHANGE, Desk, institution
from tests.numbers import credit_code
from tests.platforms import Platform, planned, platform
from tests.world import World

SHOP = institution("shop")


@pytest.fixture
def district(world: World) -> Platform:
    return platform(world)


def members(district: Platform) -> int:
    account = district.world.item(keys.account(keys.holder(district.id))) or {}
    return int(account.get("members", 0))


@pytest.mark.engine
def test_an_operator_admits_a_merchant_that_sells_at_once(world: World, district: Platform) -> None:
    shop = world.institution()
    admitted = district.admit(shop)
    assert admitted.status == 201
    since, veto_until = admitted.body["since"], admitted.body["veto_until"]
    assert admitted.body == {
        "id": shop, "name": "示例商贸", "mode": "other", "status": "active", "suspended_by": [],
        "admitted_by": "operator", "reason": "of our district", "since": since, "veto_until": veto_until, "until": None,
    }  # fmt: skip
    assert datetime.fromisoformat(veto_until) - datetime.fromisoformat(since) == timedelta(days=5)
    assert world.get(f"/v1/merchants/{shop}").body["sub_platform"] == district.id
    assert {world.offer()} == district.on_shelf()
    assert district.members() == [admitted.body]
    assert members(district) == 1


def test_only_its_operator_admits_and_only_open_accounts_of_institutions(world: World, district: Platform) -> None:
    shop = world.institution()
    world.merchant("rival", credit_code(7))
    for who in (SHOP, institution("rival"), institution("nobody")):
        assert district.admit(shop, **who).refused == (404, "not_found")
    own = world.me("rival", "institution")["id"]
    assert world.post(f"/v1/sub-platforms/{own}/members", {"account": shop}, **institution("rival")).status == 404
    assert district.admit(shop, **EXCHANGE).refused == (403, "role_not_allowed")
    closed = world.institution("left", credit_code(8))
    world.close("left", "institution")
    for account in (closed, world.person(), "nothing"):
        refused = district.admit(account)
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/account"])
    assert district.admit(district.id).refused == (409, "already_merchant")
    assert district.admit(own).refused == (409, "already_merchant")
    assert members(district) == 0


def test_frozen_or_suspended_nobody_is_admitted(world: World, district: Platform) -> None:
    shop, grounds = world.institution(), {"reason": "court order"}
    for frozen in (shop, district.id):
        world.post(f"/v1/accounts/{frozen}/freeze", grounds, **EXCHANGE)
        assert district.admit(shop).refused == (409, "account_frozen")
        world.post(f"/v1/accounts/{frozen}/unfreeze", grounds, **EXCHANGE)
    district.of_operator("suspend")
    refused = district.admit(shop)
    assert (refused.refused, refused.body["state"]) == ((409, "invalid_state"), "suspended")
    district.of_operator("reinstate")
    assert district.admit(shop).status == 201


def test_both_ways_together_never_exceed_the_plan(world: World) -> None:
    district, desk = planned(world, 2), Desk(world)
    waiting = [world.institution(f"shop{number}", credit_code(number)) for number in range(4)]
    first, second = (
        desk.bring("other", "acknowledged", f"shop{number}", sub_platform=district.id) for number in (0, 1)
    )
    assert desk.onward(first, "shop0").status == 200
    assert district.admit(waiting[2]).status == 201
    refused = district.admit(waiting[3])
    assert (refused.refused, refused.body["limit"], refused.body["held"]) == ((409, "limit_reached"), 2, 2)
    assert desk.onward(second, "shop1").refused == (409, "limit_reached")
    assert members(district) == 2
    assert {each["id"]: each["admitted_by"] for each in district.members()} == {
        waiting[0]: "application", waiting[2]: "operator",
    }  # fmt: skip
    assert district.post(f"members/{waiting[2]}/veto", **EXCHANGE).status == 200
    assert desk.onward(second, "shop1").status == 200
    assert members(district) == 2


def test_a_plan_in_words_does_not_bind(world: World) -> None:
    district = planned(world, "every shop of the district")
    for number in range(3):
        district.member(f"shop{number}", number)
    assert members(district) == 3


# suspension


def status(district: Platform, member: str) -> tuple[str, list[str]]:
    [found] = [each for each in district.members() if each["id"] == member]
    return found["status"], found["suspended_by"]


@pytest.mark.parametrize("first", ["operator", "exchange"])
def test_operator_and_exchange_each_lift_only_their_own_suspension(
    world: World, district: Platform, first: str
) -> None:
    shop = district.member()
    offer = world.offer()
    acts = {
        "operator": lambda action: district.post(f"members/{shop}/{action}"),
        "exchange": lambda action: world.post(f"/v1/merchants/{shop}/{action}", {"reason": "why"}, **EXCHANGE),
    }
    other = {"operator": "exchange", "exchange": "operator"}[first]
    for party in (first, other):
        assert acts[party]("reinstate").refused == (409, "invalid_state")
        assert acts[party]("suspend").status == 200
        assert acts[party]("suspend").refused == (409, "invalid_state")
        world.stream()
        assert district.on_shelf() == set()
    assert status(district, shop) == ("suspended", ["exchange", "operator"])
    assert acts[first]("reinstate").status == 200
    assert acts[first]("reinstate").refused == (409, "invalid_state")
    world.stream()
    assert (status(district, shop), district.on_shelf()) == (("suspended", [other]), set())
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "suspended"
    assert acts[other]("reinstate").status == 200
    world.stream()
    assert (status(district, shop), district.on_shelf()) == (("active", []), {offer})


def test_every_step_stands_in_the_history_that_the_member_reads(world: World, district: Platform) -> None:
    shop = district.member()
    district.post(f"members/{shop}/suspend", {"reason": "queues"})
    world.post(f"/v1/merchants/{shop}/suspend", {"reason": "complaints"}, **EXCHANGE)
    district.post(f"members/{shop}/reinstate", {"reason": "settled"})
    district.post(f"members/{shop}/veto", {"reason": "no licence"}, **EXCHANGE)
    path = f"members/{shop}"
    for who in (SHOP, EXCHANGE, {"role": "auditor", "sub": "auditor"}, institution("operator")):
        history = district.get(path, **who).body["history"]
        assert [(each["by_role"], each["action"], each["status"], each["comment"]) for each in history] == [
            ("institution", "admit", "active", "of our district"),
            ("institution", "suspend", "suspended", "queues"),
            ("exchange", "suspend", "suspended", "complaints"),
            ("institution", "reinstate", "suspended", "settled"),
            ("exchange", "veto", "ended", "no licence"),
        ]
    assert district.get(path, **institution("rival")).refused == (404, "not_found")
    for action in ("suspend", "veto"):
        assert district.post(f"{path}/{action}", {}, **(EXCHANGE if action == "veto" else {})).status == 422


@pytest.mark.engine
def test_members_follow_their_operator_and_exactly_what_it_took_down_comes_back(
    world: World, district: Platform
) -> None:
    shop, other = district.member(), district.member("other", 101)
    world.rich(points=5000)
    kept, own = world.offer(), world.offer()
    world.patch(f"/v1/offers/{own}", {"status": "off_shelf"}, **SHOP)
    theirs = world.offer("other", fulfilment="goods")
    of_operator = world.offer("operator")
    district.post(f"members/{other}/suspend")
    world.stream()
    order = world.redeem(kept).body["id"]
    district.of_operator("suspend")
    assert district.on_shelf() == set()
    assert world.redeem(kept).refused == (409, "offer_unavailable")
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "active"
    assert world.fulfil(order).status == 200
    for body in ({"status": "on_shelf"}, {"status": "on_shelf", "points": 5}):
        refused = world.patch(f"/v1/offers/{own}", body, **SHOP)
        assert refused.refused == (409, "invalid_state")
    assert "sub-platform" in refused.body["detail"]
    batch = {
        "offers": [{"sku": "TEA-1", "title": "茶", "description": "茶", "category": "food", "points": 1, "stock": 1}]
    }
    assert world.post("/v1/offer-batches", batch, **SHOP).refused == (409, "invalid_state")
    district.of_operator("reinstate")
    assert district.on_shelf() == {kept, of_operator}
    district.post(f"members/{other}/reinstate")
    world.stream()
    assert district.on_shelf() == {kept, of_operator, theirs}
    assert not [item for item in world.items() if item["pk"]["S"].startswith("shelving:")]


def test_a_frozen_operator_s_members_do_not_sell_either(world: World, district: Platform) -> None:
    district.member()
    offer, grounds = world.offer(), {"reason": "court order"}
    world.post(f"/v1/accounts/{district.id}/freeze", grounds, **EXCHANGE)
    world.stream()
    assert district.on_shelf() == set()
    world.post(f"/v1/accounts/{district.id}/unfreeze", grounds, **EXCHANGE)
    world.stream()
    assert district.on_shelf() == {offer}


@pytest.mark.parametrize(("count", "lost"), [(50, False), (12, True)])
def test_fifty_members_follow_at_once_or_with_the_schedule(
    world: World, district: Platform, count: int, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [district.member(f"shop{number}", number) for number in range(count)]
    offers = {world.offer(f"shop{number}") for number in range(count)}
    assert members(district) == count
    assert sorted(merchants.members(district.id)) == sorted(ids)
    for action, left in (("suspend", set[str]()), ("reinstate", offers)):
        if lost:
            monkeypatch.setattr(following, "SHELVING_SECONDS_MAX", -1)
            district.of_operator(action)
            assert district.on_shelf() == offers - left
            monkeypatch.setattr(following, "SHELVING_SECONDS_MAX", 15)
            for _ in range(2):
                following.shelve_due()
        else:
            district.of_operator(action)  # each stream brings all Records again
        assert district.on_shelf() == left
    assert not [item for item in world.items() if item["pk"]["S"].startswith("shelving:")]
    half = count // 2 + 1
    pages = [district.get("members", limit=half).body]
    pages.append(district.get("members", limit=half, cursor=pages[0]["next_cursor"]).body)
    assert [each["id"] for page in pages for each in page["items"]] == sorted(ids)
    assert pages[1]["next_cursor"] is None


# veto


@pytest.mark.engine
def test_a_vetoed_member_is_no_merchant_and_serves_its_orders(world: World, district: Platform) -> None:
    shop = district.member()
    world.rich(points=3000)
    offer, held = world.offer(), world.offer()
    orders = [world.redeem(offer).body["id"] for _ in range(2)]
    district.post(f"members/{shop}/suspend")
    world.stream()
    vetoed = district.post(f"members/{shop}/veto", {"reason": "no licence"}, **EXCHANGE)
    assert (vetoed.status, vetoed.body["status"], vetoed.body["until"] is not None) == (200, "vetoed", True)
    world.stream()
    assert (district.on_shelf(), members(district)) == (set(), 0)
    assert world.get(f"/v1/merchants/{shop}").body["status"] == "ended"
    assert [world.fulfil(orders[0]).status, world.refund(orders[1]).status] == [200, 200]
    assert world.patch(f"/v1/offers/{held}", {"status": "on_shelf"}, **SHOP).refused == (409, "invalid_state")
    assert district.post(f"members/{shop}/veto", **EXCHANGE).refused == (409, "invalid_state")
    for action in ("suspend", "reinstate"):
        assert district.post(f"members/{shop}/{action}").refused == (409, "invalid_state")
        answer = world.post(f"/v1/merchants/{shop}/{action}", {"reason": "x"}, **EXCHANGE)
        assert answer.refused == (409, "invalid_state")
    assert district.admit(shop).refused == (409, "invalid_state")
    assert members(district) == 0


def test_a_vetoed_member_and_its_operator_learn_why_and_what_can_be_done(world: World, district: Platform) -> None:
    shop = district.member()
    offer = world.offer()
    assert district.post(f"members/{shop}/veto", {"reason": "营业执照存疑"}, **EXCHANGE).status == 200
    world.stream()
    [own] = world.messages("shop", "institution")
    assert (own["kind"], own["about"]) == ("admission_vetoed", {"kind": "merchant", "id": shop})
    assert own["text"].startswith("The exchange vetoed your admission to the sub-platform: 营业执照存疑.")
    assert own["text_zh"].startswith("上海环交所已否决您入驻分平台：营业执照存疑。")
    [above] = [each for each in world.messages("operator", "institution") if each["kind"] == "admission_vetoed"]
    assert "Its place in your plan is free again." in above["text"]
    refused = world.patch(f"/v1/offers/{offer}", {"status": "on_shelf"}, **SHOP)
    assert (refused.refused, "营业执照存疑" in refused.body["detail"]) == ((409, "invalid_state"), True)
    again = district.admit(shop)
    assert (again.refused, "vetoed this institution" in again.body["detail"]) == ((409, "invalid_state"), True)


def test_a_vetoed_member_may_come_back_by_application_without_its_old_offers(world: World, district: Platform) -> None:
    shop = district.member()
    old = world.offer()
    district.post(f"members/{shop}/veto", **EXCHANGE)
    world.stream()
    Desk(world).bring("other", sub_platform=district.id)
    assert (status(district, shop), members(district)) == (("active", []), 1)
    for action in ("suspend", "reinstate"):
        district.post(f"members/{shop}/{action}")
        world.stream()
    assert district.on_shelf() == set()
    assert world.patch(f"/v1/offers/{old}", {"status": "on_shelf"}, **SHOP).status == 200
    assert district.post(f"members/{shop}/veto", **EXCHANGE).refused == (409, "invalid_state")


def test_a_vetoed_member_may_close_its_account_once_it_has_served_all(world: World, district: Platform) -> None:
    shop = district.member()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    district.post(f"members/{shop}/veto", **EXCHANGE)
    world.stream()
    later = datetime.now(UTC) + timedelta(hours=1)
    complete_events(later)
    assert world.close("shop", "institution").status == 409
    assert world.refund(order).status == 200
    complete_events(later)
    assert world.close("shop", "institution").status == 200


def test_after_its_days_there_is_no_veto(world: World, district: Platform) -> None:
    shop = district.member()
    commit([update(keys.member(district.id, shop), assign={"veto_until": "2026-01-01T00:00:00.000Z"})])
    refused = district.post(f"members/{shop}/veto", **EXCHANGE)
    assert (refused.refused, refused.body["veto_until"]) == ((409, "invalid_state"), "2026-01-01T00:00:00.000Z")
    assert status(district, shop) == ("active", [])


def test_an_event_gives_its_place_back_when_it_is_over(world: World) -> None:
    district, desk = planned(world, 1), Desk(world)
    world.institution()
    desk.bring("event", sub_platform=district.id)
    shop, other = world.me("shop", "institution")["id"], world.institution("other", credit_code(5))
    assert district.admit(other).refused == (409, "limit_reached")
    account = world.item(keys.account(keys.holder(shop))) or {}
    merchant = account["merchant"] | {"event": account["merchant"]["event"] | {"ends_at": "2026-01-01T00:00:00.000Z"}}
    commit([update(keys.account(keys.holder(shop)), assign={"merchant": merchant})])
    assert desk.apply("other").refused == (409, "already_merchant")
    complete_events(datetime.now(UTC))
    complete_events(datetime.now(UTC))
    assert members(district) == 0
    assert [each["status"] for each in district.members()] == ["ended"]
    assert district.admit(other).status == 201
    assert desk.apply("other").status == 201


# offers


def test_an_offer_that_was_taken_down_comes_back_once_it_is_allowed(world: World, district: Platform) -> None:
    shop = district.member()
    offer = world.offer()

    def to_shelf() -> Any:
        return world.patch(f"/v1/offers/{offer}", {"status": "on_shelf"}, **SHOP)

    taken = district.post(f"offers/{offer}/take-down", {"reason": "out of date"})
    assert (taken.status, taken.body["status"], taken.body["taken_down"]) == (200, "off_shelf", True)
    refused = to_shelf()
    assert (refused.refused, refused.body["reason"]) == ((409, "invalid_state"), "out of date")
    assert world.patch(f"/v1/offers/{offer}", {"points": 5}, **SHOP).status == 200
    assert district.post(f"offers/{offer}/take-down").refused == (409, "invalid_state")
    for action in ("suspend", "reinstate"):
        district.of_operator(action)
    assert district.on_shelf() == set()
    allowed = district.post(f"offers/{offer}/allow", {"reason": "renewed"}, **EXCHANGE)
    assert (allowed.status, allowed.body["status"], allowed.body["taken_down"]) == (200, "off_shelf", False)
    assert district.post(f"offers/{offer}/allow").refused == (409, "invalid_state")
    assert to_shelf().status == 200
    assert district.on_shelf() == {offer}
    history = district.get(f"members/{shop}").body["history"]
    assert [each["comment"] for each in history[1:]] == [f"{offer}: out of date", f"{offer}: renewed"]


def test_what_suspension_holds_back_can_be_taken_down_too(world: World, district: Platform) -> None:
    shop = district.member()
    offer = world.offer()
    district.post(f"members/{shop}/suspend")
    world.stream()
    assert district.post(f"offers/{offer}/take-down").status == 200
    district.post(f"members/{shop}/reinstate")
    world.stream()
    assert district.on_shelf() == set()


def test_nobody_takes_down_what_is_not_beneath_it(world: World, district: Platform) -> None:
    district.member("other", 3)
    world.merchant()
    foreign, own = world.offer(), world.offer("other")
    for offer, who in ((foreign, {}), ("nothing", {}), (own, SHOP), (own, institution("other"))):
        assert district.post(f"offers/{offer}/take-down", **who).refused == (404, "not_found")
    other = world.me("other", "institution")["id"]
    district.post(f"members/{other}/veto", **EXCHANGE)
    assert district.post(f"offers/{own}/take-down").refused == (404, "not_found")
