"""Which version of a scenario governs a trip, and what bounds a person's reductions: a record, and a day. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from operator import and_

from chalicelib.errors import InvalidRequest, Refusal
from chalicelib.kernel.caller import CLOCK_LEEWAY_SECONDS
from chalicelib.kernel.decision import Command
from chalicelib.kernel.fields import AMOUNT_MAX, stamp
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.reductions.items import Recipient, Reduction, Usage
from chalicelib.reductions.model import Report, saved
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.validity import in_force, newest_begun
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Refuse, Write, present, seen, update


def plausible(quantity: str, scenario: Scenario) -> None:
    """Raises InvalidRequest where one record can plausibly not hold so much."""
    most, unit = scenario.quantity_max, scenario.unit
    if most is not None and Decimal(quantity) > Decimal(most):
        en = f"More than one record can plausibly hold: at most {most} {unit}"
        raise InvalidRequest.at("/quantity", en, f"超出单条记录的合理上限 {most} {unit}")


def count(
    recipient: Recipient, grams: int, scenario: Scenario, on: str
) -> tuple[tuple[Write, ...], dict[str, int] | None]:
    """The person's sums of a day under a scenario with a bound a day; any other keeps none. And what the Record says.

    Raises or refuses InvalidRequest over the cap, over the number of records, and for an account that is none.
    """
    if not scenario.counts_by_day:
        return (), None
    if scenario.daily_cap_grams is not None and grams > scenario.daily_cap_grams:
        raise _over_cap(scenario)

    def refuse(usage: Usage | None) -> Refusal:
        full = usage and scenario.records_per_day_max is not None and usage.records >= scenario.records_per_day_max
        return _too_many(scenario) if full else _over_cap(scenario)

    counted = {"grams": grams, "records": 1}
    key = _usage(recipient, scenario.code, on)
    return (update(key, add=counted, require=_fits(grams, scenario), refuse=seen(Usage, refuse)),), counted


def _fits(grams: int, scenario: Scenario) -> ConditionBase:
    """At least one of the two bounds is there."""
    cap, most, bounds = scenario.daily_cap_grams, scenario.records_per_day_max, []
    if cap is not None:
        bounds.append(Attr("grams").not_exists() | Attr("grams").lte(cap - grams))
    if most is not None:
        bounds.append(Attr("records").not_exists() | Attr("records").lt(most))
    return reduce(and_, bounds)


def _over_cap(scenario: Scenario) -> Refusal:
    cap = scenario.daily_cap_grams
    return InvalidRequest.at("/quantity", f"Exceeds the daily cap of {cap} g", f"超过每日上限 {cap} 克")


def _too_many(scenario: Scenario) -> Refusal:
    most = scenario.records_per_day_max
    en, zh = f"Exceeds {most} records a day for one person", f"超过每人每日 {most} 条记录的上限"
    return InvalidRequest.at("/occurred_at", en, zh)


def release(reduction: Reduction, recipient: Recipient) -> tuple[Write, ...]:
    """What the reduction counted for its day counts no more."""
    record, answer = reduction.record, reduction.answer
    if record.cap_day is None:
        return ()
    counted = record.cap_counted or {"grams": answer.grams}  # earlier Records counted grams only
    less = {name: -amount for name, amount in counted.items()}
    return (update(_usage(recipient, answer.scenario, record.cap_day), add=less, require=present()),)


@dataclass(frozen=True)
class _Standing:
    """A partial view of an account."""

    status: str


def no_account(recipient: Recipient) -> Refuse:
    """Why the account of ``recipient`` takes no reduction."""

    def refuse(account: _Standing | None) -> Refusal:
        if account and account.status == "frozen":  # it will be released or closed: the record may be sent again
            return AccountFrozen()
        return _not_open(recipient)

    return seen(_Standing, refuse)


def _not_open(recipient: Recipient) -> Refusal:
    if recipient.named == "grant":
        en, zh = "The person of this grant has no open account any more", "该授权的用户已无有效的碳普惠账户"
        return InvalidRequest.at("/grant", en, zh)
    return InvalidRequest.at("/account", "Is no open account", "不是有效的碳普惠账户")


def _usage(recipient: Recipient, scenario: str, on: str) -> keys.Key:
    if recipient.person is None:
        raise _not_open(recipient)
    return keys.usage(recipient.person, scenario, on)


def applicable(command: Command[Report], versions: Sequence[Scenario]) -> Scenario:
    """The version that governed when the trip occurred: its operator, factor and cap are the trip's."""
    body = command.body
    if not any(command.caller.operates(version) for version in versions):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    if body.occurred_at > command.now + timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise InvalidRequest.at("/occurred_at", "Lies in the future", "不能晚于当前时间")
    scenario = in_force(versions, stamp(body.occurred_at))
    if scenario is None:
        raise _not_in_force(versions, stamp(body.occurred_at))
    if not command.caller.operates(scenario):
        en, zh = "The scenario was another operator's at this time", "该时间此场景由其他运营方负责"
        raise InvalidRequest.at("/occurred_at", en, zh)
    if scenario.requires_grant and body.account is not None:
        en, zh = "This scenario takes trips under a person's grant only", "该场景仅受理经个人授权的上报"
        raise InvalidRequest.at("/account", en, zh)
    return scenario


def _not_in_force(versions: Sequence[Scenario], at: str) -> InvalidRequest:
    begun = newest_begun(versions, at)
    if begun and begun.methodology_until and begun.methodology_until <= at:
        en, zh = (
            f"The methodology {begun.methodology} had ended at this time",
            f"该时间方法学 {begun.methodology} 已失效",
        )
        return InvalidRequest.at("/occurred_at", en, zh)
    return InvalidRequest.at("/occurred_at", "The scenario was not in force at this time", "该时间场景未生效")


def grams_of(quantity: str, scenario: Scenario) -> int:
    grams = saved(quantity, scenario.grams_per_unit)
    plausible(quantity, scenario)
    if Decimal(quantity) == 0 or grams > AMOUNT_MAX:
        raise InvalidRequest.at("/quantity", "Must be more than zero and credible", "应大于零且合理")
    return grams
