"""Anomalies: the stream finds them, whatever order it brings reports in; the bureau reads and closes them."""

from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from chalicelib.anomalies import queries, reactions
from chalicelib.kernel.caller import AUDITOR
from chalicelib.table import keys
from tests import consents
from tests.world import PEOPLE, Answer, World

BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
BASE = "/v1/anomalies"
MORNING, DURING, AFTER = "2024-01-15T08:00:00Z", "2024-01-15T08:10:00Z", "2024-01-15T12:00:00Z"


def city(world: World, **changes: Any) -> str:
    """Alice, in a city whose bicycles exclude the metro: 40 km in the metro take half an hour."""
    world.scenario("metro", units_per_hour_max="80")
    world.scenario("Bicycle", grams_per_unit="97", units_per_hour_max="20", excludes=["METRO"], **changes)
    return world.person()


def ride(world: World, account: str, scenario: str = "metro", at: str = MORNING, quantity: str = "40") -> str:
    made = world.report(account, quantity, scenario=scenario, occurred_at=at)
    assert made.status == 201, made
    return str(made.body["id"])


def overlap(world: World) -> tuple[str, str, str]:
    """Alice's account, and two trips of hers at once."""
    alice = city(world)
    return alice, ride(world, alice), ride(world, alice, "bicycle", DURING, "2")


def listed(world: World, **params: Any) -> list[dict[str, Any]]:
    answer = world.get(BASE, **BUREAU, **params)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def only(world: World) -> dict[str, Any]:
    [found] = listed(world)
    return found


def close(world: World, id: str, key: str = "", **body: Any) -> Answer:
    body = {"outcome": "dismissed", "reason": "one card for two"} | body
    return world.post(f"{BASE}/{id}/close", body, key=key, **BUREAU)


def anomalous(world: World) -> list[dict[str, Any]]:
    return [item for item in world.items() if item["pk"]["S"].startswith("anomaly:")]


@pytest.mark.engine
def test_an_overlap_is_found_by_the_stream_and_names_both_trips(world: World) -> None:
    account, metro, bicycle = overlap(world)
    assert listed(world) == []
    world.stream()
    found = only(world)
    assert (found["kind"], found["status"], found["day"]) == ("overlap", "open", "2024-01-15")
    assert found["reductions"] == sorted([metro, bicycle])
    assert found["scenarios"] == ["bicycle", "metro"]
    assert "/reverse" in found["suggested_action"]["detail_zh"]
    full = world.get(f"{BASE}/{found['id']}", **BUREAU).body
    assert [(each["id"], each["status"], each["account"]) for each in full["trips"]] == [
        (metro, "confirmed", account), (bicycle, "confirmed", account),
    ]  # fmt: skip
    assert full["trips"][0]["ends_at"] == "2024-01-15T08:30:00.000Z"
    assert found["found_at"] == max(each["reported_at"] for each in full["trips"])
    assert {name: full[name] for name in found} == found


def test_the_stream_may_bring_reports_twice_alone_or_in_another_order(world: World) -> None:
    overlap(world)
    before = deepcopy(world.store.items)
    world.stream()
    found = anomalous(world)
    assert len(found) == 1
    world.stream()
    assert anomalous(world) == found
    world.store.items.clear()
    world.store.items.update(before)
    reports = [each for each in world.items() if each.get("kind", {}).get("S") == "reduction_confirmed"]
    for each in (reports[1], reports[0], reports[1]):
        world.stream([each])
    assert anomalous(world) == found


def test_a_process_that_dies_between_trip_and_judgement_has_lost_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlap(world)
    with monkeypatch.context() as dying:
        dying.setattr(reactions, "_judge", lambda *_: 1 / 0)
        with pytest.raises(AssertionError, match="itemIdentifier"):
            world.stream()
    assert listed(world) == []
    world.stream()
    assert only(world)["kind"] == "overlap"


def test_a_report_costs_what_it_cost_without_exclusions(world: World) -> None:
    alice = city(world)
    before = {(item["pk"]["S"], item["sk"]["S"]) for item in world.items()}
    ride(world, alice, "bicycle")
    after = {(item["pk"]["S"], item["sk"]["S"]) for item in world.items()}
    assert sorted(pk.partition(":")[0] for pk, _ in after - before) == ["record", "reduction"]


