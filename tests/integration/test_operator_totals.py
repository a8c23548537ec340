"""Operators' own totals of a day beside the platform's: differences are named to both sides, and follow late trips."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import shanghai
from chalicelib.kernel.caller import AUDITOR
from chalicelib.table import keys
from chalicelib.totals import reactions
from tests.disputes import answered, rule
from tests.world import Answer, World

BASE, DAY = "/v1/operator-totals", "2024-01-15"
EVENING = "2024-01-15T15:59:59.999Z"  # the last moment of the day in Shanghai
NIGHT = "2024-01-15T16:00:00Z"  # the next day
PERIOD = {"from": "2024-01-01", "until": "2024-01-31"}
METRO: dict[str, Any] = {"role": "scenario_operator", "sub": "operator"}
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
EVIDENCE = {"reason": "no such trip", "evidence_sha256": "a" * 64}


@pytest.fixture
def alice(world: World) -> str:
    """A person in a city with a metro: 71 g a km."""
    world.scenario()
    return world.person()


def upload(world: World, trips: int, grams: int, key: str = "", **changes: Any) -> Answer:
    who = {name: changes.pop(name) for name in ("role", "sub") if name in changes}
    body = {"scenario": "metro", "day": DAY, "trips": trips, "grams": grams} | changes
    return world.post(BASE, body, key=key, **METRO | who)


def listed(world: World, **asked: Any) -> list[dict[str, Any]]:
    who = {name: asked.pop(name) for name in ("role", "sub") if name in asked}
    answer = world.get(BASE, **METRO | who, **PERIOD | asked)
    assert answer.status == 200, answer
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def only(world: World, **asked: Any) -> dict[str, Any]:
    [found] = listed(world, **asked)
    return found


def waiting(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = world.get("/v1/worklist", **BUREAU).body["items"]
    return [each for each in items if each["kind"] == "operator_totals"]


def ride(world: World, account: str, quantity: str = "100", **changes: Any) -> str:
    made = world.report(account, quantity, **changes)
    assert made.status == 201, made
    return str(made.body["id"])


def sums(trips: int, grams: int) -> dict[str, int]:
    return {"trips": trips, "grams": grams}


def test_a_day_counts_each_trip_once_by_its_state_however_often_the_stream_comes(world: World) -> None:
    world.scenario("bus", grams_per_unit="10", confirmation="manual")
    alice, day = world.person(), {"scenario": "bus"}
    waits, confirmed, rejected, undone = (ride(world, alice, quantity, **day) for quantity in ("1", "2", "4", "8"))
    for id in (confirmed, undone):
        assert world.post(f"/v1/reductions/{id}/confirm", **BUREAU).status == 200
    assert world.post(f"/v1/reductions/{rejected}/reject", {"reason": "no"}, **BUREAU).status == 200
    assert world.post(f"/v1/reductions/{undone}/reverse", EVIDENCE, **BUREAU).status == 200
    world.stream()
    first = only(world)
    world.stream()
    assert only(world) == first
    assert first["ours"] == sums(4, 150) | {
        "reported": sums(1, 10), "confirmed": sums(1, 20), "rejected": sums(1, 40), "reversed": sums(1, 80),
    }  # fmt: skip
    assert (first["status"], first["theirs"], first["difference"]) == ("missing", None, None)
    assert waits


@pytest.mark.parametrize("step", ["confirm", "reject", "reverse"])
def test_what_a_ruling_does_is_counted_as_if_the_bureau_had_decided_it(world: World, step: str) -> None:
    world.scenario("bus", grams_per_unit="10", confirmation="automatic" if step == "reverse" else "manual")
    id = ride(world, world.person(), "2", scenario="bus")
    claimed = answered(world, "reduction", id, **METRO)
    more = {"evidence_sha256": "a" * 64} if step == "reverse" else {}
    assert rule(world, claimed, who=BUREAU, step=step, **more).status == 200
    world.stream()
    world.stream()
    ours = only(world)["ours"]
    assert (ours["trips"], ours["reported"]) == (1, sums(0, 0))
    state = {"confirm": "confirmed", "reject": "rejected", "reverse": "reversed"}[step]
    assert {name: ours[name] for name in ("confirmed", "rejected", "reversed") if ours[name]["trips"]} == {
        state: sums(1, 20)
    }
    made = upload(world, 1, 20, scenario="bus").body
    assert (made["status"], made["difference"]) == ("agreed", sums(0, 0))


def test_a_ruling_that_leaves_a_reduction_as_it_is_counts_nothing(world: World) -> None:
    world.scenario("bus", grams_per_unit="10", confirmation="manual")
    id = ride(world, world.person(), "2", scenario="bus")
    claimed = answered(world, "reduction", id, **METRO)
    assert rule(world, claimed, who=BUREAU, step="none").status == 200
    world.stream()
    assert only(world)["ours"]["reported"] == sums(1, 20)


def test_a_trip_that_saves_less_than_a_gram_is_counted_too(world: World) -> None:
    world.scenario("walk", grams_per_unit="0.1", confirmation="manual")
    id = ride(world, world.person(), "1", scenario="walk")
    assert world.post(f"/v1/reductions/{id}/confirm", **BUREAU).status == 200
    world.stream()
    world.stream()
    assert only(world)["ours"]["confirmed"] == sums(1, 0)


@pytest.mark.engine
def test_days_are_those_of_shanghai_when_the_trip_began(world: World, alice: str) -> None:
    ride(world, alice, occurred_at=EVENING)
    ride(world, alice, "10", occurred_at=NIGHT)
    world.stream()
    assert [(each["day"], each["ours"]["grams"]) for each in listed(world)] == [("2024-01-16", 710), (DAY, 7100)]


def test_the_order_of_the_stream_does_not_matter(world: World) -> None:
    world.scenario(confirmation="manual")
    id = ride(world, world.person())
    assert world.post(f"/v1/reductions/{id}/confirm", **BUREAU).status == 200
    for item in reversed([each for each in world.items() if each["sk"] == {"S": "record"}]):
        world.stream([item])
    assert (only(world)["ours"]["confirmed"], only(world)["ours"]["reported"]) == (sums(1, 7100), sums(0, 0))


def test_a_difference_is_named_to_both_sides_until_it_is_corrected(world: World, alice: str) -> None:
    ride(world, alice)
    world.stream()
    made = upload(world, 2, 14_200).body
    assert (made["status"], made["difference"]) == ("differs", sums(1, 7100))
    world.stream()
    for who in (METRO, BUREAU, {"role": "exchange", "sub": "exchange"}, {"role": AUDITOR, "sub": "audit"}):
        assert only(world, differing="true", **who) == made
    [due] = waiting(world)
    assert (due["id"], due["actor"], due["since"]) == (made["id"], "scenario_operator", made["since"])
    assert world.get(due["path"], **BUREAU).body["versions"] == [made["theirs"]]

    assert upload(world, 1, 7100).pointers == ["/reason"]
    corrected = upload(world, 1, 7100, reason="one trip was counted twice").body
    assert (corrected["status"], corrected["since"], corrected["theirs"]["version"]) == ("agreed", None, 2)
    assert (waiting(world), listed(world, differing="true")) == ([], [])
    versions = world.get(due["path"], **METRO).body["versions"]
    assert [each["reason"] for each in versions] == ["one trip was counted twice", None]


def test_a_late_trip_changes_the_comparison_again(world: World, alice: str) -> None:
    ride(world, alice)
    world.stream()
    assert upload(world, 1, 7100).body["status"] == "agreed"
    ride(world, alice)
    world.stream()
    found = only(world, **BUREAU)
    assert (found["status"], found["difference"]) == ("differs", sums(-1, -7100))
    [due] = waiting(world)
    assert (due["since"], found["since"]) == (found["since"], due["since"])


def test_a_report_that_an_upload_was_ahead_of_settles_the_difference(world: World, alice: str) -> None:
    ride(world, alice)
    assert upload(world, 1, 7100).body["status"] == "differs"  # the stream has brought nothing yet
    world.stream()
    assert (only(world)["status"], waiting(world)) == ("agreed", [])


def test_a_trip_that_is_counted_while_totals_are_uploaded_is_not_missed(world: World, alice: str) -> None:
    """The upload read the sums before the trip was counted; the stream looked for totals before they were there."""
    ride(world, alice)
    before = deepcopy(world.store.items)
    upload(world, 1, 7100, key="k")
    uploaded = {place: item for place, item in world.store.items.items() if place not in before}
    world.store.items.clear()
    world.store.items.update(before)
    world.stream()
    world.store.items.update(uploaded)
    assert [each["since"] is None for each in waiting(world)] == [False]
    world.stream([each for each in world.items() if each.get("kind") == {"S": "operator_totals_uploaded"}])
    assert (only(world)["status"], waiting(world)) == ("agreed", [])


def test_a_process_that_dies_between_counting_and_comparing_has_lost_nothing(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(world, 0, 0)
    world.stream()
    ride(world, alice)
    with monkeypatch.context() as dying:
        dying.setattr(reactions, "_compare", lambda *_: 1 / 0)
        with pytest.raises(AssertionError, match="itemIdentifier"):
            world.stream()
    assert waiting(world) == []
    world.stream()
    assert (len(waiting(world)), only(world)["ours"]["trips"]) == (1, 1)


def test_a_day_is_compared_after_its_trips_were_counted_however_far_projections_are_behind(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(world, 1, 7100)
    world.stream()
    ride(world, alice)
    with monkeypatch.context() as behind:
        behind.setattr("chalicelib.totals.reactions.pause", lambda _: None)
        behind.setattr("chalicelib.edge.events._apply", lambda *_: None)
        with pytest.raises(AssertionError, match="itemIdentifier"):
            world.stream()
    assert len(waiting(world)) == 1
    world.stream()
    assert (only(world)["status"], waiting(world)) == ("agreed", [])


def test_trips_that_are_not_counted_yet_are_waited_for_together_within_the_time_of_a_function(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(20):
        ride(world, alice, "1")
    pauses = list[float]()
    monkeypatch.setattr("chalicelib.totals.reactions.pause", pauses.append)
    monkeypatch.setattr("chalicelib.totals.reactions.random.uniform", lambda _, most: most)
    monkeypatch.setattr("chalicelib.edge.events._apply", lambda *_: None)
    with pytest.raises(AssertionError, match="itemIdentifier"):
        world.stream()
    assert 30 < sum(pauses) < 60


def test_a_difference_waits_for_the_operator_first_and_then_for_the_bureau(world: World, alice: str) -> None:
    upload(world, 1, 1)
    [kept] = [each for each in world.store.items.values() if each.get("status") == {"S": "differs"}]
    assert [each["actor"] for each in waiting(world)] == ["scenario_operator"]
    kept["rank"] = {"S": kept["rank"]["S"].replace(kept["since"]["S"], "2026-01-01T00:00:00.000Z")}
    assert [each["actor"] for each in waiting(world)] == ["bureau"]


def test_a_stream_that_comes_days_late_and_twice_counts_each_trip_once_and_compares_again(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing depends on when the consumer or the schedule runs."""
    undone = ride(world, alice)
    ride(world, alice)
    assert world.post(f"/v1/reductions/{undone}/reverse", EVIDENCE, **BUREAU).status == 200
    made = upload(world, 2, 14_200).body
    assert made["status"] == "differs"

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=3)

    monkeypatch.setattr(reactions, "datetime", Later)
    for _ in range(3):
        world.stream()
        found = only(world)
        assert (found["status"], found["since"], found["difference"]) == ("agreed", None, sums(0, 0))
        assert found["ours"] == sums(2, 14_200) | {
            "reported": sums(0, 0), "confirmed": sums(1, 7100), "rejected": sums(0, 0), "reversed": sums(1, 7100),
        }  # fmt: skip
    assert (waiting(world), listed(world, differing="true")) == ([], [])


