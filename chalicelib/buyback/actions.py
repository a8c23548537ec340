"""Starting, planning and finishing a run, paying a lot, retiring grams."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from random import randrange
from typing import Any

from chalicelib.buyback import model
from chalicelib.buyback.items import Ahead, Lot, Run, RunLane, RunPart, RunSums, total
from chalicelib.buyback.model import COUNTING_LANES, LANES, STEPS, TONNE, NewRetirement, PartAnswer, RetirementAnswer
from chalicelib.certificates.actions import issue
from chalicelib.certificates.items import CertificateFacts
from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Write, put, seen, update
from chalicelib.transitions import step

RUN_STARTED = "buy_back_run_started"


def start(command: Command[Any], *, full: bool) -> Decision:
    """A run, not planned yet. Its Record is published, and a reaction has it planned.

    ``full``: every merchant is looked at, not only those that the index hints at.
    """
    run = Run(id=command.id, status="planning", started_at=command.at, full=full)
    lanes = (put(keys.run_lane(run.id, lane), RunLane()) for lane in range(LANES))
    listed = Listing(lists.BUY_BACK_RUNS, f"{command.at}:{run.id}")
    return Decision(
        RUN_STARTED, run.to_answer(RunSums()), (put(keys.run(run.id), run, listed=listed), *lanes), publish=True
    )


def plan(command: Command[Any], run: Run, ahead: Ahead) -> Decision:
    """The next merchants of a run (as read), in parts of one message each: remembered here because a queue may lose
    it. The cursor moves in the same transaction. After the last of them the plan is complete: the run ends when its
    parts are done. Raises InvalidState where the run is planned, or was planned on meanwhile.
    """
    status = step(STEPS, run.status, "plan", command.caller.role)
    parts = [
        RunPart(number=run.planned + number, merchants=tuple(ahead.merchants[first : first + model.PART_MERCHANTS]))
        for number, first in enumerate(range(0, len(ahead.merchants), model.PART_MERCHANTS), start=1)
    ]
    after = run.planned + len(parts)
    changes: dict[str, Any] = {"planned": after, "cursor": ahead.cursor, "moved_at": command.at}
    changes |= {"status": status, "parts": after} if ahead.complete else {}
    puts = (put(keys.run_part(run.id, part.number), part) for part in parts)
    answer = PartAnswer(merchants=len(ahead.merchants))
    return Decision(
        "buy_back_run_planned", answer, (_move(run, "plan", changes, Attr("planned").eq(run.planned)), *puts)
    )


def heard(run: Run, now: datetime) -> Write:
    """A worker is at it, though it plans nothing yet. Of two that saw the run as it is, one says so."""
    same = Attr("moved_at").eq(run.moved_at) & Attr("planned").eq(run.planned)
    return update(keys.run(run.id), assign={"moved_at": stamp(now)}, require=same)


def sent(run: Run) -> Write:
    """The messages of all parts of ``run`` (as read) are on their way, unless more were planned meanwhile."""
    return update(keys.run(run.id), assign={"sent": run.planned}, require=Attr("planned").eq(run.planned))


def pay(command: Command[Any], run: str, merchant: Account) -> Decision:
    """One lot: the whole tonnes of ``merchant`` (its account as read, with a tonne or more). The remainder stays.

    The merchant, one lane of the run, the Record. Refuses InvalidState once the run is finished; a balance that has
    other whole tonnes meanwhile is read again.
    """
    lot = Lot(id=command.id, run=run, tonnes=merchant.points // TONNE, at=command.at)
    all_of_them = Attr("points").lt(lot.amount + TONNE)
    terms = {merchant.holder: AccountCondition(kind=INSTITUTION, require=all_of_them, refuse=lambda _: Contended())}
    writes, facts = post(model.exchange(merchant.id, lot.tonnes), record=command.id, terms=terms)
    lane = _add_to_lane(run, {"merchants": 1, "points": lot.amount, "tonnes": lot.tonnes}, command.at, LANES)
    facts = replace(facts, counterparty="buy-back", reference=run)
    return Decision("buy_back", lot.to_answer(), (*writes, lane), facts)


def part_done(command: Command[Any], run: str, part: RunPart) -> Decision:
    """All merchants of a part were looked at. Refuses InvalidState where it was done before."""
    done = update(
        keys.run_part(run, part.number),
        assign={"status": "done"},
        require=Attr("status").eq("planned"),
        refuse=seen(RunPart, lambda now: InvalidState(state=now.status if now else "?", action="done")),
    )
    answer = PartAnswer(merchants=len(part.merchants))
    return Decision("buy_back_part_done", answer, (done, _add_to_lane(run, {"parts": 1}, command.at, COUNTING_LANES)))


def finish(command: Command[Any], run: Run, lanes: Mapping[keys.Key, RunLane]) -> Decision:
    """The run ends with the totals of its lanes; no lot can join it any more.

    ``lanes`` as read: one that moved meanwhile is read again. Raises InvalidState.
    """
    status, sums = step(STEPS, run.status, "finish", command.caller.role), total(lanes.values())
    finished = replace(run, status=status, finished_at=command.at)
    changes = {"status": status, "finished_at": command.at} | vars(sums)
    closed = (
        update(
            key,
            assign={"status": "finished"},
            require=Attr("points").eq(lane.points) & Attr("merchants").eq(lane.merchants),
        )
        for key, lane in lanes.items()
    )
    metrics = {"RunMerchants": sums.merchants, "RunPoints": sums.points, "RunTonnes": sums.tonnes}
    writes = (_move(run, "finish", changes), *closed)
    return Decision("buy_back_run_finished", finished.to_answer(sums), writes, metrics=metrics)


def retire(command: Command[NewRetirement], institution: Account, *, serial_key: bytes) -> Decision:
    """An institution's grams are used up, with a certificate. Refuses InsufficientGrams."""
    body = command.body
    terms = {institution.holder: AccountCondition(kind=INSTITUTION)}
    writes, facts = post(model.retirement(institution.holder, body.grams), record=command.id, terms=terms)
    proof = CertificateFacts(
        kind="retirement",
        holder=institution.name,
        beneficiary=body.beneficiary,
        grams=body.grams,
        points=0,
        purpose=body.purpose,
    )
    reference, certificate = issue(command, proof, serial_key=serial_key)
    answer = RetirementAnswer(id=command.id, at=command.at, certificate=reference.to_answer(), **body.model_dump())
    facts = replace(facts, counterparty=body.purpose, certificate=reference.serial)
    return Decision("retirement", answer, (*writes, certificate), facts)


def _move(run: Run, action: str, changes: Mapping[str, Any], as_read: ConditionBase | None = None) -> Write:
    unmoved = Attr("status").eq(run.status)
    return update(
        keys.run(run.id),
        assign=changes,
        require=unmoved & as_read if as_read else unmoved,
        refuse=seen(Run, lambda now: InvalidState(state=now.status if now else "?", action=action)),
    )


def _add_to_lane(run: str, amounts: Mapping[str, int], at: str, lanes: int) -> Write:
    running = Attr("status").eq("running")
    key = keys.run_lane(run, randrange(lanes))
    return update(key, assign={"at": at}, add=amounts, require=running, refuse=_finished)


def _finished(_: object) -> Refusal:
    return InvalidState(state="finished", action="buy back")
