"""The Step table of applications, and the one way from state to state: who may do what, in which state, for which mode
(docs/onboarding.md). Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Merchant
from chalicelib.ledger.actions import AccountClosed
from chalicelib.ledger.standing import acting
from chalicelib.merchants import history
from chalicelib.merchants.actions import admission, remains
from chalicelib.merchants.members import Membership, joins
from chalicelib.merchants.model import EVENT, MALL, OTHER, SUB_PLATFORM, SUB_PLATFORM_OPERATOR
from chalicelib.merchants.validity import validities
from chalicelib.onboarding.items import Application, Status
from chalicelib.onboarding.model import ApplicationState
from chalicelib.onboarding.required import REQUIRED, unended
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, delete, update
from chalicelib.transitions import Step, leaving, step

# The parties to an application. Both the applicant and the operator come in the role of an institution.
APPLICANT = "applicant"
DIRECT, BENEATH = "direct", "beneath"  # a sub-platform
FAVOURABLE, UNFAVOURABLE = "favourable", "unfavourable"

OPEN = tuple(state for state in get_args(Status) if state not in ("active", "rejected", "withdrawn"))

# An action is the name of its route and, where the body says one, the outcome.
STEPS = (
    Step("draft", "submit", "submitted", (APPLICANT,), (DIRECT,)),
    Step("draft", "submit", "with_operator", (APPLICANT,), (BENEATH,)),
    Step("returned", "submit", "submitted", (APPLICANT,), (DIRECT,)),
    Step("returned", "submit", "with_operator", (APPLICANT,), (BENEATH,)),
    Step("with_operator", "endorsement endorse", "submitted", (SUB_PLATFORM_OPERATOR,)),
    Step("with_operator", "endorsement return", "returned", (SUB_PLATFORM_OPERATOR,)),
    Step("submitted", "review pass", "reviewed", (EXCHANGE,), (MALL, SUB_PLATFORM, OTHER)),
    Step("submitted", "review pass", "active", (EXCHANGE,), (EVENT,)),
    Step("submitted", "review return", "returned", (EXCHANGE,)),
    Step("submitted", "review reject", "rejected", (EXCHANGE,)),
    Step("reviewed", "opinion favourable", "opinion_filed", (EXCHANGE,)),
    Step("reviewed", "opinion unfavourable", "opinion_filed", (EXCHANGE,)),
    Step("opinion_filed", "acknowledge accept", "acknowledged", (BUREAU,), (FAVOURABLE,)),
    Step("opinion_filed", "acknowledge accept", "rejected", (BUREAU,), (UNFAVOURABLE,)),
    Step("opinion_filed", "acknowledge refuse", "rejected", (BUREAU,), (OTHER,)),
    Step("acknowledged", "agreement", "agreement_signed", (APPLICANT,), (MALL, SUB_PLATFORM)),
    Step("acknowledged", "agreement", "active", (APPLICANT,), (OTHER,)),
    Step("agreement_signed", "integration", "active", (APPLICANT,)),
    Step("active", "integration", "active", (APPLICANT,), (MALL, SUB_PLATFORM)),  # another system, or another key
    *(Step(state, "withdraw", "withdrawn", (APPLICANT,)) for state in OPEN),
)
EDITABLE = ("draft", "returned")  # its documents may change


def traits(application: Application) -> tuple[str, ...]:
    """What distinguishes an application's steps from those of others."""
    conclusion = (application.opinion.conclusion,) if application.opinion else ()
    return (application.mode, BENEATH if application.sub_platform else DIRECT, *conclusion)


def party(caller: Caller, application: Application) -> str:
    """As what the caller may see this application. Raises NotFound where it may not."""
    if caller.reads_as(EXCHANGE, BUREAU):
        return caller.role
    if caller.holds(INSTITUTION, application.applicant):
        return APPLICANT
    if caller.holds(INSTITUTION, application.sub_platform):
        return SUB_PLATFORM_OPERATOR
    raise NotFound()


def next_actions(application: Application, party: str) -> list[str]:
    """The routes by which ``party`` may bring the application on."""
    steps = leaving(STEPS, application.status, traits(application))
    actions = dict.fromkeys(each.action.partition(" ")[0] for each in steps if party in each.roles)
    editable = party == APPLICANT and application.status in EDITABLE
    return [*(("documents",) if editable else ()), *actions]


def changed(application: Application, assign: Mapping[str, Any], *, listed: Listing | None = None) -> Write:
    """The application as read and changed by nobody since; else it is read again and decided again."""
    return update(
        keys.application(application.id),
        assign=dict(assign),
        add={"version": 1},
        listed=listed,
        require=Attr("version").eq(application.version),
    )


def state(application: Application, party: str) -> ApplicationState:
    """Where an application is, for one of its parties."""
    return ApplicationState(
        id=application.id,
        mode=application.mode,
        status=application.status,
        required_documents=list(REQUIRED[application.mode]),
        next_actions=next_actions(application, party),
    )


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
        changed(application, assign, listed=listed),
    )
    return Decision(f"application_{status}", state(after, party), (*writes, line, *more), Facts(application=after.id))


def _conditions(
    command: Command[Any], application: Application, action: str, party: str, after: Application
) -> tuple[Write, ...]:
    """Whether the institution that takes the step may act, and what becomes of it with the application ``after`` it.

    A frozen institution takes no step, as applicant or as operator; it may withdraw. Authorities judge it all the
    same, but it does not become a merchant. Raises EndedMeanwhile.
    """
    if application.status == "active":
        return (remains(application.applicant, application.id, action),)
    closed = (delete(keys.applying(application.applicant)),) if after.status not in OPEN else ()
    if after.beside:
        return closed  # its applicant is a merchant already: see actions.review
    if after.status == "active":
        unended(replace(after, status=application.status), action, command.now)
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
