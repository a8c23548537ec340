"""From the schedule to the day's result: who does which step next. A message names a day, a step and a number.

What stands in the bucket says what is done, so each message may die at any line and may come twice. The messages of a
step are sent until a mark says that they were: whoever finds the step before done without it sends them, and nobody
afterwards, however often a message is received again. What a queue lost nevertheless, ``again`` sends.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.files import store
from chalicelib.kernel.fields import stamp
from chalicelib.queues import sender
from chalicelib.reconciliation.export import objects, steps
from chalicelib.reconciliation.export.objects import Plan
from chalicelib.reconciliation.model import Reconciliation
from chalicelib.settings import settings
from chalicelib.supervision.audit.spread import parts_for
from chalicelib.table import export, keys

LOOK_AGAIN_SECONDS = 120
QUIET = timedelta(minutes=30)  # a task takes 15 at most, so a day silent for longer has lost a message
STEPS = ("count", "judge", "trace")


def begin(day: str, now: datetime) -> None:
    """Start the export of a day, or another one where that failed; send again what is left of a day that was begun."""
    arn = objects.get(objects.export_key(day)) if objects.there(objects.export_key(day)) else ""
    if not arn or export.export(arn).status == "FAILED":
        arn = export.start(prefix=objects.folder_key(day), token=keys.digest("books", day, arn))
        objects.put(objects.export_key(day), arn)
    _hear(day, now)
    _send_left(day)


def again(day: str, now: datetime) -> None:
    """The same for a day of which nothing was heard for some time, and whose export did not fail."""
    heard = objects.get(objects.heard_key(day)) if objects.there(objects.heard_key(day)) else ""
    if heard and heard < stamp(now - QUIET) and not _failed(day):
        _hear(day, now)
        _send_left(day)


def advance(message: Mapping[str, Any], now: datetime) -> Reconciliation | None:
    """One step, if it is still to be done; then the next, if it was the last of its kind: in the end, the result."""
    day, step = str(message["day"]), str(message["step"])
    if step == "again":
        again(day, now)
        return None
    _hear(day, now)
    if step == "await":
        _await(day)
        return None
    plan, number = objects.plan_of(day), int(message["number"])
    done = objects.done_key(day, step, number)
    if not objects.there(done):
        objects.put(done, _done(day, step, plan, number))
    if len(objects.finished(day, step)) == plan.count(step):
        return _next(day, step, plan)
    return None


def _hear(day: str, now: datetime) -> None:
    objects.put(objects.heard_key(day), stamp(now))


def _failed(day: str) -> bool:
    """Whether the present export is known to have failed."""
    key = objects.failed_key(day)
    return objects.there(key) and bool(objects.get(key)["export"] == objects.get(objects.export_key(day)))


def _await(day: str) -> None:
    found = export.export(objects.get(objects.export_key(day)))
    if found.status == "FAILED":
        objects.put(objects.failed_key(day), {"export": found.arn, "failure": found.failure})
        log.emit(log.FAILED, logging.ERROR, what="export", name=day)
        log.count("ExportsFailed")
    elif found.status != "COMPLETED":
        _look_again(day)
    else:
        _send(day, "count", objects.keep_plan(day, _plan(found)))


def _look_again(day: str) -> None:
    message = {"day": day, "step": "await"}
    sender.send([message], to=settings().books_queue_url, delay_seconds=LOOK_AGAIN_SECONDS)


def _plan(found: export.Export) -> Plan:
    """The files that the manifest names. They lie beside it, whether or not it names the prefix too."""
    folder = found.manifest.rpartition("/")[0]
    entries = [json.loads(line) for line in store.read(f"{folder}/manifest-files.json").splitlines() if line.strip()]
    files = [f"{folder}/data/{each['dataFileS3Key'].rpartition('/')[2]}" for each in entries]
    return Plan(stamp(found.at), files, parts_for(sum(int(each["itemCount"]) for each in entries)))


def _done(day: str, step: str, plan: Plan, number: int) -> dict[str, Any]:
    if step == "count":
        return steps.count(day, plan, number)
    return steps.judge(day, number) if step == "judge" else steps.trace(day, plan, number)


def _next(day: str, step: str, plan: Plan) -> Reconciliation | None:
    """A step is done."""
    if step == "count":
        if not objects.there(objects.sums_key(day)):
            steps.weigh(day, plan)
        _send(day, "judge", plan)
        return None
    if step == "judge" and steps.conclude(day, plan).named:
        _send(day, "trace", plan)
        return None
    return steps.made(day, plan)


def _send(day: str, step: str, plan: Plan) -> None:
    """All messages of a step, unless they were sent. Who dies before the mark is set sends them once more."""
    if not objects.there(objects.sent_key(day, step)):
        _messages(day, step, range(plan.count(step)))
        objects.put(objects.sent_key(day, step), plan.count(step))


def _send_left(day: str) -> None:
    """What is not done of the step that was sent last; where all of it is, one of it, which continues."""
    if not objects.there(objects.plan_key(day)):
        sender.send([{"day": day, "step": "await"}], to=settings().books_queue_url)
        return
    plan = objects.plan_of(day)
    step = next((each for each in reversed(STEPS) if objects.there(objects.sent_key(day, each))), "count")
    done = {*objects.finished(day, step)}
    left = [number for number in range(plan.count(step)) if objects.done_key(day, step, number) not in done]
    _messages(day, step, left or [0])


def _messages(day: str, step: str, numbers: Iterable[int]) -> None:
    messages = [{"day": day, "step": step, "number": number} for number in numbers]
    sender.send(messages, to=settings().books_queue_url)