def test_a_person_is_one_in_whichever_account(world: World) -> None:
    first = city(world, confirmation="manual")
    reported = ride(world, first, "bicycle", DURING, "2")
    assert world.post(f"/v1/reductions/{reported}/reject", {"reason": "no"}, **BUREAU).status == 200
    assert world.close().status == 200
    again = world.person("alice-2")
    later = ride(world, again, "bicycle", AFTER, "2")
    ride(world, again, at="2024-01-15T12:01:00Z")
    world.stream()
    assert keys.trips(first, "2024-01-15")[0] in {item["pk"]["S"] for item in world.items()}
    assert keys.trips(again, "2024-01-15")[0] not in {item["pk"]["S"] for item in world.items()}
    assert later in only(world)["reductions"]
    assert reported not in only(world)["reductions"]


def test_two_people_may_travel_at_once(world: World) -> None:
    ride(world, city(world))
    ride(world, world.person("bob", PEOPLE[1]), "bicycle")
    world.stream()
    assert listed(world) == []


def test_what_does_not_exclude_each_other_or_does_not_overlap_is_no_anomaly(world: World) -> None:
    alice = city(world)
    world.scenario("solar", grams_per_unit="570", unit="kWh")
    ride(world, alice)
    ride(world, alice)
    ride(world, alice, "solar")
    ride(world, alice, "bicycle", AFTER)
    world.stream()
    assert listed(world) == []
    assert not any("solar" in str(item) for item in world.items() if item["pk"]["S"].startswith("trips:"))


def test_the_version_in_force_when_the_trip_was_made_counts(world: World) -> None:
    world.scenario("metro", units_per_hour_max="80")
    world.scenario("bicycle", grams_per_unit="97")
    world.scenario("bicycle", grams_per_unit="97", excludes=["metro"], valid_from="2024-02-01T00:00:00Z")
    alice = world.person()
    ride(world, alice)
    ride(world, alice, "bicycle", DURING)
    world.stream()
    assert listed(world) == []
    after = [ride(world, alice, at="2024-02-02T08:00:00Z"), ride(world, alice, "bicycle", "2024-02-02T08:10:00Z")]
    world.stream()
    assert only(world)["reductions"] == sorted(after)


def test_an_institution_may_do_two_things_at_once(world: World) -> None:
    city(world)
    shop = world.institution()
    ride(world, shop)
    ride(world, shop, "bicycle", DURING)
    world.stream()
    assert listed(world) == []


def test_a_trip_under_a_grant_counts_for_its_person(world: World) -> None:
    grant = consents.reporting(world)
    world.scenario("bicycle", excludes=["metro"])
    alice = world.me()["id"]
    at = world.get(f"/v1/grants/{grant}", role="individual", sub="alice").body["active_from"]
    made = world.post(
        "/v1/reductions",
        {"record_id": "g", "grant": grant, "scenario": "metro", "quantity": "40", "occurred_at": at},
        role="scenario_operator",
        sub="operator",
    )
    assert made.status == 201, made
    ride(world, alice, "bicycle", at)
    world.stream()
    trips = world.get(f"{BASE}/{only(world)['id']}", **BUREAU).body["trips"]
    assert {each["account"] for each in trips} == {alice}


def test_more_than_a_day_can_hold_is_found(world: World) -> None:
    alice = city(world, joint_grams_per_day_max=3000)
    ids = [ride(world, alice), ride(world, alice, "bicycle", AFTER, "1")]
    world.stream()
    assert listed(world) == []
    ids.append(ride(world, alice, "bicycle", "2024-01-15T15:59:59Z", "1"))
    ride(world, alice, "bicycle", "2024-01-15T16:00:00Z", "1")  # the next day in Shanghai
    world.stream()
    assert (only(world)["kind"], only(world)["reductions"]) == ("day_sum", sorted(ids))


@pytest.mark.parametrize("first", ["metro", "bicycle"])
def test_what_was_reversed_before_counts_no_more(world: World, first: str) -> None:
    alice = city(world)
    false = ride(world, alice, first, DURING)
    world.stream()
    body = {"reason": "no such trip", "evidence_sha256": "a" * 64}
    assert world.post(f"/v1/reductions/{false}/reverse", body, **BUREAU).status == 200
    ride(world, alice, {"metro": "bicycle", "bicycle": "metro"}[first], DURING)
    world.stream()
    assert listed(world) == []


