"""Reductions as their holders, their operators and the bureau find them."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.ledger.model import Entry
from chalicelib.reductions.lookup import search
from chalicelib.settings import settings
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


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Whether Records of trips are kept in full from now on, as they were until 2026-11-28."""

    def switch(on: bool) -> None:
        kept = settings()._replace(record_form=0 if on else 1)
        monkeypatch.setattr("chalicelib.kernel.record.settings", lambda: kept)

    return switch


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_trips_of_before_stand_among_those_of_now_each_once(
    world: World, before: Callable[[bool], None], limit: int
) -> None:
    alice = world.rich(points=5000)
    offer, mine = (world.merchant(), world.offer())[1], ids(world, **ALICE)
    for number in range(6):
        before(number % 2 == 0)
        mine.insert(0, world.report(alice, "1").body["id"])
        world.redeem(offer)
        world.stream()
    kept = [item for item in world.items() if item["pk"]["S"].removeprefix("record:") in mine]
    assert {("answer" in item, "form" in item) for item in kept} == {(True, False), (False, True)}
    world.stream()
    assert ids(world, limit, **ALICE)[:6] == mine[:6]
    for asker in (SCENARIO_OPERATOR, BUREAU):
        assert ids(world, limit, scenario="metro", **asker) == mine[:6]
    lines = world.entries(kind="conversion", limit=6)
    assert [line["id"] for line in lines] == [line["reference"] for line in lines] == mine[:6]
    [exported] = {frozenset(each["kept"]) for each in exports(world) if each["kept"].get("kind") == "conversion"}
    assert exported == {*Entry.__dataclass_fields__} - {"debt_points", "debt_grams"}
    pointers = {each["place"]: each["kept"] for each in exports(world) if each["place"].startswith("reduction:")}
    assert len(pointers) == 7
    assert pointers[f"reduction:{lines[0]['at']}:{mine[0]}"] == {"reduction": mine[0], "scenario": "metro"}
    assert pointers[f"reduction:{lines[1]['at']}:{mine[1]}"] == {"reduction": mine[1], "scenario": "metro"}


def exports(world: World) -> list[Any]:
    """What the export says is kept."""
    found: list[Any] = world.get("/v1/accounts/me/export", limit=100, **ALICE).body["items"]
    return found


def test_pages_of_ten_seconds_are_read_as_one_list(world: World) -> None:
    alice = world.person()
    world.scenario()
    made = [world.report(alice, "1").body["id"] for _ in range(7)]
    records = {item["pk"]["S"].removeprefix("record:"): item for item in world.items() if item["sk"] == {"S": "record"}}
    for some in (made[4:1:-2], made[5:], made[0:3:2], made[1:4:2]):
        world.stream([records[id] for id in some])  # files that overlap in time, some of them twice
    times = {each["id"]: each["at"] for each in world.records()}
    pages = [item for item in world.items() if item["pk"] == {"S": "scenario-trips:metro"}]
    assert 4 <= len(pages) <= 7
    for limit in (1, 3, 20):
        assert ids(world, limit, scenario="metro", **BUREAU) == made[::-1]
    period: Asker = {"from": times[made[1]], "until": times[made[5]]}
    assert ids(world, 2, scenario="metro", **period, **BUREAU) == made[4:0:-1]
    assert ids(world, 2, **period, **ALICE) == made[4:0:-1]


def test_lines_that_are_no_trips_end_a_page_early(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.rich(points=5000)
    world.merchant()
    offer = world.offer()
    for _ in range(4):
        world.redeem(offer)
    world.stream()
    monkeypatch.setattr(search, "LOOKED_AT_MAX", 2)
    first = world.get("/v1/reductions", limit=1, **ALICE).body
    assert (first["items"], bool(first["next_cursor"])) == ([], True)
    assert len(ids(world, 1, **ALICE)) == 1
