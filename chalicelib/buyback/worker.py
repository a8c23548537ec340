"""A run from its plan to its end. All of it may happen twice, at once, or after a crash anywhere: lots are paid once.

A message says ``{"run": id}`` (plan it) or ``{"run": id, "part": n}`` (pay these merchants). The table remembers what a
queue may lose, and ``resume`` sends it again.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from chalicelib import log
from chalicelib.buyback import actions, queries
from chalicelib.buyback.items import Run, RunPart
from chalicelib.buyback.model import PART_MERCHANTS, lot_id
from chalicelib.edge.events import for_each
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import perform
from chalicelib.queues import sender as queue
from chalicelib.table import keys

HINT_DAYS = 2  # a day between runs, and one for a stream that was late
Sweep = Callable[[str], int]


def scheduled(moment: str) -> str:
    """Start the run of a scheduled time, once however often it fires; every merchant is looked at on Sundays (UTC)."""
    full = datetime.fromisoformat(moment).weekday() == 6
    id = keys.digest("run", moment)
    perform(id, partial(actions.start, full=full))
    return id


def handle(message: Mapping[str, Any], sweep: Sweep) -> None:
    """Do what a message says. ``sweep`` empties a merchant's tills into its account first."""
    run = queries.run(message["run"])
    if run.status == "planning":
        _plan(run)
    elif run.status == "running" and "part" in message:
        _pay_part(run.id, queries.part(run.id, message["part"]), sweep)
    _finish(run.id)


def resume() -> None:
    """Send again what unfinished runs still wait for. What is not lost comes twice, which changes nothing."""
    unfinished = queries.unfinished()
    log.count("RunsUnfinished", len(unfinished))
    for_each(unfinished, _resume_run, what="run", name=str)


def _resume_run(id: str) -> None:
    queue.send([{"run": id}, *({"run": id, "part": number} for number in queries.open_parts(id))])


def _plan(run: Run) -> None:
    now = datetime.now(UTC)
    merchants = queries.all_merchants() if run.full else queries.due_merchants(now, HINT_DAYS)
    waiting, count = iter(merchants), 0
    while part := list(islice(waiting, PART_MERCHANTS)):
        count += 1
        planning = partial(actions.plan_part, run=run.id, number=count, merchants=part)
        _quietly(keys.digest("part", run.id, str(count)), planning)
    _quietly(keys.digest("planned", run.id), partial(actions.planned, run=run, parts=count))
    queue.send({"run": run.id, "part": number} for number in queries.open_parts(run.id))


def _pay_part(run: str, part: RunPart | None, sweep: Sweep) -> None:
    if part is None or part.status == "done":
        return

    def one(merchant: str) -> None:
        sweep(merchant)
        pay(run, merchant)

    for_each(part.merchants, one, what="merchant", name=str)  # the part is done when all of them were paid
    _quietly(keys.digest("part done", run, str(part.number)), partial(actions.part_done, run=run, part=part))


def pay(run: str, merchant: str) -> None:
    """One merchant's lot of a run, if it holds a tonne. Raises Contended where its balance does not stay still."""

    def decide(command: Command[Any]) -> Decision:
        account = queries.merchant_with_a_tonne(merchant)
        if account is None:
            raise InvalidState(state="less than a tonne", action="buy back")
        return actions.pay(command, run, account)

    _quietly(lot_id(run, merchant), decide)


def _finish(id: str) -> None:
    run = queries.run(id)
    if run.status != "running" or run.parts is None:
        return
    if sum(lane.parts for lane in queries.lanes(id).values()) >= run.parts:
        _quietly(keys.digest("finish", id), lambda command: _finishing(command, id))


def _finishing(command: Command[Any], id: str) -> Decision:
    return actions.finish(command, queries.run(id), queries.lanes(id))


def _quietly(record: str, decide: Callable[[Command[Any]], Decision]) -> None:
    """Do it, unless it is not (or no longer) to be done. What is in the way for now (Contended) is raised."""
    try:
        perform(record, decide)
    except InvalidState:
        return
