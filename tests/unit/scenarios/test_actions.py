"""What publishing a scenario decides."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.scenarios import actions
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.model import NewScenario
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, after, command, holds, touched, write_to
from tests.unit.scenarios.samples import scenario

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


def body(**changes: Any) -> NewScenario:
    fields = {
        "code": "metro", "name": "轨道交通出行", "methodology": "SHCER-01", "operator": "operator", "unit": "km",
        "grams_per_unit": "71", "confirmation": "automatic", "daily_cap_grams": None, "valid_from": BEGIN,
        "valid_until": None,
    }  # fmt: skip
    return NewScenario(**fields | changes)


def publish(versions: list[Scenario], **changes: Any) -> Any:
    return actions.publish(command(body(**changes), role="bureau"), versions)


def test_the_first_version_is_the_first_and_keeps_every_term() -> None:
    decision = publish([])
    assert touched(decision) == [keys.scenario("metro", 1)]
    [write] = decision.writes
    assert holds(write)
    assert load(Scenario, after(write)) == scenario(published_at=AT)
    assert decision.answer.version == 1


def test_a_new_factor_is_the_next_version_and_the_old_one_is_not_touched() -> None:
    decision = publish([scenario(version=1), scenario(version=2)], grams_per_unit="72")
    assert touched(decision) == [keys.scenario("metro", 3)]
    assert load(Scenario, after(decision.writes[0])).grams_per_unit == "72"


def test_of_two_who_publish_at_once_one_is_in_the_way_of_the_other() -> None:
    write = write_to(publish([scenario()], unit="m"), keys.scenario("metro", 2))
    assert not holds(write, scenario(version=2))


def test_a_code_keeps_the_spelling_of_its_first_version() -> None:
    decision = publish([scenario(code="Metro")], code="METRO", unit="m")
    assert decision.answer.code == "Metro"
    assert touched(decision) == [keys.scenario("metro", 2)]


def test_a_version_that_changes_nothing_is_refused() -> None:
    with pytest.raises(actions.SameVersion) as refused:
        publish([scenario(version=4)], code="METRO")
    assert refused.value.facts["state"] == "4"


def test_a_version_ends_after_it_begins() -> None:
    with pytest.raises(InvalidRequest) as refused:
        publish([], valid_until=BEGIN)
    assert refused.value.facts["errors"][0]["pointer"] == "/valid_until"