def test_versions_of_a_day_are_answered_a_hundred_at_a_time(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.totals.queries.VERSIONS_MAX", 2)
    for number in range(5):
        made = upload(world, number, number, reason="again" if number else None)
    path, seen = f"{BASE}/{made.body['id']}", []
    before: dict[str, Any] = {}
    while versions := world.get(path, **METRO, **before).body["versions"]:
        assert len(versions) <= 2
        seen += [each["version"] for each in versions]
        before = {"before": seen[-1]}
    assert seen == [5, 4, 3, 2, 1]
    assert world.get(path, **METRO, before="0").status == 422


def test_days_of_another_operator_are_looked_at_within_the_same_budget(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scenario changed hands: whoever had it does not walk through years of its successor in one request."""
    monkeypatch.setattr("chalicelib.totals.queries.LOOKED_AT_MAX", 3)
    ride(world, alice, occurred_at="2024-01-02T01:00:00Z")
    world.scenario(operator="other", valid_from="2024-01-03T00:00:00+08:00")
    for day in range(10, 20):
        ride(world, alice, "1", occurred_at=f"2024-01-{day}T01:00:00Z", sub="other")
    world.stream()
    days, pages = [], 0
    cursor: dict[str, Any] = {}
    while True:
        answer = world.get(BASE, **METRO, **PERIOD, **cursor).body
        days += [each["day"] for each in answer["items"]]
        pages += 1
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
    assert (days, pages) == (["2024-01-02"], 4)


def test_an_upload_is_idempotent(world: World, alice: str) -> None:
    first = upload(world, 3, 9, key="k")
    again = upload(world, 3, 9, key="k")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert upload(world, 4, 9, key="k").refused == (422, "idempotency_key_reused")
    assert len(world.get(f"{BASE}/{first.body['id']}", **METRO).body["versions"]) == 1


def test_trips_of_today_cost_one_item_more_in_a_whole_batch_of_the_stream(world: World, alice: str) -> None:
    for _ in range(5):
        ride(world, alice, occurred_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    before = len(world.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "operator_totals", lambda *_: 1 / 0)  # nothing of today is looked at
        world.stream()
    made = [each["pk"]["S"] for each in world.items()[before:]]
    assert len([pk for pk in made if pk.startswith("totals:")]) == 1


# what is refused


def test_another_operator_s_scenario_is_refused_and_not_seen(world: World, alice: str) -> None:
    ride(world, alice)
    world.stream()
    made = upload(world, 1, 7100).body
    other = {"role": "scenario_operator", "sub": "rival"}
    refused = upload(world, 1, 7100, **other)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/scenario"])
    assert upload(world, 1, 7100, scenario="nowhere").pointers == ["/scenario"]
    assert (listed(world, **other), listed(world, scenario="metro", **other)) == ([], [])
    assert world.get(f"{BASE}/{made['id']}", **other).refused == (404, "not_found")


@pytest.mark.parametrize("role", ["individual", "institution", "exchange", "bureau", "auditor"])
def test_only_operators_upload(world: World, alice: str, role: str) -> None:
    assert upload(world, 1, 1, role=role, sub="x").refused == (403, "role_not_allowed")


def test_a_day_is_its_operator_s_at_that_time(world: World, alice: str) -> None:
    ride(world, alice)
    world.scenario(operator="next", valid_from="2024-01-20T00:00:00Z")
    ride(world, alice, "10", occurred_at="2024-01-20T08:00:00Z", sub="next")
    world.stream()
    assert upload(world, 1, 7100).body["status"] == "agreed"
    following = {"role": "scenario_operator", "sub": "next"}
    assert upload(world, 1, 710, **following).pointers == ["/day"]
    assert upload(world, 1, 710, day="2024-01-20", **following).body["status"] == "agreed"
    both = upload(world, 0, 0, day="2024-01-20").body  # until 8 in the morning
    assert (both["status"], both["operator"]) == ("agreed", "operator")
    days = [(each["day"], each["operator"]) for each in listed(world, **BUREAU)]
    assert sorted(days) == [(DAY, "operator"), ("2024-01-20", "next"), ("2024-01-20", "operator")]
    assert [each["day"] for each in listed(world, **following)] == ["2024-01-20"]


def today() -> str:
    return f"{shanghai.clock(datetime.now(UTC)):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"day": today()}, "/day"),
        ({"day": "2099-01-01"}, "/day"),
        ({"day": "2019-12-31"}, "/day"),  # before the scenario
        ({"day": "2024-02-30"}, "/day"),
        ({"day": "0001-01-01"}, "/day"),
        ({"day": "9999-12-31"}, "/day"),
        ({"day": "20240115"}, "/day"),
        ({"trips": -1}, "/trips"),
        ({"trips": "1"}, "/trips"),
        ({"grams": 1.5}, "/grams"),
        ({"reason": "  "}, "/reason"),
        ({"points": 1}, "/points"),
        ({"scenario": "me.tro"}, "/scenario"),
    ],
)
def test_bad_totals_are_refused(world: World, alice: str, changes: dict[str, Any], pointer: str) -> None:
    before = world.items()
    answer = upload(world, **{"trips": 1, "grams": 1} | changes)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == before


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"from": "2024-02-01", "until": "2024-01-31"}, "/until"),
        ({"from": "2023-01-01", "until": "2024-01-31"}, "/from"),
        ({"from": "2024-01"}, "/from"),
        ({"differing": "false"}, "/differing"),
    ],
)
def test_what_is_no_period_is_refused(world: World, asked: dict[str, str], pointer: str) -> None:
    answer = world.get(BASE, **BUREAU, **asked)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])


@pytest.mark.parametrize("id", ["x", "a.b.c", "metro.2024-01-15.zzz", "metro..", "a.b.c.d"])
def test_what_is_no_day_is_not_found(world: World, alice: str, id: str) -> None:
    assert world.get(f"{BASE}/{id}", **BUREAU).refused == (404, "not_found")


def test_pages_go_through_all_scenarios_by_day(world: World, alice: str) -> None:
    world.scenario("bus", grams_per_unit="10", operator="buses")
    for day in range(10, 14):
        ride(world, alice, "1", occurred_at=f"2024-01-{day}T01:00:00Z")
        ride(world, alice, "1", occurred_at=f"2023-12-{day}T01:00:00Z", scenario="bus", sub="buses")
        ride(world, alice, "1", occurred_at=f"2024-01-{day}T01:00:00Z", scenario="bus", sub="buses")
    world.stream()
    seen, asked = [], {"from": "2023-12-01", "until": "2024-01-31", "limit": 5}
    while True:
        answer = world.get(BASE, **BUREAU, **asked).body
        seen += [(each["day"], each["scenario"]) for each in answer["items"]]
        if answer["next_cursor"] is None:
            break
        asked["cursor"] = answer["next_cursor"]
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 12


def test_a_search_for_what_differs_ends_a_page_after_so_many_days(
    world: World, alice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.totals.queries.LOOKED_AT_MAX", 2)
    begun = datetime(2024, 1, 10, 1, tzinfo=UTC)
    for day in range(4):
        ride(world, alice, "1", occurred_at=f"{begun + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}")
    world.stream()
    upload(world, 5, 5, day="2024-01-10")
    first = world.get(BASE, **BUREAU, **PERIOD, differing="true").body
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    second = world.get(BASE, **BUREAU, **PERIOD, differing="true", cursor=first["next_cursor"]).body
    assert [each["day"] for each in second["items"]] == ["2024-01-10"]
