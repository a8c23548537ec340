"""From the schedule to the day's result: who does which step next. A message names a run, a step and a number.

What stands in the bucket says what is done, so each message may die at any line and may come twice. The messages of a
step are sent until a mark says that they were: whoever finds the step before done without it sends them, and nobody
afterwards, however often a message is received again. What a queue lost nevertheless, ``again`` sends.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.kernel.fields import stamp
from chalicelib.queues import sender
from chalicelib.reconciliation.export import objects, runs, steps
from chalicelib.reconciliation.export.plans import Plan
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.settings import settings
from chalicelib.table import export

LOOK_AGAIN_SECONDS = 120
QUIET = timedelta(minutes=30)  # a task takes 15 at most, so a day silent for longer has lost a message
STEPS = ("count", "judge", "trace")


def begin(day: str, now: datetime) -> None:
    """Start the export of a day, or another one where that failed; send again what is left of a day that was begun."""
    run = runs.run_of(day, now)
    arn = runs.asked(run)
    if arn and run == objects.full(day) and export.export(arn).status == "FAILED":
        runs.start(run, now, arn)
    _go_on(day, now)


def again(day: str, now: datetime) -> None:
    """The same for a day of which nothing was heard for some time, and whose export did not fail."""
    heard = objects.get(objects.heard_key(day)) if objects.there(objects.heard_key(day)) else ""
    if heard and heard < stamp(now - QUIET) and not _failed(objects.full(day)):
        _go_on(day, now)


def advance(message: Mapping[str, Any], now: datetime) -> Reconciliation | None:
    """One step, if it is still to be done; then the next, if it was the last of its kind: in the end, the result."""
    day, step = str(message["day"]), str(message["step"])
    if step == "again":
        again(day, now)
        return None
    if "run" not in message:
        return None  # of the version before: the day begins again once it was silent
    _hear(day, now)
    run = str(message["run"])
    if step == "await":
        _await(run, now)
        return None
    plan, number = objects.plan_of(run), int(message["number"])
    done = objects.done_key(run, step, number)
    if not objects.there(done):
        objects.put(done, _done(run, step, plan, number))
    if len(objects.finished(run, step)) == plan.count(step):
        return _next(run, step, plan, now)
    return None


def _go_on(day: str, now: datetime) -> None:
    """Have the export made, if there is none; then send what is left of the run."""
    _hear(day, now)
    run = runs.run_of(day, now)
    if not runs.asked(run):
        run = runs.start(run, now)
    _send_left(run)


def _turn(day: str, now: datetime) -> None:
    """Changes do not say what is right: look at the whole table, which has all Records behind a difference, too."""
    run = objects.full(day)
    if not runs.asked(run):
        runs.start(run, now)
        _send_left(run)


def _hear(day: str, now: datetime) -> None:
    objects.put(objects.heard_key(day), stamp(now))


def _failed(run: str) -> bool:
    """Whether the present export is known to have failed."""
    key = objects.failed_key(run)
    return objects.there(key) and bool(objects.get(key)["export"] == objects.get(objects.export_key(run)))


def _await(run: str, now: datetime) -> None:
    day = objects.day_of(run)
    found = export.export(objects.get(objects.export_key(run)))
    if found.status == "FAILED":
        objects.put(objects.failed_key(run), {"export": found.arn, "failure": found.failure})
        log.emit(log.FAILED, logging.ERROR, what="export", name=day)
        if run == objects.full(day):
            log.count("ExportsFailed")
        else:
            _turn(day, now)
    elif found.status != "COMPLETED":
        _look_again(run)
    else:
        _send(run, "count", objects.keep_plan(run, runs.plan(run, found, now)))


def _look_again(run: str) -> None:
    message = {"day": objects.day_of(run), "run": run, "step": "await"}
    sender.send([message], to=settings().books_queue_url, delay_seconds=LOOK_AGAIN_SECONDS)


def _done(run: str, step: str, plan: Plan, number: int) -> dict[str, Any]:
    if step == "count":
        return steps.count(run, plan, number)
    return steps.judge(run, plan, number) if step == "judge" else steps.trace(run, plan, number)


def _next(run: str, step: str, plan: Plan, now: datetime) -> Reconciliation | None:
    """A step is done."""
    if step == "count":
        if not objects.there(objects.sums_key(run)):
            steps.weigh(run, plan)
        _send(run, "judge", plan)
        return None
    if step == "judge" and steps.conclude(run, plan).named:
        if plan.base:
            _turn(objects.day_of(run), now)
        else:
            _send(run, "trace", plan)
        return None
    return steps.made(run, plan)


def _send(run: str, step: str, plan: Plan) -> None:
    """All messages of a step, unless they were sent. Who dies before the mark is set sends them once more."""
    if not objects.there(objects.sent_key(run, step)):
        _messages(run, step, range(plan.count(step)))
        objects.put(objects.sent_key(run, step), plan.count(step))


def _send_left(run: str) -> None:
    """What is not done of the step that was sent last; where all of it is, one of it, which continues."""
    if not objects.there(objects.plan_key(run)):
        sender.send([{"day": objects.day_of(run), "run": run, "step": "await"}], to=settings().books_queue_url)
        return
    plan = objects.plan_of(run)
    step = next((each for each in reversed(STEPS) if objects.there(objects.sent_key(run, each))), "count")
    done = {*objects.finished(run, step)}
    left = [number for number in range(plan.count(step)) if objects.done_key(run, step, number) not in done]
    _messages(run, step, left or [0])


def _messages(run: str, step: str, numbers: Iterable[int]) -> None:
    messages = [{"day": objects.day_of(run), "run": run, "step": step, "number": number} for number in numbers]
    sender.send(messages, to=settings().books_queue_url)
