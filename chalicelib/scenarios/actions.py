"""Publishing versions of methodologies and scenarios, and ending scenarios."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from chalicelib.errors import Contended, InvalidRequest, InvalidState, NotFound, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts
from chalicelib.scenarios import methodology
from chalicelib.scenarios.items import Methodology, Scenario
from chalicelib.scenarios.methodology import NewMethodology
from chalicelib.scenarios.model import NewScenario, ScenarioEnd, to_answer, to_version
from chalicelib.scenarios.validity import in_force, lasts_until, still_to_govern
from chalicelib.table import keys
from chalicelib.table.write import Write, absent, check, put

V = TypeVar("V", Methodology, Scenario)
MOVED_MAX = 98  # one transaction of 100 items, with the methodology and the Record


class SameVersion(InvalidState):
    detail = Text("Version {state} says the same already.", "第 {state} 版的内容与之相同。")
    remedy = Text("Nothing to fix: read the version that stands.", "无需处理：请查询已有版本。")


class ScenarioEnded(InvalidState):
    detail = Text("At this time the scenario is not in force.", "该时间场景未生效。")
    remedy = Text(
        "GET /v1/scenarios/{code}/versions shows until when it is in force; only an earlier end can be set.",
        "请通过 GET /v1/scenarios/{code}/versions 查询有效期；只能设定更早的结束时间。",
    )


def publish_methodology(
    command: Command[NewMethodology], versions: Sequence[Methodology], using: Sequence[Sequence[Scenario]] = ()
) -> Decision:
    """A methodology, or a new version of one; where it ends at another time, so do the scenarios that use it
    (``using``: all versions of each). Raises SameVersion where it would change nothing, InvalidRequest where it would
    change more than one transaction can.
    """
    version = _next(Methodology(**_fields(command, versions)), versions)
    write = put(keys.methodology(version.code, version.version), version)
    moved = [each for own in using for each in _moved(command, own, [*versions, version])]
    if len(moved) > MOVED_MAX:
        en = f"Moves the end of {len(moved)} scenario versions; one request moves {MOVED_MAX}: end some scenarios first"
        zh = f"将改变 {len(moved)} 个场景版本的失效时间，一次最多 {MOVED_MAX} 个：请先终止部分场景"
        raise InvalidRequest.at("/valid_until", en, zh)
    return Decision("methodology_published", methodology.to_answer(version), (write, *map(_write, moved)))


def _moved(
    command: Command[NewMethodology], versions: Sequence[Scenario], methodologies: Sequence[Methodology]
) -> list[Scenario]:
    """The next versions of a scenario, with another end of its methodology; none where that does not move.

    All that are still to govern are made once more, in their order: the newest alone would govern in place of one that
    was planned for later.
    """
    code, now = methodologies[0].code, command.at
    governing = still_to_govern(versions, now)
    ends = [
        lasts_until(methodologies, max(now, each.valid_from)) if each.methodology == code else each.methodology_until
        for each in governing
    ]
    if ends == [each.methodology_until for each in governing]:
        return []
    return [
        replace(each, version=versions[-1].version + number, methodology_until=until, published_at=now)
        for number, (each, until) in enumerate(zip(governing, ends, strict=True), 1)
    ]


def publish(
    command: Command[NewScenario],
    versions: Sequence[Scenario],
    methodologies: Sequence[Methodology],
    published: Iterable[str] = (),
) -> Decision:
    """A new version of a scenario. Raises SameVersion where it would change nothing.

    Raises InvalidRequest where the methodology (its versions are ``methodologies``) is not in force when the version
    begins, or now if it has begun; where it excludes a scenario that is neither among ``published`` nor itself; and
    where a unit saves nothing, or a record or an hour can hold nothing.
    """
    _more_than_zero(command.body)
    fields = _fields(command, versions)
    governing = in_force(methodologies, max(command.at, fields["valid_from"]))
    if governing is None:
        raise InvalidRequest.at("/methodology", "Is no published methodology in force", "不是已发布且有效的方法学")
    excludes = _excluded(command.body.excludes, (*published, fields["code"]))
    until = lasts_until(methodologies, max(command.at, fields["valid_from"]))
    fields |= {"methodology": governing.code, "methodology_until": until, "excludes": excludes}
    fields["consent_redirects"] = tuple(command.body.consent_redirects)
    version = _next(Scenario(**fields), versions)
    next_methodology = keys.methodology(governing.code, methodologies[-1].version + 1)
    as_read = check(next_methodology, absent(), lambda _: Contended())
    return Decision("scenario_published", to_answer(version), (_write(version), as_read))


def end(command: Command[ScenarioEnd], versions: Sequence[Scenario]) -> Decision:
    """The scenario ends: a next version says so, with the terms of the one that would govern then, from its begin on.

    A version never changes, so the Records of earlier trips still name what governed. The new one is the newest that
    has begun, so no version that was planned for later comes into force. Raises NotFound; InvalidRequest for a time in
    the past, because trips may have been credited since; ScenarioEnded where it is not in force at ``ends_at`` anyway.
    """
    ends_at = stamp(command.body.ends_at)
    if not versions:
        raise NotFound()
    if ends_at < command.at:
        raise InvalidRequest.at("/ends_at", "Lies in the past", "不能早于当前时间")
    last = in_force(versions, ends_at)
    if last is None:
        raise ScenarioEnded(state="ended", action="end")
    ended = replace(last, version=versions[-1].version + 1, valid_until=ends_at, published_at=command.at)
    ended = replace(ended, reason=command.body.reason)
    return Decision("scenario_ended", to_version(ended), (_write(ended),), Facts(reason=ended.reason))


def _more_than_zero(body: NewScenario) -> None:
    for name in ("grams_per_unit", "quantity_max", "units_per_hour_max"):
        value: str | None = getattr(body, name)
        if value is not None and not Decimal(value):
            raise InvalidRequest.at(f"/{name}", "Must be more than zero", "应大于零")


def _excluded(codes: Sequence[str], published: Iterable[str]) -> tuple[str, ...]:
    """``codes`` as they were published, in one order, so that the same content is the same version."""
    spelled = {keys.scenario_code(each): each for each in published}
    for number, code in enumerate(codes):
        if code not in spelled:
            raise InvalidRequest.at(f"/excludes/{number}", "Is no published scenario", "不是已发布的场景")
    return tuple(spelled[code] for code in sorted(set(codes)))


def _fields(command: Command[NewScenario] | Command[NewMethodology], versions: Sequence[V]) -> dict[str, Any]:
    """The next version of what is published. Raises InvalidRequest where it ends before it begins."""
    body = command.body
    if body.valid_until and body.valid_until <= body.valid_from:
        raise InvalidRequest.at("/valid_until", "Must be later than valid_from", "应晚于 valid_from")
    return body.model_dump() | {
        "code": versions[-1].code if versions else body.code,  # one code, one spelling
        "version": versions[-1].version + 1 if versions else 1,
        "valid_from": stamp(body.valid_from),
        "valid_until": stamp(body.valid_until) if body.valid_until else None,
        "published_at": command.at,
    }


def _next(version: V, versions: Sequence[V]) -> V:
    """``version``, unless the newest says the same. Raises SameVersion."""
    if versions:
        newest = versions[-1]
        if replace(newest, version=version.version, published_at=version.published_at) == version:
            raise SameVersion(state=str(newest.version), action="publish")
    return version


def _write(scenario: Scenario) -> Write:
    return put(keys.scenario(scenario.code, scenario.version), scenario)
