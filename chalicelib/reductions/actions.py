"""Reporting, confirming and rejecting reductions."""

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from chalicelib.errors import InvalidState, Refusal, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts, Trip
from chalicelib.ledger import debts
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.reductions import caps
from chalicelib.reductions.items import Pointer, Recipient, Reduction, ReductionState
from chalicelib.reductions.model import STEPS, Reason, ReductionAnswer, Report, day, month
from chalicelib.reductions.transfers import credit, summing
from chalicelib.scenarios.items import Scenario
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.write import Attr, Write, check, put, seen, update
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


def report(command: Command[Report], versions: Sequence[Scenario], recipient: Recipient) -> Decision:
    """A trip becomes a reduction; under an automatic scenario it is confirmed and converted at once.

    Raises InvalidRequest for a wrong scenario, a time outside validity or in the future; refuses AlreadyReported,
    and InvalidRequest for an account that is none or closed, and over what is plausible or a day's cap.
    """
    body = command.body
    scenario = caps.applicable(command, versions)
    grams = caps.grams_of(body.quantity, scenario)
    confirmed = scenario.confirmation == "automatic"
    reduction = ReductionAnswer(
        id=command.id,
        status="confirmed" if confirmed else "reported",
        scenario_version=scenario.version,
        grams=grams,
        points=recipient.points(grams) if confirmed else 0,
        occurred_at=stamp(body.occurred_at),
        scenario=scenario.code,
        **body.model_dump(exclude={"occurred_at", "scenario"}),
    )
    on = day(body.occurred_at)
    cap, counted = caps.count(recipient, grams, scenario, on)
    credited, facts = _credit(reduction, recipient, command.id, pending=0 if confirmed else 1, convert=confirmed)
    credited, facts = summing(credited, _named(facts, command, scenario, recipient))
    if counted:
        facts = replace(facts, cap_day=on, cap_counted=counted)
    writes = (_guard(reduction, command.at), *cap, *credited)
    answer = _net(reduction, facts)
    if facts.movement:
        facts = replace(facts, trip=Trip(body.record_id, body.quantity, reduction.occurred_at))
    return Decision(f"reduction_{reduction.status}", answer, writes, facts, publish=facts.movement is None)


def confirm(command: Command[Empty], reduction: Reduction) -> Decision:
    """A reported reduction is confirmed and credited. Raises InvalidState where it was decided before."""
    answer = reduction.answer
    status = step(STEPS, answer.status, "confirm", command.caller.role)
    credited, facts = _credit(answer, reduction.recipient, command.id, pending=-1, convert=True)
    decided = _net(answer.model_copy(update={"status": status, "points": reduction.points}), facts)
    record = reduction.record
    facts = replace(facts, scenario=answer.scenario, methodology=record.methodology, month=record.month)
    credited, facts = summing(credited, facts)
    return Decision("reduction_confirmed", decided, (_decide(decided), *credited), facts, publish=not facts.movement)


def reject(command: Command[Reason], reduction: Reduction, recipient: Recipient) -> Decision:
    """A reported reduction is refused for good; what it counted of its person's (``recipient``) day is free again. A
    freeze is no obstacle: nothing comes to the account.
    """
    answer = reduction.answer
    status = step(STEPS, answer.status, "reject", command.caller.role)
    released = _touch(keys.holder(reduction.recipient.id), replace(_terms(reduction.recipient, -1), even_frozen=True))
    decided = answer.model_copy(update={"status": status, "reason": command.body.reason})
    writes = (_decide(decided), released, *caps.release(reduction, recipient))
    facts = Facts(account=reduction.recipient.id, in_grams=reduction.record.in_grams)
    return Decision("reduction_rejected", decided, writes, facts, publish=True)


def _named(facts: Facts, command: Command[Report], scenario: Scenario, recipient: Recipient) -> Facts:
    """What the Record of a report names: its scenario, the colour of its grams, and the account behind a grant."""
    return replace(
        facts,
        scenario=scenario.code,
        scenario_version=scenario.version,
        methodology=scenario.methodology,
        month=month(command.body.occurred_at),
        in_grams=recipient.kind == INSTITUTION or None,
        grant=command.body.grant,
        account=recipient.id if command.body.grant else None,
    )


def _net(reduction: ReductionAnswer, facts: Facts) -> ReductionAnswer:
    """The points that were credited, and those that repaid a debt instead."""
    if not (repaid := debts.repaid(facts.postings)):
        return reduction
    return reduction.model_copy(update={"points": reduction.points - repaid, "repaid_points": repaid})


def file(reduction: Reduction) -> Write:
    """The pointer to a reported reduction: beside its account, and on its scenario's list. Follows from its Record."""
    scenario = keys.scenario_code(reduction.answer.scenario)
    lane = crc32(reduction.answer.id.encode()) % lists.REDUCTION_LANES
    pointer = Pointer(reduction.answer.id, scenario)
    listing = Listing(lists.reductions(scenario, lane), reduction.rank)
    return put(keys.reported(reduction.recipient.id, reduction.rank), pointer, listed=listing)


def _guard(reduction: ReductionAnswer, at: str) -> Write:
    """One reduction a record, for ever."""
    waits = lists.REDUCTIONS_REPORTED.at(f"{at}:{reduction.id}") if reduction.status == "reported" else None
    state = ReductionState(reduction.status, reduction.id)
    key = keys.reduction(reduction.scenario, reduction.record_id)
    return put(key, state, listed=waits, refuse=seen(ReductionState, _already))


def _already(state: ReductionState | None) -> Refusal:
    return AlreadyReported(reduction=state.reduction if state else "?")


def _credit(
    reduction: ReductionAnswer, recipient: Recipient, record: str, *, pending: int, convert: bool
) -> tuple[tuple[Write, ...], Facts]:
    """The recipient's Write: what it is worth where that is due, and the count of what is pending."""
    name, terms = keys.holder(recipient.id), _terms(recipient, pending)
    if convert and reduction.grams:
        writes, facts = post(credit(recipient, reduction.grams), record=record, terms={name: terms})
        return writes, replace(facts, counterparty=reduction.scenario, reference=reduction.id)
    return (_touch(name, terms),), Facts()


def _terms(recipient: Recipient, pending: int) -> AccountCondition:
    kind = Attr("kind").eq(recipient.kind)
    return AccountCondition(
        require=kind, refuse=caps.no_account(recipient), add={"pending": pending} if pending else {}
    )


def _touch(name: str, terms: AccountCondition) -> Write:
    assert terms.require is not None
    assert terms.refuse is not None
    open_ = Attr("status").ne("closed") if terms.even_frozen else Attr("status").eq("active")
    require, key = open_ & terms.require, keys.account(name)
    if not terms.add:
        return check(key, require, terms.refuse)
    return update(key, add=terms.add, require=require, refuse=terms.refuse)


def _decide(answer: ReductionAnswer) -> Write:
    """The guard item takes the decided state, once."""

    def refuse(state: ReductionState | None) -> Refusal:
        return InvalidState(state=state.status if state else "?", action=answer.status)

    repaid = {"repaid": answer.repaid_points} if answer.repaid_points else {}
    return update(
        keys.reduction(answer.scenario, answer.record_id),
        assign={"status": answer.status, "reason": answer.reason} | repaid,
        remove=UNLISTED,
        require=Attr("status").eq("reported"),
        refuse=seen(ReductionState, refuse),
    )
