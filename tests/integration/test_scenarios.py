"""Factors and their versions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import put
from tests.world import Answer, World

NEXT = "2024-01-01T00:00:00Z"  # when a next version begins


def published(world: World) -> dict[str, int]:
    return {item["code"]: item["version"] for item in world.get("/v1/scenarios").body["items"]}


def test_a_scenario_is_published_and_everyone_sees_it(world: World) -> None:
    made = world.scenario("metro", grams_per_unit="71.125")
    assert (made["version"], made["grams_per_unit"]) == (1, "71.125")
    assert world.get("/v1/scenarios").body["items"] == [made]


def test_a_new_factor_is_a_new_version(world: World) -> None:
    world.scenario("metro", grams_per_unit="71")
    assert world.scenario("metro", grams_per_unit="72")["version"] == 2
    world.scenario("bus", grams_per_unit="52")
    assert published(world) == {"metro": 2, "bus": 1}


def test_a_version_that_changes_nothing_is_refused(world: World) -> None:
    made = world.scenario("metro")
    body = {name: value for name, value in made.items() if name != "version"}
    again = world.post("/v1/scenarios", body, role="bureau", sub="bureau")
    assert again.refused == (409, "invalid_state")
    assert again.body["state"] == "1"


def test_old_records_keep_their_version(world: World) -> None:
    world.scenario("metro", grams_per_unit="71")
    account = world.person()
    old = world.report(account, "100").body
    world.scenario("metro", grams_per_unit="10")
    new = world.report(account, "100").body
    assert (old["grams"], old["scenario_version"]) == (7100, 1)
    assert (new["grams"], new["scenario_version"]) == (1000, 2)
    answer = world.get(f"/v1/reductions/{old['id']}", role="bureau", sub="bureau").body
    assert (answer["grams"], answer["scenario_version"]) == (7100, 1)
    versions = {record["id"]: record.get("scenario_version") for record in world.records()}
    assert (versions[old["id"]], versions[new["id"]]) == (1, 2)


def test_the_time_of_the_trip_chooses_the_version(world: World) -> None:
    world.scenario("metro", grams_per_unit="10", valid_until="2023-01-01T00:00:00Z")
    world.scenario("metro", grams_per_unit="20", valid_from="2023-01-01T00:00:00Z")
    account = world.person()
    for moment, grams in (("2022-12-31T23:59:59.999Z", 1000), ("2023-01-01T00:00:00Z", 2000)):
        assert world.report(account, "100", occurred_at=moment).body["grams"] == grams


def test_only_what_is_in_force_now_is_shown(world: World) -> None:
    world.scenario("over", valid_until="2021-01-01T00:00:00Z")
    world.scenario("coming", valid_from="2998-01-01T00:00:00Z", valid_until="2999-01-01T00:00:00Z")
    world.scenario("metro")
    assert published(world) == {"metro": 1}


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_where_the_newest_version_has_ended_no_older_one_comes_back(world: World) -> None:
    world.scenario("metro", grams_per_unit="100")
    world.scenario("metro", grams_per_unit="10", valid_from="2023-01-01T00:00:00Z", valid_until="2024-01-01T00:00:00Z")
    account = world.person()
    assert published(world) == {}
    for moment, grams in (("2022-06-01T00:00:00Z", 10_000), ("2023-06-01T00:00:00Z", 1000)):
        assert world.report(account, "100", occurred_at=moment).body["grams"] == grams
    for moment in ("2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z", soon(-1)):
        refused = world.report(account, "100", occurred_at=moment)
        assert (refused.status, refused.pointers) == (422, ["/occurred_at"])


def test_a_scenario_that_is_ended_and_begun_again_is_shown_again(world: World) -> None:
    world.scenario("metro")
    world.scenario("metro", valid_until="2023-01-01T00:00:00Z")
    assert published(world) == {}
    world.scenario("metro", valid_from="2024-01-01T00:00:00Z")
    assert published(world) == {"metro": 3}


def test_a_version_to_come_leaves_the_present_one_in_force(world: World) -> None:
    account = world.person()
    world.scenario("metro", grams_per_unit="71")
    world.scenario("metro", operator="next", grams_per_unit="1", valid_from="2099-01-01T00:00:00Z")
    assert published(world) == {"metro": 1}
    assert world.report(account, "1").body["grams"] == 71
    early = world.report(account, "1", sub="next")
    assert (early.status, early.pointers) == (422, ["/occurred_at"])
    assert world.report(account, "1", sub="next", occurred_at="2099-01-01T00:00:00Z").pointers == ["/occurred_at"]
    assert world.points() == 71


def test_each_operator_reports_the_trips_of_its_own_time(world: World) -> None:
    account = world.person()
    world.scenario("metro", grams_per_unit="71", daily_cap_grams=100)
    world.scenario("metro", operator="next", grams_per_unit="10", confirmation="manual", valid_from=NEXT)
    late = world.report(account, "1", occurred_at="2023-12-31T23:59:59.999Z").body
    assert (late["grams"], late["status"], late["scenario_version"]) == (71, "confirmed", 1)
    over = world.report(account, "1", occurred_at="2023-12-31T23:59:59.999Z")
    assert (over.status, over.pointers) == (422, ["/quantity"])
    now = world.report(account, "100", sub="next", occurred_at=NEXT).body
    assert (now["grams"], now["status"], now["scenario_version"]) == (1000, "reported", 2)
    for sub, moment in (("operator", NEXT), ("next", "2023-12-31T23:59:59.999Z")):
        assert world.report(account, "1", sub=sub, occurred_at=moment).pointers == ["/occurred_at"]
    assert world.report(account, "1", sub="stranger").pointers == ["/scenario"]


def test_a_code_is_one_scenario_however_it_is_spelt(world: World) -> None:
    made = world.scenario("SHCER02020022024II")
    again = world.scenario("shcer02020022024ii", grams_per_unit="72")
    assert (again["version"], again["code"]) == (2, made["code"])
    assert [each["code"] for each in world.get("/v1/scenarios").body["items"]] == ["SHCER02020022024II"]
    terms = {name: value for name, value in again.items() if name != "version"} | {"code": "Shcer02020022024ii"}
    assert world.post("/v1/scenarios", terms, role="bureau", sub="bureau").refused == (409, "invalid_state")


def test_a_trip_counts_once_however_its_scenario_is_spelt(world: World) -> None:
    account = world.person()
    world.scenario("Metro", daily_cap_grams=100)
    first = world.report(account, "1", "trip-1", scenario="METRO", key="k")
    assert (first.status, first.body["scenario"]) == (201, "Metro")
    assert world.report(account, "1", "trip-1", scenario="metro", key="k").headers["Idempotent-Replayed"] == "true"
    assert world.report(account, "1", "trip-1", scenario="metro").refused == (409, "already_reported")
    assert world.report(account, "1", "trip-2", scenario="metro").pointers == ["/quantity"]  # one cap
    assert [each["counterparty"] for each in world.entries()] == ["Metro"]
    answer = world.get(f"/v1/reductions/{first.body['id']}", role="bureau", sub="bureau").body
    assert (answer["scenario"], answer["status"]) == ("Metro", "confirmed")


@pytest.mark.parametrize("decision", ["confirm", "reject"])
def test_a_manual_scenario_in_capitals_is_decided(world: World, decision: str) -> None:
    account = world.person()
    world.scenario("AUDIT", confirmation="manual", daily_cap_grams=100)
    reported = world.report(account, "1", scenario="audit").body["id"]
    body = {"reason": "no ticket"} if decision == "reject" else {}
    decided = world.post(f"/v1/reductions/{reported}/{decision}", body, role="bureau", sub="bureau")
    assert (decided.status, decided.body["scenario"]) == (200, "AUDIT")
    expected = (71, 422) if decision == "confirm" else (0, 201)
    assert (world.points(), world.report(account, "1", scenario="Audit").status) == expected


@pytest.mark.parametrize(
    ("quantity", "factor", "grams"),
    [
        ("12.5", "71", 887),
        ("0.1", "0.3", 0),
        ("1", "0.999999", 0),
        ("3", "0.333334", 1),
        ("3", "0.333333", 0),
        ("0.000001", "999999", 0),
        ("0.000001", "1000000", 1),
        ("999999", "999999.999999", 999998999999),
    ],
)
def test_grams_are_exact_and_rounded_down(world: World, quantity: str, factor: str, grams: int) -> None:
    world.scenario("metro", grams_per_unit=factor)
    got = world.report(world.person(), quantity)
    assert (got.status, got.body["grams"], got.body["points"]) == (201, grams, grams)
    assert grams == int(Decimal(quantity) * Decimal(factor))
    assert world.points() == grams


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": "Métro"}, "/code"),
        ({"code": "\u212a-bus"}, "/code"),
        ({"code": "a" * 41}, "/code"),
        ({"code": "a:b"}, "/code"),
        ({"grams_per_unit": 71}, "/grams_per_unit"),
        ({"grams_per_unit": "-1"}, "/grams_per_unit"),
        ({"grams_per_unit": "1e3"}, "/grams_per_unit"),
        ({"grams_per_unit": "007"}, "/grams_per_unit"),
        ({"grams_per_unit": "1.0000001"}, "/grams_per_unit"),
        ({"grams_per_unit": "1\n"}, "/grams_per_unit"),
        ({"grams_per_unit": "１"}, "/grams_per_unit"),
        ({"operator": "a\x00b"}, "/operator"),
        ({"operator": ""}, "/operator"),
        ({"unit": "k\x00m"}, "/unit"),
        ({"unit": "k" * 21}, "/unit"),
        ({"confirmation": "never"}, "/confirmation"),
        ({"daily_cap_grams": 0}, "/daily_cap_grams"),
        ({"grams_per_unit": "0.000"}, "/grams_per_unit"),
        ({"quantity_max": "0"}, "/quantity_max"),
        ({"valid_from": "2020-01-01"}, "/valid_from"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
        ({"valid_until": "2019-01-01T00:00:00Z"}, "/valid_until"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(world: World, change: dict[str, object], pointer: str) -> None:
    body = {
        "code": "metro", "name": "轨道交通", "methodology": "M-1", "operator": "operator", "unit": "km",
        "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None,
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
    } | change  # fmt: skip
    refused = world.post("/v1/scenarios", body, role="bureau", sub="bureau")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == []


@pytest.mark.parametrize("role", ["individual", "institution", "scenario_operator", "exchange"])
def test_only_the_bureau_publishes(world: World, role: str) -> None:
    assert world.post("/v1/scenarios", {}, role=role, sub="x").refused == (403, "role_not_allowed")


def end(world: World, ends_at: str, code: str = "metro", **options: Any) -> Answer:
    body = {"ends_at": ends_at, "reason": "no trains"}
    return world.post(f"/v1/scenarios/{code}/end", body, **{"role": "bureau", "sub": "bureau"} | options)


def test_a_scenario_ends_and_trips_of_before_can_still_be_reported(world: World) -> None:
    made, account = world.scenario("Metro", valid_from=NEXT), world.person()
    ended = end(world, soon(3))
    assert (ended.status, ended.body["version"], ended.body["reason"]) == (200, 2, "no trains")
    changed = {name: ended.body[name] for name in ("version", "valid_until", "reason", "published_at")}
    assert ended.body == made | changed
    assert published(world) == {"Metro": 2}
    assert world.report(account, "1", occurred_at=soon(-60)).status == 201
    late = world.report(account, "1", occurred_at=soon(6))  # a clock may be ten seconds ahead
    assert (late.status, late.pointers) == (422, ["/occurred_at"])


def test_what_has_ended_does_not_end_again_and_nothing_ends_in_the_past(world: World) -> None:
    world.scenario()
    past = end(world, soon(-60))
    assert (past.refused, past.pointers) == ((422, "invalid_request"), ["/ends_at"])
    assert end(world, "2900-01-01T00:00:00Z").status == 200
    assert end(world, "2900-01-01T00:00:00Z").refused == (409, "invalid_state")
    assert end(world, "2950-01-01T00:00:00Z").refused == (409, "invalid_state")
    assert end(world, "2899-01-01T00:00:00Z").status == 200
    assert end(world, "2800-01-01T00:00:00Z", "none").refused == (404, "not_found")
    for role in ("individual", "institution", "scenario_operator", "exchange"):
        assert end(world, soon(60), role=role).refused == (403, "role_not_allowed")


def test_every_version_is_listed_newest_first(world: World) -> None:
    first = world.scenario("Metro")
    second = world.scenario("metro", grams_per_unit="72")
    end(world, "2900-01-01T00:00:00Z")
    answer = world.get("/v1/scenarios/METRO/versions")
    assert "max-age" in answer.headers["Cache-Control"]
    newest, *others = answer.body["items"]
    assert (newest["version"], newest["valid_until"], newest["reason"]) == (3, "2900-01-01T00:00:00.000Z", "no trains")
    for answer, made in zip(others, (second, first), strict=True):
        assert answer == made | {"published_at": answer["published_at"], "reason": None}
    assert world.get("/v1/scenarios/none/versions").refused == (404, "not_found")


def test_a_scenario_that_requires_a_grant_takes_no_account(world: World) -> None:
    assert world.scenario()["requires_grant"] is False
    account = world.person()
    assert world.scenario(requires_grant=True)["requires_grant"] is True
    refused = world.report(account)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/account"])
    assert world.points() == 0


def test_a_scenario_of_before_the_register_still_takes_trips(world: World) -> None:
    """Its item names a methodology that was never published, and knows nothing of newer fields."""
    item = {
        "code": "metro", "version": 1, "name": "轨道交通", "methodology": "letter 7", "operator": "operator",
        "unit": "km", "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None, "valid_until": None,
        "valid_from": "2020-01-01T00:00:00.000Z", "published_at": "2020-01-01T00:00:00.000Z",
    }  # fmt: skip
    commit([put(keys.scenario("metro", 1), item)])
    assert world.report(world.person(), "1").body["points"] == 71
    assert published(world) == {"metro": 1}
    assert end(world, "2900-01-01T00:00:00Z").status == 200
