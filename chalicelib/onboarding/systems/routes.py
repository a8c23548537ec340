"""/v1/merchants/{id}/integration, /v1/merchants/{id}/consent-redirects"""

from chalice.app import Blueprint

from chalicelib.edge.caching import REVALIDATE
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.onboarding.model import Integration
from chalicelib.onboarding.systems import actions, prepare, queries
from chalicelib.onboarding.systems.model import ConsentRedirects, SystemAnswer, to_answer
from chalicelib.partners import queries as partners
from chalicelib.partners.handshake import HandshakeFailed

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/merchants/{id}/integration",
    body=Integration,
    answer=SystemAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, AccountClosed, AccountFrozen, HandshakeFailed),
    status=200,
    prepare=prepare.prove_system,
)
def register_merchant_system(command: Command[Integration], _: None, id: str) -> Decision:
    """Make a handshake with the merchant's own system, and register it: the first, or another.

    For a third-party mall or a sub-platform, one that was approved outside the platform included. The rest is as in
    `POST /v1/applications/{id}/integration`: the key before stays valid for 24 hours, and webhooks that were disabled
    are sent again.
    """
    account = queries.own(command.caller, id)
    return actions.register_system(command, account, queries.admitted_by(account), partners.partner(id))


@query(
    room,
    "/v1/merchants/{id}/integration",
    answer=SystemAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound,),
)
def merchant_system(query: Query[Params], id: str) -> SystemAnswer:
    """The merchant's own system, for itself and the exchange: address, keys, and whether it gets webhooks."""
    return to_answer(queries.system(query.asker, id))


@query(
    room,
    "/v1/merchants/{id}/consent-redirects",
    answer=ConsentRedirects,
    refuses=(NotFound,),
    cache=REVALIDATE,
)
def merchant_consent_redirects(_: Query[Params], id: str) -> ConsentRedirects:
    """Where a person's client may send the code of her consent for this merchant.

    Whoever gets the code may use it in the merchant's shop, so a client sends it to one of these addresses, or shows it
    to the person. `POST /v1/grants` refuses any other `redirect_uri`.
    """
    return queries.consent_redirects(id)
