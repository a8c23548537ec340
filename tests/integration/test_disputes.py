"""Disputes: of an order, a hold, a reduction; opened, answered, ruled, withdrawn; and what each party sees of them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.disputes.items import EACH_MAX
from chalicelib.holds.worker import expire_due
from chalicelib.kernel.fields import stamp
from chalicelib.reports import queries as reports
from chalicelib.statistics import model as statistics
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import books, consents
from tests.disputes import (
    ALICE,
    AUDITOR,
    BUREAU,
    EXCHANGE,
    PATH,
    REPORTER,
    SHOP,
    answered,
    captured,
    dispute,
    held,
    listed,
    opened,
    order,
    reply,
    rule,
    run_out,
    seen,
    trip,
    withdraw,
)
from tests.integration.test_export import export
from tests.world import CODES, PEOPLE, World

NOT_FOUND = (404, "not_found")


# orders


@pytest.mark.engine
@pytest.mark.parametrize("fulfilled", [False, True])
@pytest.mark.parametrize("swept", [False, True])
def test_an_order_that_is_upheld_is_refunded_whole_at_once(world: World, fulfilled: bool, swept: bool) -> None:
    id = order(world)
    if fulfilled:
        assert world.fulfil(id).status == 200
    if swept:
        world.sweep()
    claimed = answered(world, "redemption", id)
    ruling = rule(world, claimed)
    assert ruling.status == 200, ruling
    assert (ruling.body["status"], ruling.body["effect"], ruling.body["refunded_points"]) == (
        "upheld", "redemption_refunded", 1000,
    )  # fmt: skip
    assert (ruling.body["redemption"]["status"], ruling.body["redemption"]["voucher"]) == ("refunded", None)
    assert world.points() == 1000
    found = world.get(f"/v1/redemptions/{id}", **ALICE).body
    assert (found["status"], found["reason"]) == ("refunded", "争议裁定 (ruled in a dispute)")
    [line] = [each for each in world.entries() if each["kind"] == "refund"]
    assert (line["points"], line["reference"]) == (1000, id)
    books.check(world)
    world.stream()
    assert seen(world, claimed)["status"] == "upheld"
    kinds = [each["kind"] for each in world.get("/v1/messages", **ALICE).body["items"]]
    assert (kinds.count("dispute_ruled"), kinds.count("dispute_answered")) == (1, 1)


def test_a_dismissed_dispute_changes_nothing_and_is_final_for_this_one(world: World) -> None:
    id = order(world)
    claimed = answered(world, "redemption", id)
    ruling = rule(world, claimed, "dismiss")
    assert (ruling.body["status"], ruling.body["redemption"], ruling.body["effect"]) == ("dismissed", None, None)
    assert world.points() == 0
    for again in (rule(world, claimed), withdraw(world, claimed), reply(world, claimed)):
        assert again.refused == (409, "invalid_state")
    assert world.refund(id).status == 200


def test_a_ruling_that_cannot_be_paid_is_not_made_and_the_dispute_waits(world: World) -> None:
    id = order(world)
    claimed = answered(world, "redemption", id)
    assert world.fulfil(id).status == 200
    assert world.close().status == 200
    assert rule(world, claimed).refused == (409, "account_closed")
    assert seen(world, claimed, **EXCHANGE)["status"] == "awaiting_ruling"
    world.person()
    assert rule(world, claimed).status == 200
    assert world.points() == 1000


def test_the_exchange_rules_though_the_merchant_is_frozen(world: World) -> None:
    claimed = answered(world, "redemption", order(world))
    merchant = keys.account_id("shop")
    assert world.post(f"/v1/accounts/{merchant}/freeze", {"reason": "court"}, **EXCHANGE).status == 200
    assert rule(world, claimed).status == 200
    assert world.points() == 1000


@pytest.mark.engine
def test_a_merchant_may_refund_by_itself_and_the_dispute_ends_by_itself(world: World) -> None:
    id = order(world)
    claimed = answered(world, "redemption", id)
    assert world.refund(id).status == 200
    assert rule(world, claimed).refused == (409, "already_refunded")
    world.stream()
    world.stream()
    found = seen(world, claimed)
    assert (found["status"], found["effect"], found["refunded_points"]) == ("resolved", None, 0)
    assert world.points() == 1000
    assert rule(world, claimed).refused == (409, "invalid_state")
    assert dispute(world, "redemption", id).refused == (409, "invalid_state")


def test_an_order_that_is_cancelled_or_late_ends_its_dispute_too(world: World) -> None:
    id = order(world, cancellable_minutes=5)
    claimed = opened(world, "redemption", id)
    assert world.post(f"/v1/redemptions/{id}/cancel", **ALICE).status == 200
    world.stream()
    assert seen(world, claimed)["status"] == "resolved"


def test_there_is_one_dispute_at_a_time_and_not_too_many(world: World) -> None:
    id = order(world)
    for _ in range(EACH_MAX):
        claimed = opened(world, "redemption", id)
        second = dispute(world, "redemption", id)
        assert (second.refused, second.body["dispute"]) == ((409, "dispute_open"), claimed)
        assert withdraw(world, claimed).body["status"] == "withdrawn"
    assert dispute(world, "redemption", id).refused == (409, "limit_reached")


def test_nothing_is_ruled_before_the_other_party_answers_or_its_time_is_over(world: World) -> None:
    claimed = opened(world, "redemption", order(world))
    early = rule(world, claimed)
    assert early.refused == (409, "invalid_state")
    assert early.body["answer_by"] == seen(world, claimed)["answer_by"]
    run_out(world, claimed)
    assert rule(world, claimed).status == 200
    assert reply(world, claimed).refused == (409, "invalid_state")


def test_deadlines_are_answered_and_published(world: World) -> None:
    found = seen(world, opened(world, "redemption", order(world)))
    days = [
        (datetime.fromisoformat(found[name]) - datetime.fromisoformat(found["opened_at"])).days
        for name in ("answer_by", "rule_by")
    ]
    assert days == [7, 22]
    schema = world.get("/openapi.json").body["components"]["schemas"]
    described = {name: schema["Dispute"]["properties"][name]["description"] for name in ("answer_by", "rule_by")}
    assert described["answer_by"].startswith("7 days")
    assert described["rule_by"].startswith("15 days")
    assert "未收到商品或服务" in schema["NewDispute"]["properties"]["reason"]["description"]


def test_what_is_too_old_or_not_hers_is_not_disputed(world: World) -> None:
    id = order(world)
    world.person("bob", PEOPLE[1])
    for kind, object in (("redemption", id), ("redemption", "x"), ("hold", id), ("reduction", id)):
        who = {"role": "individual", "sub": "bob"}
        refused = dispute(world, kind, object, who=who)
        assert refused.refused == NOT_FOUND, kind
        assert refused.body["errors"][0]["pointer"] == "/object"
    wrong = dispute(world, "redemption", id, reason="wrong_quantity")
    assert (wrong.status, wrong.pointers) == (422, ["/reason"])


# holds


@pytest.mark.engine
def test_a_hold_that_is_upheld_is_released(world: World) -> None:
    id = held(world)
    claimed = answered(world, "hold", id)
    ruling = rule(world, claimed)
    assert (ruling.body["effect"], ruling.body["hold"]["status"], ruling.body["refunded_points"]) == (
        "hold_released", "released", 400,
    )  # fmt: skip
    assert world.me()["balances"] | {"grams": 0} == {"points": 1000, "grams": 0, "held_points": 0}
    assert consents.capture(world, id).refused == (409, "invalid_state")
    assert world.post(f"/v1/holds/{id}/release", **EXCHANGE).refused == (403, "role_not_allowed")
    books.check(world)


def test_of_a_captured_hold_a_part_or_the_rest_goes_back(world: World) -> None:
    id = captured(world, 300)
    first = answered(world, "hold", id)
    assert rule(world, first, points=301).pointers == ["/points"]
    assert rule(world, first, points=100).body["refunded_points"] == 100
    assert consents.refund(world, id, 50).status == 200
    world.stream()
    second = answered(world, "hold", id)
    assert rule(world, second).body["refunded_points"] == 150
    assert world.points() == 1000
    assert dispute(world, "hold", id).refused == (409, "invalid_state")
    books.check(world)


@pytest.mark.parametrize("way", ["release", "expire", "refund"])
def test_a_hold_that_is_given_back_ends_its_dispute(world: World, way: str) -> None:
    id = captured(world, 300) if way == "refund" else held(world)
    claimed = opened(world, "hold", id)
    if way == "release":
        assert consents.release(world, id).status == 200
    elif way == "expire":
        consents.age_hold(world, id, "2020-01-01T00:00:00.000Z")
        assert expire_due(datetime.now(UTC)) == 1
    else:
        assert consents.refund(world, id, 100).status == 200
        world.stream()
        assert seen(world, claimed)["status"] == "awaiting_answer"
        assert consents.refund(world, id, 200).status == 200
    world.stream()
    assert seen(world, claimed)["status"] == "resolved"


# reductions


@pytest.mark.engine
def test_the_bureau_confirms_or_rejects_a_disputed_reduction(world: World) -> None:
    id = trip(world, "manual")
    claimed = answered(world, "reduction", id, **REPORTER)
    assert rule(world, claimed, step="confirm").refused == (403, "role_not_allowed")
    ruling = rule(world, claimed, who=BUREAU, step="confirm")
    assert (ruling.body["effect"], ruling.body["reduction"]["points"]) == ("reduction_confirmed", 710)
    assert (ruling.body["merchant"], ruling.body["refunded_points"]) == (None, 0)
    assert world.points() == 710
    books.check(world)


def test_the_bureau_reverses_a_disputed_reduction(world: World) -> None:
    claimed = answered(world, "reduction", trip(world), **REPORTER)
    assert rule(world, claimed, who=BUREAU, step="reverse").pointers == ["/evidence_sha256"]
    ruling = rule(world, claimed, who=BUREAU, step="reverse", evidence_sha256="A" * 64)
    assert (ruling.body["effect"], ruling.body["reduction"]["status"]) == ("reduction_reversed", "reversed")
    assert world.points() == 0
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)


def test_an_institution_disputes_a_reduction_of_its_own_and_no_other_object(world: World) -> None:
    order_of_alice = order(world)
    world.scenario("heat", confirmation="manual")
    reported = world.report(keys.account_id("shop"), "10", scenario="heat").body["id"]
    of_other = world.report(keys.account_id("alice"), "10", scenario="heat").body["id"]
    assert dispute(world, "redemption", order_of_alice, who=SHOP).refused == NOT_FOUND
    assert dispute(world, "reduction", of_other, who=SHOP).refused == NOT_FOUND
    assert dispute(world, "reduction", reported).refused == NOT_FOUND
    claimed = opened(world, "reduction", reported, who=SHOP)
    of_alice = opened(world, "redemption", order_of_alice)
    assert listed(world, SHOP) == [of_alice, claimed], "what it answers, and what it claims"
    assert listed(world, SHOP, limit=1) == [of_alice]
    world.stream()
    assert listed(world, SHOP, status="awaiting_answer") == [of_alice, claimed]
    assert withdraw(world, of_alice, **SHOP).refused == NOT_FOUND
    assert reply(world, claimed, **SHOP).refused == NOT_FOUND
    assert reply(world, claimed, **REPORTER).status == 200
    ruling = rule(world, claimed, who=BUREAU, step="confirm")
    assert (ruling.status, ruling.body["effect"]) == (200, "reduction_confirmed")
    assert world.me("shop", "institution")["balances"]["grams"] == 710
    world.stream()
    kinds = [each["kind"] for each in world.messages("shop", "institution")]
    assert {"dispute_answered", "dispute_ruled"} <= {*kinds}
    assert seen(world, claimed, **SHOP)["status"] == "upheld"
    again = opened(world, "reduction", reported, who=SHOP)
    assert withdraw(world, again, **SHOP).body["status"] == "withdrawn"
    books.check(world)


def test_an_individuals_token_of_the_same_login_sees_no_dispute_of_the_institution(world: World) -> None:
    world.institution()
    world.scenario()
    claimed = opened(world, "reduction", world.report(keys.account_id("shop"), "10").body["id"], who=SHOP)
    assert world.get(f"{PATH}/{claimed}", role="individual", sub="shop").refused == NOT_FOUND
    assert world.get(f"{PATH}/{claimed}", **SHOP).status == 200


@pytest.mark.parametrize("frozen", ["alice", "shop"])
def test_deadlines_pass_for_a_frozen_party_as_for_any_other(world: World, frozen: str) -> None:
    id = order(world)
    claimed = opened(world, "redemption", id)
    world.freeze(keys.account_id(frozen))
    assert rule(world, claimed).refused == (409, "invalid_state")
    run_out(world, claimed)
    assert reply(world, claimed).status == 200, "late, and not ruled yet"
    assert rule(world, claimed).status == 200
    assert (world.points(), world.me()["status"]) == (1000, "frozen" if frozen == "alice" else "active")
    books.check(world)


def test_a_frozen_party_that_does_not_answer_in_time_is_not_waited_for(world: World) -> None:
    claimed = opened(world, "redemption", order(world))
    world.freeze(keys.account_id("shop"))
    run_out(world, claimed)
    assert rule(world, claimed).status == 200
    assert world.points() == 1000


def test_a_rejected_reduction_can_be_disputed_and_upheld_in_words(world: World) -> None:
    id = trip(world, "manual")
    assert world.post(f"/v1/reductions/{id}/reject", {"reason": "no"}, **BUREAU).status == 200
    claimed = answered(world, "reduction", id, **REPORTER)
    assert rule(world, claimed, who=BUREAU, step="confirm").refused == (409, "invalid_state")
    ruling = rule(world, claimed, who=BUREAU, step="none")
    assert (ruling.body["status"], ruling.body["effect"]) == ("upheld", None)


def test_a_trip_reported_under_a_grant_is_disputed_by_its_person_and_names_her_to_nobody(world: World) -> None:
    grant = consents.reporting(world)
    body = {"record_id": "t", "grant": grant, "scenario": "metro", "quantity": "1", "occurred_at": consents.now()}
    id = world.post("/v1/reductions", body, **REPORTER).body["id"]
    claimed = answered(world, "reduction", id, **REPORTER)
    for answer in (world.get(f"{PATH}/{claimed}", **REPORTER), world.get(PATH, **REPORTER)):
        assert keys.account_id("alice") not in json.dumps(answer.body)


# who sees what


def test_parties_and_officials_see_a_dispute_and_nobody_else(world: World) -> None:
    claimed = opened(world, "redemption", order(world))
    world.person("bob", PEOPLE[1])
    world.merchant("other", CODES[1])
    for who in (ALICE, SHOP, EXCHANGE, BUREAU, AUDITOR):
        assert listed(world, who) == [claimed], who
        text = json.dumps(seen(world, claimed, **who))
        assert keys.account_id("alice") not in text
        assert "alice" not in text
    for who in ({"role": "individual", "sub": "bob"}, {"role": "institution", "sub": "other"}, REPORTER):
        assert listed(world, who) == []
        assert world.get(f"{PATH}/{claimed}", **who).refused == NOT_FOUND
    assert reply(world, claimed, role="institution", sub="other").refused == NOT_FOUND
    assert withdraw(world, claimed, role="individual", sub="bob").refused == NOT_FOUND


@pytest.mark.engine
def test_lists_are_filtered_and_paged(world: World) -> None:
    first = opened(world, "redemption", order(world, 3000))
    offer = world.offer()
    others = [opened(world, "redemption", world.redeem(offer).body["id"]) for _ in range(2)]
    assert reply(world, first).status == 200
    for who in (ALICE, SHOP):
        assert listed(world, who) == [*others[::-1], first]
        assert listed(world, who, status="awaiting_ruling") == [first]
        assert listed(world, who, status="awaiting_answer") == others[::-1]
        assert listed(world, who, status="upheld") == []
        assert listed(world, who, kind="hold") == []
        page = world.get(PATH, limit=2, kind="redemption", **who).body
        assert [each["id"] for each in page["items"]] == others[::-1]
        assert listed(world, who, limit=2, kind="redemption", cursor=page["next_cursor"]) == [first]
    merchant = keys.account_id("shop")
    for who in (EXCHANGE, BUREAU, AUDITOR):
        assert listed(world, who) == [*others, first]
        assert listed(world, who, merchant=merchant, status="awaiting_ruling", kind="redemption") == [first]
        assert listed(world, who, merchant="x") == listed(world, who, kind="reduction") == []
        page = world.get(PATH, limit=2, **who).body
        assert listed(world, who, limit=2, cursor=page["next_cursor"]) == [first]


def test_the_export_shows_a_dispute_to_both_parties_and_the_person_to_neither(world: World) -> None:
    claimed = answered(world, "redemption", order(world))
    assert rule(world, claimed).status == 200
    world.stream()
    for sub, role, place in (("alice", "individual", "dispute:"), ("shop", "institution", "disputed:")):
        pages = export(world, sub, role)
        [found] = [each for page in pages for each in page["items"] if each["place"].startswith(place)]
        assert (found["dispute"]["status"], found["dispute"]["ruling"]) == ("upheld", "So it is ruled.")
        assert (found["dispute"]["text"], found["dispute"]["answer"]) == ("It is not right.", "It is right.")
        assert {"account", "operator"} & found["dispute"].keys() == set()


def test_officials_find_what_waits_and_for_whom(world: World) -> None:
    def waits(**asked: Any) -> list[tuple[str, str]]:
        items = world.get("/v1/worklist", **BUREAU, **asked).body["items"]
        return [(each["state"], each["actor"]) for each in items if each["kind"] == "dispute"]

    claimed = opened(world, "redemption", order(world))
    assert waits() == [("awaiting_answer", "institution")]
    item = world.item(keys.dispute(claimed)) or {}
    earlier = stamp(datetime.now(UTC) - timedelta(days=8))
    commit([update(keys.dispute(claimed), assign={"since": earlier, "rank": f"{earlier}:{claimed}"})])
    assert (item["list"], waits(actor="exchange")) == (
        "disputes:exchange:awaiting_answer", [("awaiting_answer", "exchange")],
    )  # fmt: skip
    assert reply(world, claimed).status == 200
    assert waits() == [("awaiting_ruling", "exchange")]
    [found] = [each for each in world.get("/v1/worklist", **AUDITOR).body["items"] if each["kind"] == "dispute"]
    assert world.get(found["path"], **AUDITOR).status == 200
    assert rule(world, claimed).status == 200
    assert waits() == []


def test_a_month_counts_its_disputes(world: World) -> None:
    id = order(world, 3000)
    offer = world.offer()
    for end in ("uphold", "dismiss"):
        assert rule(world, answered(world, "redemption", world.redeem(offer).body["id"]), end).status == 200
    withdraw(world, opened(world, "redemption", id))
    opened(world, "redemption", id)
    counts = reports._disputes(statistics.month(datetime.now(UTC)))
    assert counts.model_dump() == {"opened": 4, "upheld": 1, "dismissed": 1, "withdrawn": 1, "resolved": 0}
    assert reports._disputes("2020-01").opened == 0


def test_a_ruling_is_answered_again_to_its_key_and_refused_in_both_languages(world: World) -> None:
    claimed = opened(world, "redemption", order(world))
    body = {"outcome": "uphold", "text": "so it is"}
    early = world.post(f"{PATH}/{claimed}/rule", body, headers={"Accept-Language": "zh-CN"}, **EXCHANGE)
    assert "对方可在" in early.body["detail"]
    reply(world, claimed)
    done = world.post(f"{PATH}/{claimed}/rule", body, key="k", **EXCHANGE)
    again = world.post(f"{PATH}/{claimed}/rule", body, key="k", **EXCHANGE)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (done.body, "true")
    assert world.points() == 1000
