"""Reductions as their holders, their operators and the bureau find them."""

from typing import Any

import pytest

from chalicelib.reductions.lookup import search
from tests.world import PEOPLE, World

Asker = dict[str, Any]
BUREAU: Asker = {"role": "bureau", "sub": "b"}
SCENARIO_OPERATOR: Asker = {"role": "scenario_operator", "sub": "operator"}
ALICE: Asker = {"role": "individual", "sub": "alice"}
BOB: Asker = {"role": "individual", "sub": "bob"}


def ids(world: World, limit: int = 20, **options: Any) -> list[str]:
    """The ids of all pages."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = world.get("/v1/reductions", limit=limit, **cursor, **options)
        assert answer.status == 200, answer
        found += [each["id"] for each in answer.body["items"]]
        if answer.body["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.body["next_cursor"]}


@pytest.fixture
def made(world: World) -> dict[str, list[str]]:
    """Ids by who or what they belong to, newest first: alice and bob in turn; metro at once, garden by hand."""
    alice, bob = world.person(), world.person("bob", PEOPLE[1])
    world.scenario("Metro")
    world.scenario("garden", confirmation="manual")
    world.scenario("theirs", operator="another")
    found: dict[str, list[str]] = {"alice": [], "bob": [], "metro": [], "garden": []}
    for number in range(8):
        who, where = ("alice", "bob")[number % 2], ("metro", "garden")[number // 2 % 2]
        id = world.report(alice if who == "alice" else bob, "1", scenario=where).body["id"]
        found[who].insert(0, id)
        found[where].insert(0, id)
    world.report(alice, "1", scenario="theirs", sub="another")
    world.stream()
    world.stream()  # every event may arrive twice
    return found


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_each_sees_its_own_newest_first(world: World, made: dict[str, list[str]], limit: int) -> None:
    mine = ids(world, limit, **ALICE)
    assert mine[1:] == made["alice"]
    assert world.get(f"/v1/reductions/{mine[0]}", **BUREAU).body["scenario"] == "theirs"
    assert ids(world, limit, **BOB) == made["bob"]
    every = ids(world, limit, **SCENARIO_OPERATOR)
    assert sorted(every) == sorted(made["metro"] + made["garden"])
    assert [each for each in every if each in made["alice"]] == made["alice"]
    assert ids(world, limit, role="scenario_operator", sub="another") == mine[:1]
    assert ids(world, limit, role="scenario_operator", sub="nobody") == []


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_a_scenario_is_found_in_any_spelling(world: World, made: dict[str, list[str]], limit: int) -> None:
    assert ids(world, limit, scenario="METRO", **BUREAU) == made["metro"]
    assert ids(world, limit, scenario="metro", **SCENARIO_OPERATOR) == made["metro"]
    assert ids(world, limit, scenario="metro", **BOB) == [each for each in made["metro"] if each in made["bob"]]
    assert ids(world, limit, scenario="theirs", **SCENARIO_OPERATOR) == []
    assert ids(world, limit, scenario="none", **BUREAU) == []


def test_a_state_is_the_present_one(world: World, made: dict[str, list[str]]) -> None:
    done, refused, *waiting = made["garden"]
    world.post(f"/v1/reductions/{done}/confirm", **BUREAU)
    world.post(f"/v1/reductions/{refused}/reject", {"reason": "no"}, **BUREAU)
    for asker in (SCENARIO_OPERATOR, BUREAU):
        for status, expected in (("reported", waiting), ("confirmed", [done]), ("rejected", [refused])):
            assert ids(world, 1, scenario="garden", status=status, **asker) == expected
    assert ids(world, status="reported", **BUREAU) == ids(world, **BUREAU) == waiting[::-1]
    assert ids(world, status="rejected", **SCENARIO_OPERATOR) == ids(world, 1, status="rejected", **BUREAU) == [refused]
    assert set(made["metro"]) < set(ids(world, 2, status="confirmed", **BUREAU))
    assert ids(world, status="rejected", **(ALICE if refused in made["alice"] else BOB)) == [refused]


def test_from_is_included_and_until_is_not(world: World, made: dict[str, list[str]]) -> None:
    times = {each["id"]: each["at"] for each in world.records()}
    newest, middle, *_, oldest = made["garden"]
    period: Asker = {"from": times[oldest], "until": times[newest]}
    assert times[oldest] < times[middle] < times[newest]
    for asker in (BUREAU, SCENARIO_OPERATOR):
        assert ids(world, 1, scenario="garden", **period, **asker) == made["garden"][1:]
    assert ids(world, 1, **period, **BUREAU) == made["garden"][:0:-1]
    assert ids(world, **ALICE | {"from": "2099-01-01T00:00:00Z"}) == []


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"status": "done"}, "/status"),
        ({"scenario": "a b"}, "/scenario"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/until"),
        ({"of": "alice"}, "/of"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(world: World, params: dict[str, str], pointer: str) -> None:
    refused = world.get("/v1/reductions", **params, **BUREAU)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])


def test_who_has_no_account_and_other_roles_see_nothing(world: World) -> None:
    assert world.get("/v1/reductions", **ALICE).refused == (404, "not_found")
    assert world.get("/v1/reductions", role="exchange", sub="e").refused == (403, "role_not_allowed")
    world.person()
    assert world.get("/v1/reductions", role="institution", sub="alice").refused == (404, "not_found")


def test_a_search_looks_at_so_many_and_continues_on_the_next_page(
    world: World, made: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED_AT_MAX", 2)
    last = made["garden"][-1]
    world.post(f"/v1/reductions/{last}/confirm", **BUREAU)
    first = world.get("/v1/reductions", limit=1, scenario="garden", status="confirmed", **SCENARIO_OPERATOR).body
    assert first["items"] == []
    assert first["next_cursor"]
    assert ids(world, 1, scenario="garden", status="confirmed", **SCENARIO_OPERATOR) == [last]


def test_an_institution_finds_what_it_is_credited_with(world: World) -> None:
    world.scenario()
    reported = world.report(world.institution()).body
    world.stream()
    assert world.get("/v1/reductions", role="institution", sub="shop").body["items"] == [reported]
