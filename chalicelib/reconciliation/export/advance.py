"""From the schedule to the day's result: who does which step next. A message names a day, a step and a number.

What stands in the bucket says what is done, so each message may die at any line and may come twice, and two that
finish a step at once both send the next one.
"""

import json
from collections.abc import Mapping
from typing import Any

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


class ExportFailed(Exception):
    """DynamoDB did not export the table. Fire the schedule again: it starts another export."""


def begin(day: str) -> None:
    """Start the export of a day, or continue what was begun; another one where that failed."""
    arn = objects.get(objects.export_key(day)) if objects.there(objects.export_key(day)) else ""
    if not arn or export.export(arn).status == "FAILED":
        arn = export.start(prefix=objects.folder_key(day), token=keys.digest("books", day, arn))
        objects.put(objects.export_key(day), arn)
    if objects.there(objects.plan_key(day)):
        _send(day, "count", objects.plan_of(day))
    else:
        sender.send([{"day": day, "step": "await"}], to=settings().books_queue_url)


def advance(message: Mapping[str, Any]) -> Reconciliation | None:
    """One step, if it is still to be done; then the next, if it was the last of its kind: in the end, the result.

    Raises ExportFailed.
    """
    day, step = str(message["day"]), str(message["step"])
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


def _await(day: str) -> None:
    found = export.export(objects.get(objects.export_key(day)))
    if found.status == "FAILED":
        raise ExportFailed(found.failure)
    if found.status != "COMPLETED":
        again = {"day": day, "step": "await"}
        sender.send([again], to=settings().books_queue_url, delay_seconds=LOOK_AGAIN_SECONDS)
        return
    plan = _plan(found)
    objects.keep_plan(day, plan)
    _send(day, "count", plan)


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
        steps.weigh(day, plan)
        _send(day, "judge", plan)
        return None
    verdict = steps.conclude(day, plan)
    if step == "judge" and verdict.findings.named:
        objects.put(objects.named_key(day), sorted({each.account for each in verdict.findings.named}))
        _send(day, "trace", plan)
        return None
    return steps.made(day, plan, verdict)


def _send(day: str, step: str, plan: Plan) -> None:
    messages = [{"day": day, "step": step, "number": number} for number in range(plan.count(step))]
    sender.send(messages, to=settings().books_queue_url)
