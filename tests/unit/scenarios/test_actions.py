"""What publishing methodologies and scenarios, and ending scenarios, decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.scenarios import actions
from chalicelib.scenarios.items import Methodology, Scenario
from chalicelib.scenarios.methodology import NewMethodology
from chalicelib.scenarios.model import NewScenario, ScenarioEnd
from chalicelib.scenarios.validity import in_force
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, NOW, after, command, holds, touched, write_to
from tests.unit.scenarios.samples import methodology, scenario

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def body(**changes: Any) -> NewScenario:
    fields = {
        "code": "metro", "name": "轨道交通出行", "methodology": "SHCER-01", "operator": "operator", "unit": "km",
        "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None, "valid_from": BEGIN,
        "valid_until": None,
    }  # fmt: skip
    return NewScenario(**fields | changes)


REGISTERED = [methodology()]


def publish(versions: list[Scenario], methodologies: Any = REGISTERED, **changes: Any) -> Any:
    return actions.publish(command(body(**changes), role="bureau"), versions, methodologies)


def test_the_first_version_is_the_first_and_keeps_every_term() -> None:
    decision = publish([])
    assert touched(decision) == [keys.scenario("metro", 1), keys.methodology("SHCER-01", 2)]
    write, as_read = decision.writes
    assert holds(write)
    assert holds(as_read)
    assert not holds(as_read, methodology(version=2))
    assert load(Scenario, after(write)) == scenario(published_at=AT)
    assert decision.answer.version == 1


def test_a_new_factor_is_the_next_version_and_the_old_one_is_not_touched() -> None:
    decision = publish([scenario(version=1), scenario(version=2)], grams_per_unit="72")
    assert touched(decision)[0] == keys.scenario("metro", 3)
    assert load(Scenario, after(decision.writes[0])).grams_per_unit == "72"


def test_of_two_who_publish_at_once_one_is_in_the_way_of_the_other() -> None:
    write = write_to(publish([scenario()], unit="m"), keys.scenario("metro", 2))
    assert not holds(write, scenario(version=2))


def test_a_code_keeps_the_spelling_of_its_first_version() -> None:
    decision = publish([scenario(code="Metro")], code="METRO", unit="m")
    assert decision.answer.code == "Metro"
    assert touched(decision)[0] == keys.scenario("metro", 2)


def test_a_version_that_changes_nothing_is_refused() -> None:
    with pytest.raises(actions.SameVersion) as refused:
        publish([scenario(version=4)], code="METRO")
    assert refused.value.facts["state"] == "4"


def test_a_version_ends_after_it_begins() -> None:
    with pytest.raises(InvalidRequest) as refused:
        publish([], valid_until=BEGIN)
    assert refused.value.facts["errors"][0]["pointer"] == "/valid_until"


@pytest.mark.parametrize(
    ("methodologies", "begins"),
    [
        ([], BEGIN),
        ([methodology(valid_until="2026-01-31T08:00:00.000Z")], BEGIN),
        ([methodology(valid_from="2026-02-01T00:00:00.000Z")], BEGIN),
        ([methodology(), methodology(version=2, valid_from=AT, valid_until=AT)], BEGIN),
        ([methodology(valid_until="2027-01-01T00:00:00.000Z")], datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_methodology_is_in_force_now_or_when_the_version_begins(
    methodologies: list[Methodology], begins: datetime
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        publish([], methodologies, valid_from=begins)
    assert refused.value.facts["errors"][0]["pointer"] == "/methodology"


def test_a_version_to_come_may_name_a_methodology_to_come() -> None:
    coming = [methodology(valid_from="2026-06-01T00:00:00.000Z")]
    assert publish([], coming, valid_from=datetime(2026, 6, 1, tzinfo=UTC)).answer.version == 1


def test_a_scenario_spells_its_methodology_as_it_was_published() -> None:
    assert publish([], methodology="shcer-01").answer.methodology == "SHCER-01"
    with pytest.raises(actions.SameVersion):
        publish([scenario()], methodology="shcer-01")


def register(versions: list[Methodology], using: Any = (), **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "code": "SHCER-01", "title": "碳普惠方法学", "kind": "scenario", "document_sha256": "0" * 64,
        "valid_from": BEGIN, "valid_until": None,
    }  # fmt: skip
    return actions.publish_methodology(command(NewMethodology(**fields | changes), role="bureau"), versions, using)


def test_a_methodology_keeps_what_was_published() -> None:
    decision = register([])
    assert touched(decision) == [keys.methodology("shcer-01", 1)]
    assert load(Methodology, after(decision.writes[0])) == methodology(published_at=AT)
    assert not holds(decision.writes[0], methodology())


def test_other_content_of_a_methodology_is_a_new_version_and_the_same_is_refused() -> None:
    decision = register([methodology()], code="shcer-01", document_sha256="1" * 64)
    assert touched(decision) == [keys.methodology("SHCER-01", 2)]
    assert decision.answer.code == "SHCER-01"
    with pytest.raises(actions.SameVersion):
        register([methodology()], code="shcer-01")
    with pytest.raises(InvalidRequest):
        register([], valid_until=BEGIN)


@pytest.mark.parametrize("scenarios", [actions.MOVED_MAX, actions.MOVED_MAX + 1])
def test_a_methodology_moves_the_end_of_as_many_scenarios_as_one_transaction_holds(scenarios: int) -> None:
    using = [[scenario(code=f"s{number}")] for number in range(scenarios)]
    if scenarios <= actions.MOVED_MAX:
        decision = register([methodology()], using, valid_until=datetime(2027, 1, 1, tzinfo=UTC))
        assert len(decision.writes) == 1 + scenarios
        assert {load(Scenario, after(each)).methodology_until for each in decision.writes[1:]} == {LATER}
        return
    with pytest.raises(InvalidRequest) as refused:
        register([methodology()], using, valid_until=datetime(2027, 1, 1, tzinfo=UTC))
    assert refused.value.facts["errors"][0]["pointer"] == "/valid_until"


LATER = "2027-01-01T00:00:00.000Z"


def end(versions: list[Scenario], ends_at: str = LATER) -> Any:
    body = ScenarioEnd(ends_at=datetime.fromisoformat(ends_at), reason="no trains")
    return actions.end(command(body, role="bureau"), versions)


def test_the_end_is_a_new_version_with_the_terms_that_governed() -> None:
    versions = [scenario(), scenario(version=2, valid_from="2023", operator="next")]
    decision = end(versions)
    assert touched(decision) == [keys.scenario("metro", 3)]
    ended = load(Scenario, after(decision.writes[0]))
    assert ended == scenario(
        version=3, valid_from="2023", operator="next", valid_until=LATER, published_at=AT, reason="no trains"
    )
    assert (decision.kind, decision.facts.reason, decision.answer.valid_until) == ("scenario_ended", "no trains", LATER)
    for moment, version in (("2021", 1), ("2024", 3), ("2026-12-31", 3), (LATER, None), ("2099", None)):
        found = in_force([*versions, ended], moment)
        assert (found.version if found else None) == version, moment


def test_what_was_planned_for_later_does_not_come_into_force() -> None:
    versions = [scenario(), scenario(version=2, valid_from="2030")]
    ended = load(Scenario, after(end(versions).writes[0]))
    assert ended.valid_from == versions[0].valid_from
    assert in_force([*versions, ended], "2031") is None


@pytest.mark.parametrize("versions", [[scenario(valid_until=LATER)], [scenario(valid_from="2028")]])
def test_what_is_not_in_force_then_cannot_end(versions: list[Scenario]) -> None:
    with pytest.raises(actions.ScenarioEnded):
        end(versions)


def test_an_end_may_be_set_earlier_but_not_in_the_past() -> None:
    assert end([scenario(valid_until="2028")]).answer.valid_until == LATER
    assert end([scenario()], AT).answer.valid_until == AT
    with pytest.raises(InvalidRequest) as refused:
        end([scenario()], (NOW - timedelta(milliseconds=1)).isoformat())
    assert refused.value.facts["errors"][0]["pointer"] == "/ends_at"
    with pytest.raises(NotFound):
        end([])


def ends(decision: Any) -> list[tuple[int, str | None]]:
    """The versions of scenarios that a Decision makes, and when the methodology of each ends."""
    made = [load(Scenario, after(each)) for each in decision.writes if each.key.pk == "scenarios"]
    return [(each.version, each.methodology_until) for each in made]


Y2027, Y2028, Y2030 = (f"{year}-01-01T00:00:00.000Z" for year in (2027, 2028, 2030))


@pytest.mark.parametrize(
    ("methodologies", "until"),
    [
        ([methodology()], None),
        ([methodology(valid_until=Y2028)], Y2028),
        ([methodology(valid_until=Y2028), methodology(version=2, valid_from=Y2028)], None),
        ([methodology(valid_until=Y2028), methodology(version=2, valid_from=Y2027, valid_until=Y2030)], Y2030),
        ([methodology(valid_until=Y2027), methodology(version=2, valid_from=Y2028)], Y2027),
        ([methodology(), methodology(version=2, valid_from=Y2027, valid_until=Y2028)], Y2028),
    ],
)
def test_a_scenario_knows_when_its_methodology_ends_one_version_may_take_over_from_another(
    methodologies: list[Methodology], until: str | None
) -> None:
    assert ends(publish([], methodologies)) == [(1, until)]


def moved(using: list[Scenario], versions: list[Methodology], **changes: Any) -> list[tuple[int, str | None]]:
    fields: dict[str, Any] = {
        "code": "SHCER-01", "title": "碳普惠方法学", "kind": "scenario", "document_sha256": "1" * 64,
        "valid_from": "2020-01-01T00:00:00Z", "valid_until": None,
    }  # fmt: skip
    body = NewMethodology(**fields | changes)
    return ends(actions.publish_methodology(command(body, role="bureau"), versions, [using]))


def test_where_a_methodology_ends_at_another_time_its_scenarios_get_versions_that_say_so() -> None:
    assert moved([scenario()], [methodology()]) == []
    assert moved([scenario()], [methodology()], valid_until=Y2027) == [(2, Y2027)]
    assert moved([scenario(methodology_until=Y2027)], [methodology(valid_until=Y2027)]) == [(2, None)]
    assert moved([scenario(), scenario(version=2, methodology="M-2")], [methodology()], valid_until=Y2027) == []


def test_a_version_that_is_planned_for_later_stays_the_newest() -> None:
    planned = scenario(version=2, valid_from=Y2028, grams_per_unit="70")
    old = scenario(version=1, valid_from="2019-01-01T00:00:00.000Z")
    assert moved([old, planned], [methodology()], valid_until=Y2030) == [(3, Y2030), (4, Y2030)]
    other = replace(planned, methodology="M-2")
    assert moved([old, other], [methodology()], valid_until=Y2027) == [(3, Y2027), (4, None)]
