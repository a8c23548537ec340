"""A run from its plan to its end. All of it may happen twice, at once, or after a crash anywhere: lots are paid once.

A message says ``{"run": id, "planned": n}`` (plan on behind so many parts) or ``{"run": id, "part": n}`` (pay these
merchants). The table remembers what a queue may lose, and ``resume`` sends it again.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from chalicelib import log
from chalicelib.agenda.attempts import attempt_each
from chalicelib.buyback import actions, model, queries
from chalicelib.buyback.items import Run, RunPart
from chalicelib.buyback.model import COUNTING_LANES, lot_id
from chalicelib.errors import InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.settle import derive, perform
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.queues import sender as queue
from chalicelib.settings import settings
from chalicelib.table import keys

RESENT_MAX = 1_000  # parts of a silent run that one firing sends again: once these are done, the next are
SWEEPING_SECONDS_MAX = 60
AGAIN_SECONDS = 1
Sweep = Callable[[float], bool]


def scheduled(moment: str) -> str:
    """Start the run of a scheduled time, once however often it fires; every merchant is looked at on Sundays (UTC)."""
    full = datetime.fromisoformat(moment).weekday() == 6
    id = keys.digest("run", moment)
    perform(id, partial(actions.start, full=full))
    return id


def handle(message: Mapping[str, Any], sweep: Sweep) -> None:
    """Do what a message says. ``sweep`` brings what was sold to merchants' accounts, until a time (time.monotonic);
    whether all of it.
    """
    run = _sent_on(queries.run(message["run"]), datetime.now(UTC))
    if "part" in message and run.status != "finished":
        _pay_part(run.id, queries.part(run.id, message["part"]))
    elif run.status == "planning":
        _plan(run, message.get("planned", 0), sweep)
    _finish(run.id)


def resume(now: datetime) -> None:
    """Send again what unfinished runs still wait for, where nothing was heard of them for some time. What is not lost
    comes twice, which changes nothing.
    """
    unfinished = queries.unfinished()
    log.count("RunsUnfinished", len(unfinished))
    attempt_each(unfinished, partial(_resume_run, now), what="run", name=str)


def _resume_run(now: datetime, id: str) -> None:
    run = _sent_on(queries.run(id), now)
    heard = [] if run.status == "planning" else [lane.at for lane in queries.lanes(id).values()]
    if run.is_silent(now, heard):
        open_parts = range(0) if run.status == "planning" else islice(queries.open_parts(id), RESENT_MAX)
        _send_all([{"run": id, "planned": run.planned}, *({"run": id, "part": number} for number in open_parts)])


def _plan(run: Run, planned: int, sweep: Sweep) -> None:
    """Plan on from ``planned`` parts, and have the next message plan on from there.

    A message that is doubled or retried finds more parts: it sends its own once more. It plans on itself only where
    nobody else has done so for some time, or each double would begin a chain of its own. Whoever planned sends the
    parts, then the next message, then says so; where it died before, ``_sent_on`` does it.
    """
    now = datetime.now(UTC)
    if not planned and not run.planned and not sweep(time.monotonic() + SWEEPING_SECONDS_MAX):
        if derive(actions.heard(run, datetime.now(UTC))).done:  # of doubles, one continues
            _send_all([{"run": run.id}], delay_seconds=AGAIN_SECONDS)
        return
    if run.planned == planned or run.is_silent(now):
        name = keys.digest("plan", run.id, str(run.planned))
        if _quietly(name, lambda command: actions.plan(command, run, queries.ahead(run))):
            _send(queries.run(run.id))
            return
    last = min(run.planned, planned + model.PARTS_AT_ONCE)
    _send_all({"run": run.id, "part": number} for number in range(planned + 1, last + 1))


def _send_all(messages: Iterable[dict[str, Any]], delay_seconds: int = 0) -> None:
    queue.send(messages, to=settings().buy_back_queue_url, delay_seconds=delay_seconds)


def _sent_on(run: Run, now: datetime) -> Run:
    """``run``; where whoever planned it died before it sent the messages, one of all who see it sends them."""
    if run.is_unsent(now) and derive(actions.heard(run, now)).done:
        _send(run)
    return run


def _send(run: Run) -> None:
    """What was planned and not sent, as read: its parts, and the message that plans on."""
    _send_all({"run": run.id, "part": number} for number in range(run.sent + 1, run.planned + 1))
    if run.status == "planning":
        _send_all([{"run": run.id, "planned": run.planned}])
    derive(actions.sent(run))


def _pay_part(run: str, part: RunPart | None) -> None:
    if part is None or part.status == "done":
        return
    due = queries.with_a_tonne(part.merchants)
    # the part is done when all of them were paid
    attempt_each(due, lambda account: pay(run, account.id, account), what="merchant", name=lambda account: account.id)
    _quietly(keys.digest("part done", run, str(part.number)), partial(actions.part_done, run=run, part=part))


def pay(run: str, merchant: str, known: Account | None = None) -> None:
    """One merchant's lot of a run, if it holds a tonne. ``known``: its account, where it was just read; the transaction
    confirms it, and it is read again where that fails. Raises Contended where its balance does not stay still.
    """
    accounts = iter([known] if known else [])

    def decide(command: Command[Any]) -> Decision:
        account = next(accounts, None) or queries.merchant_with_a_tonne(merchant)
        if account is None:
            raise InvalidState(state="less than a tonne", action="buy back")
        return actions.pay(command, run, account)

    with suppress(AccountFrozen, AccountClosed):  # since it was read
        _quietly(lot_id(run, merchant), decide)


def _finish(id: str) -> None:
    run = queries.run(id)
    if run.status != "running" or run.parts is None:
        return
    if sum(lane.parts for lane in queries.lanes(id, COUNTING_LANES).values()) >= run.parts:
        _quietly(keys.digest("finish", id), lambda command: _finishing(command, id))


def _finishing(command: Command[Any], id: str) -> Decision:
    return actions.finish(command, queries.run(id), queries.lanes(id))


def _quietly(record: str, decide: Callable[[Command[Any]], Decision]) -> bool:
    """Do it, unless it is not (or no longer) to be done: whether this call did. What is in the way for now (Contended)
    is raised.
    """
    try:
        return not perform(record, decide).replayed
    except InvalidState:
        return False
