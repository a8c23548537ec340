"""Versions of methodologies and scenarios, and those in force."""

import time
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

from chalicelib.errors import NotFound, Refusal
from chalicelib.kernel.fields import Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.scenarios import methodology
from chalicelib.scenarios.items import Methodology, Scenario
from chalicelib.scenarios.methodology import MethodologiesAnswer, UsedMethodologyAnswer
from chalicelib.scenarios.model import ScenariosAnswer, VersionsAnswer, to_answer, to_version
from chalicelib.scenarios.validity import in_force
from chalicelib.table import keys, read

REMEMBERED_SECONDS = 2.0  # how long a process may not know that a scenario has a new version
REMEMBERED_MAX = 1000  # scenarios
T = TypeVar("T")
_now = time.monotonic
_remembered: dict[str, tuple[float, list[Scenario]]] = {}  # by code: when they were read, and the versions


def forget(code: str | None = None) -> None:
    """Forget what this process knows of a scenario, or of all."""
    if code is None:
        _remembered.clear()
    else:
        _remembered.pop(keys.scenario_code(code), None)


def decided(code: str, decide: Callable[[Sequence[Scenario]], T]) -> T:
    """What ``decide`` makes of the versions of a scenario as they were at most REMEMBERED_SECONDS ago (docs/adr/0052).

    It is pure. What it refuses is asked again of the versions as of now, so nothing is refused that is right by now.
    """
    code = keys.scenario_code(code)
    read_at, known = _remembered.get(code, (0.0, []))
    if known and _now() - read_at <= REMEMBERED_SECONDS:
        try:
            return decide(known)
        except Refusal:
            pass
    if len(_remembered) >= REMEMBERED_MAX:
        forget()
    now, known = _now(), versions(code)
    _remembered[code] = now, known
    return decide(known)


def versions(code: str) -> list[Scenario]:
    """All versions of a scenario, oldest first, as of now."""
    code = keys.scenario_code(code)
    return list(read.query("scenarios", f"{code}:", f"{code}:~", Scenario))


def history(code: str) -> VersionsAnswer:
    """All versions of a scenario, newest first. Raises NotFound."""
    found = versions(code)
    if not found:
        raise NotFound()
    return VersionsAnswer(items=[to_version(each) for each in reversed(found)])


def everything() -> list[list[Scenario]]:
    """All versions of each scenario, oldest first."""
    found = read.query("scenarios", "!", "~", Scenario)
    return [list(each) for _, each in groupby(found, key=lambda version: keys.scenario_code(version.code))]


def codes() -> list[str]:
    """The code of every scenario, as it was first published."""
    return [versions[0].code for versions in everything()]


def using(methodology: str) -> list[list[Scenario]]:
    """All versions of each scenario of which one names a methodology, oldest first."""
    code = keys.scenario_code(methodology)
    return [each for each in everything() if any(keys.scenario_code(one.methodology) == code for one in each)]


def names() -> dict[str, str]:
    """What every scenario is called by its newest version, by code; those that ended too."""
    return {keys.scenario_code(versions[-1].code): versions[-1].name for versions in everything()}


def published(query: Query[Params]) -> ScenariosAnswer:
    """The version in force of every scenario."""
    current = (in_force(versions, stamp(query.now)) for versions in everything())
    return ScenariosAnswer(items=[to_answer(each) for each in current if each])


def methodologies(code: str) -> list[Methodology]:
    """All versions of a methodology, oldest first, as of now."""
    code = keys.scenario_code(code)
    return list(read.query("methodologies", f"{code}:", f"{code}:~", Methodology))


def register() -> MethodologiesAnswer:
    """The newest version of every methodology."""
    newest = {each.code: each for each in read.query("methodologies", "!", "~", Methodology)}
    return MethodologiesAnswer(items=[methodology.to_answer(each) for each in newest.values()])


def used(code: str) -> UsedMethodologyAnswer:
    """A methodology and the scenarios that use it. Raises NotFound."""
    found = methodologies(code)
    if not found:
        raise NotFound()
    same = found[-1].code
    using = ([each for each in versions if each.methodology == same] for versions in everything())
    scenarios = [to_answer(each[-1]) for each in using if each]
    return UsedMethodologyAnswer(**methodology.to_answer(found[-1]).model_dump(), scenarios=scenarios)