def test_an_anomaly_shows_a_reduction_that_is_reversed_later_and_closes_with_it(world: World) -> None:
    _, metro, bicycle = overlap(world)
    world.stream()
    id = only(world)["id"]
    refused = close(world, id, outcome="reversed")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/outcome"])
    body = {"reason": "no such trip", "evidence_sha256": "a" * 64}
    assert world.post(f"/v1/reductions/{bicycle}/reverse", body, **BUREAU).status == 200
    world.stream()
    trips = world.get(f"{BASE}/{id}", **BUREAU).body["trips"]
    assert {each["id"]: each["status"] for each in trips} == {metro: "confirmed", bicycle: "reversed"}
    closed = close(world, id, outcome="reversed", edits=0)
    assert (closed.status, closed.body["status"], closed.body["outcome"]) == (200, "closed", "reversed")
    world.stream()
    assert only(world)["status"] == "closed"


def test_what_is_closed_is_not_closed_again(world: World) -> None:
    overlap(world)
    world.stream()
    id = only(world)["id"]
    assert close(world, id, key="k").status == 200
    assert close(world, id, key="k").headers["Idempotent-Replayed"] == "true"
    again = close(world, id)
    assert (again.refused, again.body["state"]) == ((409, "invalid_state"), "closed")
    [record] = [each for each in world.records() if each["kind"] == "anomaly_closed"]
    assert (record["reference"], record["reason"]) == (id, "one card for two")


@pytest.mark.engine
def test_a_closed_anomaly_that_grows_is_open_again(world: World) -> None:
    alice, *_ = overlap(world)
    world.stream()
    id = only(world)["id"]
    close(world, id)
    more = ride(world, alice, "bicycle", "2024-01-15T08:20:00Z", "1")
    world.stream()
    grown = only(world)
    assert (grown["id"], grown["status"], grown["outcome"], grown["edits"]) == (id, "open", "dismissed", 1)
    assert more in grown["reductions"]
    old = close(world, id, edits=0)
    assert (old.refused, old.body["edits"]) == ((409, "invalid_state"), 1)
    assert close(world, id, edits=1).status == 200


def test_an_anomaly_that_is_not_there_is_not_found(world: World) -> None:
    assert world.get(f"{BASE}/none", **BUREAU).refused == (404, "not_found")
    assert close(world, "none").refused == (404, "not_found")


# lists


@pytest.fixture
def five(world: World) -> list[str]:
    """Anomalies of five days, the latest first; the one in the middle is closed, and the last but one is a sum."""
    alice = city(world, joint_grams_per_day_max=10_000)
    for day in range(10, 15):
        if day == 11:
            ride(world, alice, "bicycle", f"2024-01-{day}T08:00:00Z", "110")
        else:
            ride(world, alice, at=f"2024-01-{day}T08:00:00Z", quantity="1")
            ride(world, alice, "bicycle", f"2024-01-{day}T08:00:00Z", "1")
        world.stream()
    found = [each["id"] for each in listed(world)]
    assert close(world, found[2]).status == 200
    return found


@pytest.mark.engine
def test_anomalies_are_listed_the_latest_first_by_pages(world: World, five: list[str]) -> None:
    seen, params = list[str](), dict[str, Any](limit=2)
    while True:
        page = world.get(BASE, **BUREAU, **params).body
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert (seen, len(set(seen))) == (five, 5)
    assert [each["found_at"] for each in listed(world)] == sorted(
        (each["found_at"] for each in listed(world)), reverse=True
    )


@pytest.mark.parametrize(
    ("params", "places"),
    [
        ({"status": "open"}, [0, 1, 3, 4]),
        ({"status": "closed"}, [2]),
        ({"kind": "day_sum"}, [3]),
        ({"kind": "overlap", "status": "open"}, [0, 1, 4]),
        ({"scenario": "METRO"}, [0, 1, 2, 4]),
        ({"scenario": "bicycle", "kind": "day_sum"}, [3]),
        ({"scenario": "bus"}, []),
    ],
)
def test_a_list_is_filtered(world: World, five: list[str], params: dict[str, str], places: list[int]) -> None:
    assert [each["id"] for each in listed(world, **params)] == [five[place] for place in places]


def test_from_is_included_and_until_is_not(world: World, five: list[str]) -> None:
    times = [each["found_at"] for each in listed(world)]
    assert [each["id"] for each in listed(world, **{"from": times[1]})] == five[:2]
    assert [each["id"] for each in listed(world, until=times[1])] == five[2:]
    refused = world.get(BASE, **BUREAU, **{"from": times[0], "until": times[1]})
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/until"])


def test_a_search_that_finds_too_few_continues_on_the_next_page(
    world: World, five: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "LOOKED_AT_MAX", 2)
    page = world.get(BASE, **BUREAU, kind="day_sum", limit=1).body
    assert (page["items"], page["next_cursor"] is None) == ([], False)
    following = world.get(BASE, **BUREAU, kind="day_sum", limit=1, cursor=page["next_cursor"]).body
    assert [each["id"] for each in following["items"]] == [five[3]]


