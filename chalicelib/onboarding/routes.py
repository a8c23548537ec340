"""/v1/applications"""

from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Blueprint
from pydantic import BaseModel

from chalicelib.accounts import queries as accounts
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound, Refusal
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.merchants.members import PlanFull
from chalicelib.onboarding import actions, prepare, queries
from chalicelib.onboarding.documents import actions as documents
from chalicelib.onboarding.documents.uploads import DocumentLink, DocumentOpened, NewDocument
from chalicelib.onboarding.forms import drafts
from chalicelib.onboarding.forms.answers import ApplicationAnswer
from chalicelib.onboarding.forms.plans import ApplicationChange, NewApplication
from chalicelib.onboarding.model import (
    Acknowledgement,
    Agreement,
    ApplicationParams,
    ApplicationState,
    Endorsement,
    Integration,
    Opinion,
    Review,
)
from chalicelib.onboarding.required import DocumentsMissing
from chalicelib.partners import queries as partners
from chalicelib.partners.handshake import HandshakeFailed
from chalicelib.settings import secret

room = Blueprint(__name__)
PARTIES = (INSTITUTION, EXCHANGE, BUREAU)
STEPPED = (NotFound, InvalidState)
LAST = (*STEPPED, AlreadyMerchant, AccountClosed, AccountFrozen)  # of the first step, and of those that may be the last


@command(
    room, "POST /v1/applications", body=NewApplication, answer=ApplicationState, allow=(INSTITUTION,), refuses=LAST
)
def apply(command: Command[NewApplication]) -> Decision:
    """Apply to join the mall, in one of four modes; or, as an active merchant, for an event beside its mode.

    The application is a draft until it is submitted; an institution has one open application at a time. One that names
    a sub-platform goes through its operator first, and so does a member's for an event.
    """
    return drafts.apply(command, accounts.own(command.caller))


@query(room, "/v1/applications", answer=Page[ApplicationAnswer], allow=PARTIES, params=ApplicationParams)
def applications(query: Query[ApplicationParams]) -> Page[ApplicationAnswer]:
    """Applications, those that wait longest in their state first.

    Exchange and bureau see all, an institution its own and those beneath its sub-platform (oldest first).
    """
    return queries.applications(query)


@query(room, "/v1/applications/{id}", answer=ApplicationAnswer, allow=PARTIES, refuses=(NotFound,))
def one_application(query: Query[Params], id: str) -> ApplicationAnswer:
    """One application, its documents and its history."""
    return queries.view(query.asker, id, query.now)


@command(
    room,
    "POST /v1/applications/{id}/documents",
    body=NewDocument,
    answer=DocumentOpened,
    allow=(INSTITUTION,),
    refuses=STEPPED,
)
def announce_document(command: Command[NewDocument], id: str) -> Decision:
    """Announce a file and get a form to send it with.

    S3 takes only the announced type, size and bytes, for an hour. The document counts once the bytes arrived and are
    what was announced; of a kind, the newest that arrived counts. An application takes 50 documents.
    """
    application, party = queries.visible(command.caller, id)
    identity = accounts.own(command.caller).identity
    return documents.open_upload(command, application, party, identity, secret("identity_key"))


@command(
    room,
    "POST /v1/applications/{id}/documents/{document}/link",
    body=Empty,
    answer=DocumentLink,
    allow=PARTIES,
    refuses=STEPPED,
)
def open_document(command: Command[Empty], id: str, document: str) -> Decision:
    """Get a link (5 minutes) to a document; that it was given out stands in the history.

    The applicant gets at most 200 links to the documents of one application.
    """
    return documents.link(command, *queries.visible(command.caller, id), queries.document(id, document))


@command(
    room,
    "PATCH /v1/applications/{id}",
    body=ApplicationChange,
    answer=ApplicationState,
    allow=(INSTITUTION,),
    refuses=STEPPED,
    status=200,
)
def edit_application(command: Command[ApplicationChange], id: str) -> Decision:
    """Change title or plan of a draft, or of what was returned. The history keeps a line."""
    return drafts.edit(command, *queries.visible(command.caller, id))


def _step(
    action: str,
    body: type[BaseModel],
    role: str,
    refuses: tuple[type[Refusal], ...] = STEPPED,
    prepare: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Decision]], Callable[..., Decision]]:
    """Declare a route that brings an application on."""
    route = f"POST /v1/applications/{{id}}/{action}"
    options: dict[str, Any] = {"allow": (role,), "refuses": refuses, "prepare": prepare}
    return command(room, route, body=body, answer=ApplicationState, status=200, **options)


@_step("submit", Empty, INSTITUTION, (*STEPPED, DocumentsMissing, AccountClosed, AccountFrozen), prepare.keep_documents)
def submit_application(command: Command[Empty], safe: Mapping[str, bool], id: str) -> Decision:
    """Submit a draft, or again what was returned."""
    return actions.submit(command, *queries.visible(command.caller, id), safe)


@_step("withdraw", Empty, INSTITUTION)
def withdraw_application(command: Command[Empty], id: str) -> Decision:
    """Withdraw an application that is not decided yet."""
    return actions.withdraw(command, *queries.visible(command.caller, id))


@_step("endorsement", Endorsement, INSTITUTION, (*STEPPED, AccountClosed, AccountFrozen))
def endorse_application(command: Command[Endorsement], id: str) -> Decision:
    """As operator of its sub-platform: let an application go to the exchange, or send it back."""
    return actions.endorse(command, *queries.visible(command.caller, id))


@_step("review", Review, EXCHANGE, (*LAST, PlanFull, DocumentsMissing))
def review_application(command: Command[Review], id: str) -> Decision:
    """Pass, return or reject a submitted application. An event that passes is active.

    A merchant that was admitted before keeps its mode; the event has terms and offers of its own.
    """
    application, party = queries.visible(command.caller, id)
    applicant = merchants.account(application.applicant) if application.event else None
    return actions.review(command, application, party, draw_key=secret("draw_key"), applicant=applicant)


@_step("opinion", Opinion, EXCHANGE)
def give_opinion(command: Command[Opinion], id: str) -> Decision:
    """Report the exchange's opinion on a reviewed application to the bureau."""
    return actions.opinion(command, *queries.visible(command.caller, id))


@_step("acknowledge", Acknowledgement, BUREAU)
def acknowledge_opinion(command: Command[Acknowledgement], id: str) -> Decision:
    """File the opinion. For the mode `other`, accept or refuse the mode.

    An application with an unfavourable opinion is rejected when the opinion is filed.
    """
    return actions.acknowledge(command, *queries.visible(command.caller, id))


@_step("agreement", Agreement, INSTITUTION, (*LAST, PlanFull))
def sign_agreement(command: Command[Agreement], id: str) -> Decision:
    """Record the signed cooperation agreement. With it the mode `other` is active."""
    return actions.agree(command, *queries.visible(command.caller, id))


@_step("integration", Integration, INSTITUTION, (*LAST, PlanFull, HandshakeFailed), prepare.prove_system)
def integrate_system(command: Command[Integration], _: None, id: str) -> Decision:
    """Make a handshake with the applicant's system; the institution is a merchant then.

    The platform sends a signed challenge to `callback_url` and waits for it to come back signed by `public_key`. A
    merchant may repeat this at any time: address and key are replaced, the key before stays valid for 24 hours, and
    webhooks that were disabled are sent again.
    """
    application, party = queries.visible(command.caller, id)
    return actions.integrate(command, application, party, partners.partner(application.applicant))
