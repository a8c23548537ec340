"""Publishing factors, reporting, confirming and rejecting reductions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import CLOCK_LEEWAY_SECONDS
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import AMOUNT_MAX, Empty, stamp
from chalicelib.kernel.record import Facts, Record
from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.reductions import caps
from chalicelib.reductions.model import (
    STEPS,
    Reason,
    Reduction,
    Report,
    Scenario,
    ScenarioView,
    conversion,
    day,
    in_force,
    saved,
)
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Item, Write, check, put, seen, update
from chalicelib.transitions import step


class AlreadyReported(Refusal):
    status, code = 409, "already_reported"
    title = Text("This record was reported before", "该记录已上报")
    detail = Text(
        "The record_id stands under this scenario already, as reduction {reduction}. Nothing was credited again.",
        "该 record_id 已在此场景下上报，减排量编号 {reduction}。未重复记入。",
    )
    remedy = Text(
        "Nothing to fix: read the reduction. A new trip takes a new record_id.",
        "无需处理：请查询该减排量。新的行程请使用新的 record_id。",
    )


class SameVersion(InvalidState):
    detail = Text("Version {state} of the scenario says the same already.", "场景第 {state} 版的内容与之相同。")


def publish(command: Command[Scenario], versions: Sequence[Item]) -> Decision:
    """A new version of a scenario. Raises SameVersion where it would change nothing."""
    terms = command.body.model_dump() | {
        "code": versions[0]["code"] if versions else command.body.code,  # one scenario, one spelling
        "valid_from": stamp(command.body.valid_from),
        "valid_until": stamp(command.body.valid_until) if command.body.valid_until else None,
    }
    if command.body.valid_until and command.body.valid_until <= command.body.valid_from:
        raise InvalidRequest.at("/valid_until", "Must be later than valid_from", "应晚于 valid_from")
    if versions and all(versions[-1].get(name) == value for name, value in terms.items()):
        raise SameVersion(state=str(versions[-1]["version"]), action="publish")
    version = versions[-1]["version"] + 1 if versions else 1
    item = terms | {"version": version, "published_at": command.at}
    return Decision(
        kind="scenario_published",
        answer=ScenarioView.model_validate(item),
        writes=(put(keys.scenario(command.body.code, version), item),),
    )


def report(command: Command[Report], versions: Sequence[Item]) -> Decision:
    """A trip becomes a reduction; under an automatic scenario it is confirmed and converted at once.

    Raises InvalidRequest for a wrong scenario, a time outside validity or in the future; refuses AlreadyReported,
    and InvalidRequest for an account that is none, closed or not a person's, and over what is plausible or a day's cap.
    """
    body = command.body
    scenario = _applicable(command, versions)
    grams = saved(body.quantity, scenario["grams_per_unit"])
    caps.plausible(body.quantity, scenario)
    if Decimal(body.quantity) == 0 or grams > AMOUNT_MAX:
        raise InvalidRequest.at("/quantity", "Must be more than zero and credible", "应大于零且合理")
    confirmed = scenario["confirmation"] == "automatic"
    reduction = Reduction(
        id=command.id,
        status="confirmed" if confirmed else "reported",
        scenario_version=scenario["version"],
        grams=grams,
        points=grams if confirmed else 0,
        occurred_at=stamp(body.occurred_at),
        scenario=scenario["code"],
        **body.model_dump(exclude={"occurred_at", "scenario"}),
    )
    guard = _guard(reduction, body.record_id, command.at)
    on = day(body.occurred_at)
    cap, counted = caps.count(reduction, scenario, on)
    credited, facts = _credit(reduction, command.id, pending=0 if confirmed else 1, convert=confirmed)
    facts = replace(facts, scenario=reduction.scenario, scenario_version=scenario["version"])
    if counted:
        facts = replace(facts, cap_day=on, cap_counted=counted)
    return Decision(f"reduction_{reduction.status}", reduction, (guard, *cap, *credited), facts)


def confirm(command: Command[Empty], reduction: Reduction) -> Decision:
    """A reported reduction is confirmed and converted. Raises InvalidState where it was decided before."""
    status = step(STEPS, reduction.status, "confirm", command.caller.role)
    credited, facts = _credit(reduction, command.id, pending=-1, convert=True)
    answer = reduction.model_copy(update={"status": status, "points": reduction.grams})
    return Decision("reduction_confirmed", answer, (_decide(answer), *credited), facts)


def reject(command: Command[Reason], reduction: Reduction, record: Record) -> Decision:
    """A reported reduction is refused for good; its share of the day's caps (in ``record``), if any, is free again."""
    status = step(STEPS, reduction.status, "reject", command.caller.role)
    released, _ = _credit(reduction, command.id, pending=-1, convert=False)
    answer = reduction.model_copy(update={"status": status, "reason": command.body.reason})
    released += caps.release(reduction, record)
    return Decision("reduction_rejected", answer, (_decide(answer), *released))


def _applicable(command: Command[Report], versions: Sequence[Item]) -> Item:
    """The version that governed when the trip occurred: its operator, factor and cap are the trip's."""
    body = command.body
    if not any(command.caller.operates(version) for version in versions):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    if body.occurred_at > command.now + timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise InvalidRequest.at("/occurred_at", "Lies in the future", "不能晚于当前时间")
    scenario = in_force(versions, stamp(body.occurred_at))
    if scenario is None:
        raise InvalidRequest.at("/occurred_at", "The scenario was not in force at this time", "该时间场景未生效")
    if not command.caller.operates(scenario):
        en, zh = "The scenario was another operator's at this time", "该时间此场景由其他运营方负责"
        raise InvalidRequest.at("/occurred_at", en, zh)
    return dict(scenario)


def _guard(reduction: Reduction, record_id: str, at: str) -> Write:
    """One reduction a record, for ever."""
    state: Item = {"status": reduction.status, "reduction": reduction.id}
    if reduction.status == "reported":
        state |= Listing(lists.REDUCTIONS_REPORTED, f"{at}:{reduction.id}").attributes
    return put(keys.reduction(reduction.scenario, record_id), state, refuse=_already)


def _already(item: Item | None) -> Refusal:
    return AlreadyReported(reduction=item["reduction"] if item else "?")


def _credit(reduction: Reduction, record: str, *, pending: int, convert: bool) -> tuple[tuple[Write, ...], Facts]:
    """The person's Write: the conversion where it is due, and the count of what is pending."""
    name = keys.holder(reduction.account)
    terms = AccountCondition(
        require=Attr("kind").eq("individual"),
        refuse=seen(AnyAccount, caps.no_account),
        add={"pending": pending} if pending else {},
    )
    if convert and reduction.grams:
        writes, facts = post(conversion(reduction.account, reduction.grams), record=record, terms={name: terms})
        return writes, replace(facts, counterparty=reduction.scenario, reference=reduction.id)
    return (_touch(name, terms),), Facts()


def _touch(name: str, terms: AccountCondition) -> Write:
    assert terms.require is not None
    assert terms.refuse is not None
    require, key = Attr("status").eq("active") & terms.require, keys.account(name)
    if not terms.add:
        return check(key, require, terms.refuse)
    return update(key, add=terms.add, require=require, refuse=terms.refuse)


def _decide(answer: Reduction) -> Write:
    """The guard item takes the decided state, once."""
    return update(
        keys.reduction(answer.scenario, answer.record_id),
        assign={"status": answer.status, "reason": answer.reason},
        remove=("list", "rank"),
        require=Attr("status").eq("reported"),
        refuse=lambda item: InvalidState(state=item["status"] if item else "?", action=answer.status),
    )
