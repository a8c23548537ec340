"""Versions of scenarios, and those in force."""

from itertools import groupby

from chalicelib.kernel.fields import Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.model import ScenariosAnswer, in_force, to_answer
from chalicelib.table import keys, read


def versions(code: str) -> list[Scenario]:
    """All versions of a scenario, oldest first, as of now."""
    code = keys.scenario_code(code)
    return list(read.query("scenarios", f"{code}:", f"{code}:~", Scenario))


def everything() -> list[list[Scenario]]:
    """All versions of each scenario, oldest first."""
    found = read.query("scenarios", "!", "~", Scenario)
    return [list(each) for _, each in groupby(found, key=lambda version: keys.scenario_code(version.code))]


def published(query: Query[Params]) -> ScenariosAnswer:
    """The version in force of every scenario."""
    current = (in_force(versions, stamp(query.now)) for versions in everything())
    return ScenariosAnswer(items=[to_answer(each) for each in current if each])
