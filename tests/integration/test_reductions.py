"""Trips become points, once each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.books import check, check_projected
from tests.world import PEOPLE, Answer, World


def decide(world: World, reduction: str, what: str, **options: Any) -> Answer:
    body = {"reason": "no ticket"} if what == "reject" else {}
    return world.post(f"/v1/reductions/{reduction}/{what}", body, role="bureau", sub="bureau", **options)


def test_an_automatic_scenario_converts_at_once(world: World) -> None:
    account = world.person()
    world.scenario()
    got = world.report(account, "12.5", "trip-1")
    assert got.status == 201
    assert got.body == {
        "id": got.body["id"], "status": "confirmed", "record_id": "trip-1", "account": account, "scenario": "metro",
        "scenario_version": 1, "quantity": "12.5", "occurred_at": "2024-01-15T08:00:00.000Z", "grams": 887,
        "points": 887, "repaid_points": 0, "reason": None, "grant": None, "evidence_sha256": None,
    }  # fmt: skip
    assert world.points() == 887


def test_a_record_counts_once_whatever_key_or_account_comes_with_it(world: World) -> None:
    alice, bob = world.person("alice"), world.person("bob", PEOPLE[1])
    world.scenario()
    first = world.report(alice, "1", "trip-1", key="a").body["id"]
    for account, quantity, key in ((alice, "1", "b"), (bob, "1", "c"), (alice, "2", "d")):
        again = world.report(account, quantity, "trip-1", key=key)
        assert again.refused == (409, "already_reported")
        assert again.body["reduction"] == first
    assert (world.points("alice"), world.points("bob")) == (71, 0)


def test_a_record_id_belongs_to_its_scenario(world: World) -> None:
    account = world.person()
    world.scenario("metro")
    world.scenario("bus", grams_per_unit="52")
    assert world.report(account, "1", "trip-1", scenario="metro").status == 201
    assert world.report(account, "1", "trip-1", scenario="bus").status == 201
    assert world.points() == 71 + 52


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"scenario": "nowhere"}, "/scenario"),
        ({"account": "nobody"}, "/account"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "2019-12-31T23:59:59.999Z"}, "/occurred_at"),
        ({"occurred_at": "2030-01-01T00:00:00Z"}, "/occurred_at"),
        ({"quantity": "0"}, "/quantity"),
        ({"quantity": "0.000000"}, "/quantity"),
        ({"quantity": "-1"}, "/quantity"),
        ({"quantity": "999999999.999999"}, "/quantity"),
        ({"quantity": 1}, "/quantity"),
        ({"record_id": ""}, "/record_id"),
        ({"record_id": "a b"}, "/record_id"),
        ({"record_id": "a" * 65}, "/record_id"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(world: World, changes: dict[str, object], pointer: str) -> None:
    account = world.person()
    world.scenario(valid_until="2029-01-01T00:00:00Z", grams_per_unit="1001")
    body = {"record_id": "t", "account": account, "scenario": "metro", "quantity": "1"} | {
        "occurred_at": "2024-01-15T08:00:00Z"
    }
    before = world.items()
    refused = world.post("/v1/reductions", body | changes, role="scenario_operator", sub="operator")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == before


def test_another_operators_scenario_is_no_scenario_of_the_caller(world: World) -> None:
    account = world.person()
    world.scenario(operator="someone")
    refused = world.report(account)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/scenario"])


def test_an_institution_is_credited_in_grams_without_points(world: World) -> None:
    world.scenario()
    got = world.report(world.institution(), "10").body
    assert (got["status"], got["grams"], got["points"]) == ("confirmed", 710, 0)
    assert world.get(f"/v1/reductions/{got['id']}", role="bureau", sub="b").body == got
    world.stream()
    me = world.me("shop", "institution")
    assert me["balances"] == {"points": 0, "grams": 710, "held_points": 0}
    assert (me["totals"]["recorded"], me["totals"]["earned"]) == (710, 0)
    [entry] = world.entries("shop", "institution", kind="record")
    assert (entry["grams"], entry["points"], entry["counterparty"]) == (710, 0, "metro")
    supply = world.get("/v1/supply").body
    assert (supply["grams_held"], supply["grams_confirmed"], supply["points_circulating"]) == (710, 710, 0)
    check(world)
    check_projected(world, supply)


def test_an_institutions_reduction_may_wait_for_the_bureau(world: World) -> None:
    world.scenario(confirmation="manual", daily_cap_grams=1000)
    account = world.institution()
    first, second = (world.report(account, "7").body["id"] for _ in range(2))
    assert world.report(account, "1").pointers == ["/quantity"]
    assert decide(world, second, "reject").status == 200
    confirmed = decide(world, first, "confirm").body
    assert (confirmed["status"], confirmed["grams"], confirmed["points"]) == ("confirmed", 497, 0)
    assert world.get(f"/v1/reductions/{first}", role="bureau", sub="b").body == confirmed
    assert world.me("shop", "institution")["balances"] == {"points": 0, "grams": 497, "held_points": 0}
    assert world.close("shop", "institution").refused == (409, "invalid_state")
    check(world)


def test_the_bounds_of_validity_are_exact(world: World) -> None:
    account = world.person()
    world.scenario(valid_from="2022-01-01T00:00:00Z", valid_until="2023-01-01T00:00:00Z")
    for moment, status in (
        ("2021-12-31T23:59:59.999Z", 422),
        ("2022-01-01T00:00:00Z", 201),
        ("2022-01-01T08:00:00+08:00", 201),
        ("2022-01-01T07:59:59+08:00", 422),
        ("2022-12-31T23:59:59.999Z", 201),
        ("2023-01-01T00:00:00Z", 422),
    ):
        assert world.report(account, occurred_at=moment).status == status, moment


def test_a_clock_may_be_ten_seconds_ahead(world: World) -> None:
    account = world.person()
    world.scenario()
    for seconds, status in ((5, 201), (60, 422)):
        moment = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        assert world.report(account, "1", occurred_at=moment).status == status


def test_a_manual_scenario_waits_for_the_bureau(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    reported = world.report(account, "10").body
    assert (reported["status"], reported["grams"], reported["points"]) == ("reported", 710, 0)
    assert world.points() == 0
    confirmed = decide(world, reported["id"], "confirm")
    assert (confirmed.status, confirmed.body["status"], confirmed.body["points"]) == (200, "confirmed", 710)
    assert confirmed.body["id"] == reported["id"]
    assert world.points() == 710
    assert world.get(f"/v1/reductions/{reported['id']}", role="bureau", sub="b").body == confirmed.body
    assert world.entries()[0]["reference"] == reported["id"]


def test_a_rejected_reduction_gives_nothing_and_says_why(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    reported = world.report(account, "10", "trip-1").body["id"]
    rejected = decide(world, reported, "reject")
    assert (rejected.status, rejected.body["status"], rejected.body["reason"]) == (200, "rejected", "no ticket")
    assert (world.points(), world.entries()) == (0, [])
    assert world.report(account, "10", "trip-1").refused == (409, "already_reported")


@pytest.mark.parametrize("first", ["confirm", "reject"])
@pytest.mark.parametrize("second", ["confirm", "reject"])
def test_a_reduction_is_decided_once(world: World, first: str, second: str) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    reported = world.report(account, "10").body["id"]
    assert decide(world, reported, first).status == 200
    points = world.points()
    assert decide(world, reported, second).refused == (409, "invalid_state")
    assert world.points() == points


@pytest.mark.parametrize("what", ["confirm", "reject"])
def test_an_automatic_reduction_is_decided_already_and_an_unknown_one_is_not_found(world: World, what: str) -> None:
    account = world.person()
    world.scenario()
    reported = world.report(account).body["id"]
    assert decide(world, reported, what).refused == (409, "invalid_state")
    assert decide(world, "nothing", what).refused == (404, "not_found")
    opened = next(record["id"] for record in world.records() if record["kind"] == "account_opened")
    assert decide(world, opened, what).refused == (404, "not_found")


def test_the_bureau_sees_what_waits_oldest_first(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    ids = [world.report(account, "1").body["id"] for _ in range(3)]
    decide(world, ids[1], "confirm")
    waiting = world.get("/v1/reductions", role="bureau", sub="bureau").body["items"]
    assert [each["id"] for each in waiting] == [ids[0], ids[2]]
    assert {each["status"] for each in waiting} == {"reported"}


def test_an_operator_sees_its_own_reductions_only(world: World) -> None:
    account = world.person()
    world.scenario()
    reported = world.report(account).body["id"]
    path = f"/v1/reductions/{reported}"
    assert world.get(path, role="scenario_operator", sub="operator").status == 200
    assert world.get(path, role="scenario_operator", sub="other").refused == (404, "not_found")


@pytest.mark.parametrize("kind", ["person", "institution"])
def test_a_closed_account_gets_nothing(world: World, kind: str) -> None:
    world.scenario()
    account = world.person() if kind == "person" else world.institution()
    assert world.close(*(() if kind == "person" else ("shop", "institution"))).status == 200
    assert world.report(account).pointers == ["/account"]


def test_a_reduction_is_seen_by_whom_it_is_credited_to(world: World) -> None:
    account, _ = world.person(), world.person("bob", PEOPLE[1])
    world.scenario()
    path = f"/v1/reductions/{world.report(account).body['id']}"
    assert world.get(path, role="individual", sub="alice").status == 200
    assert world.get(path, role="individual", sub="bob").refused == (404, "not_found")
    assert world.get(path, role="institution", sub="alice").refused == (404, "not_found")
    assert world.get(path, role="exchange", sub="e").refused == (403, "role_not_allowed")


def test_a_frozen_account_s_reduction_is_rejected_at_once_and_confirmed_after_its_release(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    false, true = (str(world.report(account, "10").body["id"]) for _ in range(2))
    world.freeze(account)
    bureau: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
    assert world.post(f"/v1/reductions/{false}/reject", {"reason": "no trip"}, **bureau).body["status"] == "rejected"
    assert world.post(f"/v1/reductions/{true}/confirm", **bureau).refused == (409, "account_frozen")
    world.freeze(account, "unfreeze")
    assert world.post(f"/v1/reductions/{true}/confirm", **bureau).status == 200
    assert (world.points(), world.close().body["pending"]) == (710, 0)
