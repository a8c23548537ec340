"""Starting, planning and finishing a run, paying a lot, retiring grams."""

from collections.abc import Sequence
from dataclasses import replace
from random import randrange
from typing import Any

from chalicelib.buyback import model
from chalicelib.buyback.model import LANES, STEPS, TONNE, Lot, NewRetirement, Part, Retirement, shown
from chalicelib.certificates.actions import issue
from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Item, put, update
from chalicelib.transitions import step

RUN_STARTED = "buy_back_run_started"


def start(command: Command[Any], *, full: bool) -> Decision:
    """A run, not planned yet. Its Record is published, and a reaction has it planned.

    ``full``: every merchant is looked at, not only those that the index hints at.
    """
    item = {"id": command.id, "status": "planning", "started_at": command.at, "finished_at": None, "full": full}
    listed = Listing(lists.BUY_BACK_RUNS, f"{command.at}:{command.id}").attributes
    open_lane = {"merchants": 0, "points": 0, "tonnes": 0, "parts": 0, "status": "running"}
    lanes = (put(keys.run_lane(command.id, lane), open_lane) for lane in range(LANES))
    run = put(keys.run(command.id), item | listed)
    return Decision(RUN_STARTED, shown(item, Part()), (run, *lanes), publish=True)


def plan_part(_: Command[Any], run: str, number: int, merchants: Sequence[str]) -> Decision:
    """Merchants of one message, remembered here because a queue may lose it."""
    item = {"number": number, "merchants": list(merchants), "status": "planned"}
    return Decision("buy_back_part_planned", Part(merchants=len(merchants)), (put(keys.run_part(run, number), item),))


def planned(command: Command[Any], item: Item, parts: int) -> Decision:
    """The plan is complete: the run ends when this many parts are done. Raises InvalidState."""
    status = step(STEPS, item["status"], "plan", command.caller.role)
    write = update(
        keys.run(item["id"]),
        assign={"status": status, "parts": parts},
        require=Attr("status").eq(item["status"]),
        refuse=lambda old: InvalidState(state=old["status"] if old else "?", action="plan"),
    )
    return Decision("buy_back_run_planned", shown(item | {"status": status}, Part()), (write,))


def pay(command: Command[Any], run: str, merchant: Account) -> Decision:
    """One lot: the whole tonnes of ``merchant`` (its account as read, with a tonne or more). The remainder stays.

    The merchant, one lane of the run, the Record. Refuses InvalidState once the run is finished; a balance that fell
    meanwhile is read again.
    """
    tonnes = merchant.points // TONNE
    points = tonnes * TONNE
    terms = {merchant.holder: AccountCondition(kind=INSTITUTION, refuse=lambda _: Contended())}
    writes, facts = post(model.exchange(merchant.id, tonnes), record=command.id, terms=terms)
    lane = update(
        keys.run_lane(run, randrange(LANES)),
        add={"merchants": 1, "points": points, "tonnes": tonnes},
        require=Attr("status").eq("running"),
        refuse=_finished,
    )
    lot = Lot(id=command.id, run=run, points=points, tonnes=tonnes, grams=points, at=command.at)
    return Decision("buy_back", lot, (*writes, lane), replace(facts, counterparty="buy-back", reference=run))


def part_done(_: Command[Any], run: str, number: int) -> Decision:
    """All merchants of a part were looked at."""
    done = update(
        keys.run_part(run, number),
        assign={"status": "done"},
        require=Attr("status").eq("planned"),
        refuse=lambda old: InvalidState(state=old["status"] if old else "?", action="done"),
    )
    lane = update(
        keys.run_lane(run, randrange(LANES)), add={"parts": 1}, require=Attr("status").eq("running"), refuse=_finished
    )
    return Decision("buy_back_part_done", Part(), (done, lane))


def finish(command: Command[Any], item: Item, lanes: Sequence[Item]) -> Decision:
    """The run ends with the totals of its lanes; no lot can join it any more.

    ``lanes`` as read: one that moved meanwhile is read again.
    """
    status, sums = step(STEPS, item["status"], "finish", command.caller.role), model.total(lanes)
    ended = {"status": status, "finished_at": command.at}
    run = update(
        keys.run(item["id"]),
        assign=ended | sums.model_dump(),
        require=Attr("status").eq(item["status"]),
        refuse=lambda old: InvalidState(state=old["status"] if old else "?", action="finish"),
    )
    closed = (
        update(
            keys.Key(lane["pk"], lane["sk"]),
            assign={"status": "finished"},
            require=Attr("points").eq(lane["points"]) & Attr("merchants").eq(lane["merchants"]),
        )
        for lane in lanes
    )
    tells = {"RunMerchants": sums.merchants, "RunPoints": sums.points, "RunTonnes": sums.tonnes}
    return Decision("buy_back_run_finished", shown(item | ended, sums), (run, *closed), metrics=tells)


def retire(command: Command[NewRetirement], institution: Account) -> Decision:
    """An institution's grams are used up, with a certificate. Refuses InsufficientGrams."""
    body = command.body
    terms = {institution.holder: AccountCondition(kind=INSTITUTION)}
    writes, facts = post(model.retirement(institution.holder, body.grams), record=command.id, terms=terms)
    issued, certificate = issue(
        record=command.id,
        at=command.at,
        kind="retirement",
        holder=institution.name,
        beneficiary=body.beneficiary,
        grams=body.grams,
        points=0,
        purpose=body.purpose,
    )
    answer = Retirement(id=command.id, at=command.at, certificate=issued, **body.model_dump())
    facts = replace(facts, counterparty=body.purpose, certificate=issued.serial)
    return Decision("retirement", answer, (*writes, certificate), facts)


def _finished(_: Item | None) -> Refusal:
    return InvalidState(state="finished", action="buy back")
