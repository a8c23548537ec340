"""The register of methodologies, and the scenarios that name them."""

import pytest

from tests import consents
from tests.world import World


def scenario(world: World, code: str, methodology: str, **changes: object) -> dict[str, object]:
    return world.scenario(code, methodology=methodology, **changes)


def test_a_methodology_is_published_and_everyone_sees_it(world: World) -> None:
    made = world.methodology("SHCER-2025-01", title="轨道交通碳普惠方法学")
    assert (made.status, made.body["version"], made.body["kind"]) == (201, 1, "scenario")
    assert world.get("/v1/methodologies").body["items"] == [made.body]
    found = world.get("/v1/methodologies/shcer-2025-01")
    assert (found.status, found.body) == (200, made.body | {"scenarios": []})
    assert "max-age" in found.headers["Cache-Control"]
    assert world.get("/v1/methodologies/none").refused == (404, "not_found")


def test_the_same_methodology_is_refused_and_other_content_is_a_new_version(world: World) -> None:
    world.methodology("M-1")
    again = world.methodology("m-1")
    assert (again.refused, again.body["state"]) == ((409, "invalid_state"), "1")
    changed = world.methodology("m-1", document_sha256="1" * 64).body
    assert (changed["code"], changed["version"]) == ("M-1", 2)
    assert world.get("/v1/methodologies").body["items"] == [changed]


def test_a_methodology_shows_the_scenarios_that_use_it(world: World) -> None:
    world.methodology("M-1")
    metro = scenario(world, "metro", "m-1")
    assert metro["methodology"] == "M-1"
    world.scenario("bus")
    changed = scenario(world, "Metro", "M-1", grams_per_unit="70")
    assert world.get("/v1/methodologies/M-1").body["scenarios"] == [changed]
    assert [each["code"] for each in world.get("/v1/methodologies/SHCER-01").body["scenarios"]] == ["bus"]


@pytest.mark.parametrize(
    "period",
    [
        None,
        {"valid_from": "2998-01-01T00:00:00Z"},
        {"valid_from": "2020-01-01T00:00:00Z", "valid_until": "2021-01-01T00:00:00Z"},
    ],
)
def test_a_scenario_names_a_methodology_in_force(world: World, period: dict[str, str] | None) -> None:
    made = world.scenario()
    if period:
        assert world.methodology("M-1", **period).status == 201
    body = {name: value for name, value in made.items() if name != "version"} | {"methodology": "M-1"}
    before = world.items()
    refused = world.post("/v1/scenarios", body, role="bureau", sub="bureau")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/methodology"])
    assert world.items() == before


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"code": "a b"}, "/code"),
        ({"code": "方法学"}, "/code"),
        ({"title": " "}, "/title"),
        ({"kind": "other"}, "/kind"),
        ({"document_sha256": "ab"}, "/document_sha256"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
        ({"extra": 1}, "/extra"),
    ],
)
def test_a_methodology_that_makes_no_sense_is_refused(world: World, change: dict[str, object], pointer: str) -> None:
    refused = world.methodology("M-1", **change) if "code" not in change else world.methodology(**change)  # type: ignore[arg-type]
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == []


@pytest.mark.parametrize("role", ["individual", "institution", "scenario_operator", "exchange"])
def test_only_the_bureau_publishes_methodologies(world: World, role: str) -> None:
    assert world.post("/v1/methodologies", {}, role=role, sub="x").refused == (403, "role_not_allowed")


def test_from_its_methodology_s_end_on_a_scenario_takes_no_trip(world: World) -> None:
    """Whichever was there first: a new version moves the end of every scenario that names the methodology."""
    account = world.person()
    scenario(world, "metro", "SHCER-01")
    scenario(world, "bus", "SHCER-01", requires_grant=True)
    assert world.report(account, "1", "first").status == 201
    end = "2024-01-15T07:30:00.000Z"
    assert world.methodology(valid_until=end).status == 201
    before = world.items()
    for at in (end, "2024-01-15T08:00:00Z"):
        late = world.report(account, "1", "late", occurred_at=at)
        assert (late.refused, late.pointers) == ((422, "invalid_request"), ["/occurred_at"])
        assert "SHCER-01" in late.body["errors"][0]["detail"]
    refused = consents.consent(world, consents.REPORT | {"scenario": "bus"})
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/scenario"])
    assert world.items() == before
    assert world.report(account, "1", "before", occurred_at="2024-01-15T07:29:59Z").status == 201
    assert world.get("/v1/scenarios").body["items"] == []
    assert [each["version"] for each in world.get("/v1/scenarios/metro/versions").body["items"]] == [2, 1]
    assert world.methodology(document_sha256="2" * 64).status == 201
    assert world.report(account, "1", "late").status == 201
    assert len(world.get("/v1/scenarios").body["items"]) == 2


def test_a_methodology_that_changes_while_a_scenario_is_published_is_read_again(world: World) -> None:
    world.methodology()

    def ended(store, request, asked):  # type: ignore[no-untyped-def]
        assert world.methodology(valid_until="2024-01-01T00:00:00Z").status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [ended]
    body = {
        "code": "metro", "name": "轨道交通", "methodology": "SHCER-01", "operator": "operator", "unit": "km",
        "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None,
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
    }  # fmt: skip
    refused = world.post("/v1/scenarios", body, role="bureau", sub="bureau")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/methodology"])
