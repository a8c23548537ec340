"""The Step table of applications: who may do what, in which state, for which mode (docs/onboarding.md). Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from chalicelib import shanghai
from chalicelib.errors import Contended, NotFound, Refusal, Text
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INSTITUTION, Caller
from chalicelib.merchants.model import EVENT, MALL, OTHER, SUB_PLATFORM, SUB_PLATFORM_OPERATOR
from chalicelib.onboarding.items import Application, Kind, Status
from chalicelib.onboarding.model import ApplicationState
from chalicelib.table import keys
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, update
from chalicelib.transitions import Step, leaving

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

KINDS: tuple[Kind, ...] = get_args(Kind)
_FORMAL: tuple[Kind, ...] = ("application_form", "business_licence", "legal_person_identity", "credit_report")
# Guide §7.3 a. An event is held on the platform, under the platform's own agreement with its users.
REQUIRED: dict[str, tuple[Kind, ...]] = {
    MALL: (*_FORMAL, "user_agreement"),
    SUB_PLATFORM: (*_FORMAL, "user_agreement"),
    EVENT: _FORMAL,
    OTHER: (*_FORMAL, "user_agreement"),
}


class DocumentsMissing(Refusal):
    status, code = 409, "documents_missing"
    title = Text("Required documents are missing", "缺少必需材料")
    detail = Text(
        "The kinds in missing have no document that arrived intact and is still valid.",
        "missing 中列出的材料尚未完整送达，或已过有效期。",
    )
    remedy = Text(
        "Announce and upload the missing kinds; a document counts once its bytes arrived and match.",
        "请登记并上传所缺材料；文件送达且与登记一致后方为有效。",
    )


class DocumentsChanged(Contended):
    """What was prepared is not what the decision needs, so deciding again here would not help."""

    again = False
    title = Text("A document arrived meanwhile", "提交期间有新材料送达")
    detail = Text(
        "A newer document arrived while the application was being submitted. Nothing was done; send the same request"
        " again in {retry_after} s.",
        "提交过程中有新的申请材料送达。本次未做任何变更；请在 {retry_after} 秒后原样重发。",
    )


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


def missing(application: Application, now: datetime) -> list[Kind]:
    """Required kinds without a document that counts; a licence that has expired does not."""
    today, counting = shanghai.clock(now).date().isoformat(), application.documents
    valid = {kind for kind, each in counting.items() if not each.expires_on or each.expires_on >= today}
    return [kind for kind in REQUIRED[application.mode] if kind not in valid]


def changed(application: Application, assign: Mapping[str, Any], *, listed: Listing | None = None) -> Write:
    """The application as read and changed by nobody since; else it is read again and decided again."""
    return update(
        keys.application(application.id),
        assign=dict(assign),
        add={"version": 1},
        listed=listed,
        require=Attr("version").eq(application.version),
    )


def complete(application: Application, now: datetime) -> None:
    """Raises DocumentsMissing."""
    if lacking := missing(application, now):
        raise DocumentsMissing(missing=lacking)


def state(application: Application, party: str) -> ApplicationState:
    """Where an application is, for one of its parties."""
    return ApplicationState(
        id=application.id,
        mode=application.mode,
        status=application.status,
        required_documents=list(REQUIRED[application.mode]),
        next_actions=next_actions(application, party),
    )
