"""Applying, and changing what an applicant wrote before it is submitted and after it was returned."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, RoleNotAllowed, unprocessable
from chalicelib.kernel import validation
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed
from chalicelib.merchants import history
from chalicelib.merchants.actions import may_be_admitted, not_free
from chalicelib.merchants.beside import may_begin, not_now, runs_beside
from chalicelib.merchants.model import EVENT, SUB_PLATFORM
from chalicelib.onboarding import steps
from chalicelib.onboarding.forms.plans import PLANS, ApplicationChange, NewApplication, as_stored
from chalicelib.onboarding.items import Application, Applied
from chalicelib.onboarding.steps import APPLICANT, EDITABLE, STEPS, state, traits
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, check, put
from chalicelib.transitions import not_a_step

NEVER = "9999"


def apply(command: Command[NewApplication], account: Account) -> Decision:
    """A draft; of a merchant, for an event beside its mode. Refuses InvalidState while another application is open,
    AlreadyMerchant, NoNewEvent, AccountFrozen, AccountClosed; InvalidRequest where the event is over or the
    sub-platform is none, or not its own.
    """
    draft, applied = _draft(command, account), Applied(application=command.id)
    pointers = [keys.applied(each, command.at, draft.id) for each in (account.id, draft.sub_platform) if each]
    writes = (
        _may_apply(command, account),
        put(keys.applying(account.id), applied, refuse=_another_is_open),
        put(keys.application(draft.id), draft, listed=Listing(lists.applications("draft"), f"{command.at}:{draft.id}")),
        history.line(command, draft.id, "apply", status="draft", comment=None),
        *(put(pointer, applied) for pointer in pointers),
        *(() if _beside(command, account) else _beneath(draft)),
    )
    return Decision("application_drafted", state(draft, APPLICANT), writes, Facts(application=draft.id))


def _beside(command: Command[NewApplication], account: Account) -> bool:
    return command.body.root.mode == EVENT and runs_beside(account, command.at)


def _may_apply(command: Command[NewApplication], account: Account) -> Write:
    if _beside(command, account):
        return check(account.key, may_begin(account), not_now("apply"))
    return check(account.key, may_be_admitted(command.at), not_free(lambda _: AccountClosed()))


def _draft(command: Command[NewApplication], account: Account) -> Application:
    body = command.body.root
    return Application(
        id=command.id,
        applicant=account.id,
        name=account.name,
        mode=body.mode,
        category=body.mode,
        title=body.title,
        plan=_in_future(as_stored(body.plan), command.at),
        sub_platform=_own(body.sub_platform, account) if _beside(command, account) else body.sub_platform,
        status="draft",
        created_at=command.at,
        since=command.at,
    )


def _own(named: str | None, account: Account) -> str | None:
    """The sub-platform above a merchant, whose operator sees its event first. Raises InvalidRequest for another one."""
    own = account.as_merchant.sub_platform
    if named not in (None, own):
        en, zh = "Is not the one that you sell under: leave it out", "不是您所属的分平台，请勿填写"
        raise InvalidRequest.at("/sub_platform", en, zh)
    return own


def _in_future(plan: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    if plan.get("ends_at", NEVER) <= at:
        raise InvalidRequest.at("/plan/ends_at", "Must lie in the future", "应晚于当前时间")
    return plan


def _beneath(draft: Application) -> tuple[Write, ...]:
    """The sub-platform that an application names, if it names one, is one that takes merchants."""
    if draft.sub_platform is None:
        return ()
    en, zh = "Is no sub-platform that takes merchants", "不是可入驻的分平台"
    if draft.mode == SUB_PLATFORM or draft.sub_platform == draft.applicant:
        raise InvalidRequest.at("/sub_platform", en, zh)
    open_to_merchants = Attr("merchant.mode").eq(SUB_PLATFORM) & Attr("merchant.status").eq("active")
    open_to_merchants &= Attr("status").eq("active")
    refuse = unprocessable("/sub_platform", en, zh)
    return (check(keys.account(keys.holder(draft.sub_platform)), open_to_merchants, refuse),)


def edit(command: Command[ApplicationChange], application: Application, party: str) -> Decision:
    """New title or plan (guide §7.3 a). Raises RoleNotAllowed, InvalidState once it is submitted, InvalidRequest where
    the plan is not one of the application's mode or its event is over.
    """
    if party != APPLICANT:
        raise RoleNotAllowed(allowed=APPLICANT, role=party)
    if application.status not in EDITABLE:
        raise not_a_step(STEPS, application.status, "edit", party, traits(application))
    changes, status = _changes(command, application), application.status
    line = history.line(command, application.id, "edit", status=status, comment=", ".join(sorted(changes)))
    writes = (steps.changed(application, changes), line)
    return Decision("application_edited", state(application, party), writes, Facts(application=application.id))


def _changes(command: Command[ApplicationChange], application: Application) -> Mapping[str, Any]:
    body, changes = command.body, dict[str, Any]()
    if body.title is not None:
        changes["title"] = body.title
    if body.plan is not None:
        changes["plan"] = _plan(command, application.mode)
    if not changes:
        raise InvalidRequest.at("", "Name the title or the plan to change", "请给出要修改的标题或方案")
    return changes


def _plan(command: Command[ApplicationChange], mode: str) -> Mapping[str, Any]:
    try:
        plan = PLANS[mode].model_validate_json(json.dumps(command.body.plan))
    except ValidationError as error:
        raise validation.invalid(error, prefix="/plan") from None
    return _in_future(as_stored(plan), command.at)  # type: ignore[arg-type]  # one of the Plan types


def _another_is_open(_: Any) -> Refusal:
    return InvalidState(state="open", action="apply")
