"""Changing what an applicant wrote, before it is submitted and after it was returned."""

import json

from pydantic import ValidationError

from chalicelib.errors import InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.kernel import validation
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.merchants import history
from chalicelib.onboarding import steps
from chalicelib.onboarding.plans import PLANS, ApplicationChange, kept
from chalicelib.onboarding.steps import APPLICANT, EDITABLE, state
from chalicelib.table.write import Item

NEVER = "9999"


def edit(command: Command[ApplicationChange], item: Item, party: str) -> Decision:
    """New title or plan (guide §7.3 a). Raises RoleNotAllowed, InvalidState once it is submitted, InvalidRequest where
    the plan is not one of the application's mode or its event is over.
    """
    if party != APPLICANT:
        raise RoleNotAllowed(allowed=APPLICANT, role=party)
    if item["status"] not in EDITABLE:
        raise InvalidState(state=item["status"], action="edit")
    changes = _changes(command, item)
    line = history.line(command, item["id"], "edit", status=item["status"], comment=", ".join(sorted(changes)))
    writes = (steps.changed(item, changes), line)
    return Decision("application_edited", state(item | changes, party), writes, Facts(application=item["id"]))


def _changes(command: Command[ApplicationChange], item: Item) -> Item:
    body, changes = command.body, Item()
    if body.title is not None:
        changes["title"] = body.title
    if body.plan is not None:
        changes["plan"] = _plan(command, item["mode"])
    if not changes:
        raise InvalidRequest.at("", "Name the title or the plan to change", "请给出要修改的标题或方案")
    return changes


def _plan(command: Command[ApplicationChange], mode: str) -> Item:
    try:
        plan = PLANS[mode].model_validate_json(json.dumps(command.body.plan))
    except ValidationError as error:
        raise validation.invalid(error, prefix="/plan") from None
    changed = kept(plan)  # type: ignore[arg-type]  # one of the Plan types
    if changed.get("ends_at", NEVER) <= command.at:
        raise InvalidRequest.at("/plan/ends_at", "Must lie in the future", "应晚于当前时间")
    return changed