BAD = [
    ("kind", "other"),
    ("status", "reversed"),
    ("scenario", "no such!"),
    ("from", "yesterday"),
    ("day", "2024-01-15"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_filter_that_is_none_is_refused(world: World, name: str, value: str) -> None:
    refused = world.get(BASE, **BUREAU, **{name: value})
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [f"/{name}"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"outcome": "ignored"}, "/outcome"),
        ({"reason": " "}, "/reason"),
        ({"edits": -1}, "/edits"),
        ({"note": "x"}, "/note"),
    ],
)
def test_a_closing_that_says_nothing_sensible_changes_nothing(world: World, body: dict[str, Any], pointer: str) -> None:
    overlap(world)
    world.stream()
    before = world.items()
    refused = close(world, only(world)["id"], **body)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == before


@pytest.mark.parametrize("role", ["individual", "institution", "scenario_operator", "exchange"])
def test_nobody_but_bureau_and_auditor_sees_anomalies(world: World, role: str) -> None:
    overlap(world)
    world.stream()
    assert world.get(BASE, role=role, sub="operator").refused == (403, "role_not_allowed")
    answer = world.get(BASE, role=AUDITOR, sub=AUDITOR)
    assert (answer.body["items"], answer.headers["Cache-Control"]) == (listed(world), "no-store")


def test_no_number_and_no_name_of_the_person_is_answered(world: World) -> None:
    overlap(world)
    world.stream()
    text = str(world.get(f"{BASE}/{only(world)['id']}", **BUREAU).body) + str(listed(world))
    assert not any(secret in text for secret in (PEOPLE[0], "王", "alice"))


def test_the_worklist_counts_open_anomalies(world: World, five: list[str]) -> None:
    waiting = world.get("/v1/worklist", **BUREAU, actor="bureau").body
    assert waiting["counts"] == {"anomaly": 4}
    assert [each["path"] for each in waiting["items"]] == [
        f"{BASE}/{id}" for id in (five[4], five[3], five[1], five[0])
    ]
    assert {each["state"] for each in waiting["items"]} == {"open"}


# scenarios


def test_a_scenario_names_only_published_scenarios_and_itself(world: World) -> None:
    body = world.scenario("Metro")
    del body["version"]
    refused = world.post("/v1/scenarios", body | {"code": "bike", "excludes": ["metro", "bus"]}, **BUREAU)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/excludes/1"])
    made = world.scenario("bike", excludes=["BIKE", "metro", "metro"], joint_grams_per_day_max=5)
    assert (made["excludes"], made["units_per_hour_max"], made["joint_grams_per_day_max"]) == (
        ["bike", "Metro"],
        None,
        5,
    )
    again = world.post("/v1/scenarios", {k: v for k, v in made.items() if k != "version"}, **BUREAU)
    assert again.refused == (409, "invalid_state")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"units_per_hour_max": "0"}, "/units_per_hour_max"),
        ({"units_per_hour_max": 80}, "/units_per_hour_max"),
        ({"joint_grams_per_day_max": 0}, "/joint_grams_per_day_max"),
        ({"excludes": "metro"}, "/excludes"),
        ({"excludes": [None]}, "/excludes/0"),
        ({"excludes": ["metro"] * 51}, "/excludes"),
    ],
)
def test_terms_of_anomalies_are_checked(world: World, change: dict[str, Any], pointer: str) -> None:
    body = world.scenario("metro")
    del body["version"]
    refused = world.post("/v1/scenarios", body | change, **BUREAU)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])


def test_a_day_with_more_trips_than_are_looked_at_is_judged_by_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "TRIPS_MAX", 2)
    alice = city(world)
    first = [ride(world, alice), ride(world, alice, "bicycle", DURING)]
    ride(world, alice, "bicycle", "2024-01-15T08:15:00Z")
    world.stream()
    assert only(world)["reductions"] == sorted(first)


def test_trips_are_forgotten_a_quarter_after_their_report(world: World) -> None:
    overlap(world)
    world.stream()
    trips = [item for item in world.items() if item["pk"]["S"].startswith("trips:")]
    assert len(trips) == 2
    for item in trips:
        kept = int(item["expires_at"]["N"]) - datetime.fromisoformat(item["reported_at"]["S"]).timestamp()
        assert 93 * 86_400 - 1 < kept <= 93 * 86_400
