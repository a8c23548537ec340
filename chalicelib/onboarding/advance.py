"""The one way of an application from state to state."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Merchant
from chalicelib.ledger.actions import AccountClosed
from chalicelib.ledger.standing import acting
from chalicelib.merchants import history
from chalicelib.merchants.actions import admission, remains
from chalicelib.merchants.members import Membership, joins
from chalicelib.merchants.model import SUB_PLATFORM_OPERATOR
from chalicelib.merchants.validity import validities
from chalicelib.onboarding import steps
from chalicelib.onboarding.items import Application
from chalicelib.onboarding.steps import APPLICANT, OPEN, STEPS, traits
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Write, delete
from chalicelib.transitions import step


def advance(
    command: Command[Any],
    application: Application,
    action: str,
    party: str,
    *,
    comment: str | None = None,
    changes: Mapping[str, Any] | None = None,
    more: tuple[Write, ...] = (),
) -> Decision:
    """The application after ``action``, its history, and what the new state brings with it.

    ``changes`` are fields of the application. One that stays active keeps its place and its time.
    """
    status: Any = step(STEPS, application.status, action, party, traits(application))
    moved = {"status": status, "since": command.at} if status != application.status else {}
    assign = moved | dict(changes or {})
    after = replace(application, **assign)
    listed = Listing(lists.applications(status), f"{after.since}:{after.id}") if moved else None
    name, _, outcome = action.partition(" ")
    line = history.line(command, after.id, name, outcome=outcome or None, status=status, comment=comment)
    writes = (
        *_conditions(command, application, action, party, after),
        steps.changed(application, assign, listed=listed),
    )
    return Decision(
        f"application_{status}", steps.state(after, party), (*writes, line, *more), Facts(application=after.id)
    )


def _conditions(
    command: Command[Any], application: Application, action: str, party: str, after: Application
) -> tuple[Write, ...]:
    """Whether the institution that takes the step may act, and what becomes of it with the application ``after`` it.

    A frozen institution takes no step, as applicant or as operator; it may withdraw. Authorities judge it all the
    same, but it does not become a merchant.
    """
    if application.status == "active":
        return (remains(application.applicant, application.id, action),)
    closed = (delete(keys.applying(application.applicant)),) if after.status not in OPEN else ()
    if after.beside:
        return closed  # its applicant is a merchant already: see actions.review
    if after.status == "active":
        return (*closed, *_admission(command, after))
    if action == "withdraw" or party not in (APPLICANT, SUB_PLATFORM_OPERATOR):
        return closed
    return (*closed, acting(application.applicant if party == APPLICANT else str(application.sub_platform)))


def _admission(command: Command[Any], application: Application) -> Iterator[Write]:
    """The institution becomes a merchant; an event's within the terms of its plan, and beneath a sub-platform within
    that one's plan. Refuses as ``apply`` does, and PlanFull.
    """
    above, planned = application.sub_platform, application.plan.get("planned_merchants")
    licence = application.documents.get("business_licence")
    merchant = Merchant(
        mode=application.mode,
        status="active",
        since=command.at,
        turn=command.id,
        sub_platform=above,
        application=application.id,
        event=application.event,
        planned_merchants=planned if isinstance(planned, int) else None,  # words do not bind
        counted=True if above else None,
    )
    yield admission(application.applicant, merchant, refuse=lambda _: AccountClosed())
    yield from validities(
        command,
        application.applicant,
        agreement=application.agreement.ends_on if application.agreement else None,
        licence=licence.expires_on if licence else None,
    )
    if above:
        member = Membership(merchant=application.applicant, since=command.at, admitted_by="application")
        yield from joins(command, above, member)
