"""/v1/grants"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.grants import actions, consent, queries
from chalicelib.grants.items import PARTIES
from chalicelib.grants.model import (
    CodeRedemption,
    Consent,
    GrantAnswer,
    GrantParams,
    OfferedGrantAnswer,
    ReportConsent,
)
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.outside import redirects
from chalicelib.settings import secret

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/grants",
    body=Consent,
    answer=OfferedGrantAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, consent.GrantLive, AccountClosed, AccountFrozen),
)
def offer_grant(command: Command[Consent]) -> Decision:
    """Consent that an operator reports the caller's reductions, or that a merchant takes her points in its own mall.

    The answer holds a code. The caller's client hands it to the partner's app, whose server redeems it within ten
    minutes with the verifier of ``code_challenge`` (RFC 7636). One grant may be live for a partner and a purpose.

    A client that sends the code somewhere by itself names the address as ``redirect_uri``: it is one of the scenario,
    or of ``GET /v1/merchants/{id}/consent-redirects``. Any other is refused.
    """
    account = accounts.own(command.caller)
    body, key = command.body.root, secret("grant_key")
    if isinstance(body, ReportConsent):
        scenario = consent.report_partner(queries.versions(body.scenario), command.at)
        redirects.registered(body.redirect_uri, scenario.consent_redirects)
        return consent.consent_to_report(command, scenario, account.counted_as, key)
    merchant = consent.spend_partner(body, queries.merchant(body.merchant, command.now), command.at)
    redirects.registered(body.redirect_uri, queries.redirects(merchant) if body.redirect_uri else ())
    return consent.consent_to_spend(command, body, merchant, key)


@command(
    room,
    "POST /v1/grants/redeem",
    body=CodeRedemption,
    answer=GrantAnswer,
    allow=(SCENARIO_OPERATOR, INSTITUTION),
    refuses=(actions.InvalidGrant, NotFound, AccountClosed, AccountFrozen),
    status=200,
)
def redeem_code(command: Command[CodeRedemption]) -> Decision:
    """Redeem a code, once: its grant is active from now on, and its id names the person to this partner."""
    return actions.redeem(command, queries.by_code(command.body.code, secret("grant_key")))


@query(room, "/v1/grants", answer=Page[GrantAnswer], allow=PARTIES, params=GrantParams, refuses=(NotFound,))
def grants(query: Query[GrantParams]) -> Page[GrantAnswer]:
    """The caller's grants, newest first: a person's all, a partner's those that it has redeemed."""
    return queries.grants(query)


@query(room, "/v1/grants/{id}", answer=GrantAnswer, allow=PARTIES, refuses=(NotFound,))
def one_grant(query: Query[Params], id: str) -> GrantAnswer:
    """One grant, with what was held under it today."""
    return queries.answer(query, queries.own(query.asker, id))


@command(
    room,
    "POST /v1/grants/{id}/withdraw",
    body=Empty,
    answer=GrantAnswer,
    allow=PARTIES,
    refuses=(NotFound, InvalidState),
    status=200,
)
def withdraw_grant(command: Command[Empty], id: str) -> Decision:
    """End a grant: no report of later trips, no new hold. Holds that exist can still be captured or released."""
    return actions.withdraw(command, queries.own(command.caller, id))
