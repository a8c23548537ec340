"""Publishing versions of scenarios."""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.errors import InvalidRequest, InvalidState, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.model import NewScenario, to_answer
from chalicelib.table import keys
from chalicelib.table.write import put


class SameVersion(InvalidState):
    detail = Text("Version {state} of the scenario says the same already.", "场景第 {state} 版的内容与之相同。")


def publish(command: Command[NewScenario], versions: Sequence[Scenario]) -> Decision:
    """A new version of a scenario. Raises SameVersion where it would change nothing."""
    body = command.body
    if body.valid_until and body.valid_until <= body.valid_from:
        raise InvalidRequest.at("/valid_until", "Must be later than valid_from", "应晚于 valid_from")
    newest = versions[-1] if versions else None
    fields = body.model_dump() | {
        "code": newest.code if newest else body.code,  # one scenario, one spelling
        "valid_from": stamp(body.valid_from),
        "valid_until": stamp(body.valid_until) if body.valid_until else None,
    }
    scenario = Scenario(**fields, version=newest.version + 1 if newest else 1, published_at=command.at)
    if newest and replace(scenario, version=newest.version, published_at=newest.published_at) == newest:
        raise SameVersion(state=str(newest.version), action="publish")
    return Decision(
        "scenario_published", to_answer(scenario), (put(keys.scenario(body.code, scenario.version), scenario),)
    )
