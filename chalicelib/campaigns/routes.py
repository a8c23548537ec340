"""/v1/campaigns, /v1/donations"""

from random import randrange

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.campaigns import actions, queries, worker
from chalicelib.campaigns.model import (
    STRIPES,
    Campaign,
    CampaignParams,
    Donation,
    Judgement,
    NewCampaign,
    NewDonation,
)
from chalicelib.edge.caching import LIVE
from chalicelib.edge.endpoints import command, query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints

room = Blueprint(__name__)
JUDGED = (NotFound, InvalidState)


@command(
    room,
    "POST /v1/campaigns",
    body=NewCampaign,
    answer=Campaign,
    allow=(INSTITUTION,),
    refuses=(NotFound, AccountClosed, AccountFrozen),
)
def propose_campaign(command: Command[NewCampaign]) -> Decision:
    """Propose a campaign."""
    return actions.propose(command, accounts.own(command.caller))


@query(room, "/v1/campaigns", answer=Page[Campaign], params=CampaignParams, cache=LIVE)
def campaigns(query: Query[CampaignParams]) -> Page[Campaign]:
    """Campaigns, newest first."""
    return queries.campaigns(query)


@query(room, "/v1/campaigns/{id}", answer=Campaign, refuses=(NotFound,), cache=LIVE)
def one_campaign(query: Query[Params], id: str) -> Campaign:
    """One campaign, with what it has gathered."""
    return queries.view(id)


@command(
    room,
    "POST /v1/campaigns/{id}/approve",
    body=Empty,
    answer=Campaign,
    allow=(EXCHANGE,),
    refuses=(*JUDGED, actions.CampaignClosed, AccountClosed, AccountFrozen),
    status=200,
)
def approve_campaign(command: Command[Empty], id: str) -> Decision:
    """Let a campaign gather points."""
    return actions.approve(command, queries.item(id))


@command(
    room,
    "POST /v1/campaigns/{id}/reject",
    body=Judgement,
    answer=Campaign,
    allow=(EXCHANGE,),
    refuses=JUDGED,
    status=200,
)
def reject_campaign(command: Command[Judgement], id: str) -> Decision:
    """Refuse a proposed campaign for good."""
    return actions.reject(command, queries.item(id))


@command(
    room,
    "POST /v1/campaigns/{id}/close",
    body=Empty,
    answer=Campaign,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(*JUDGED, AccountClosed, AccountFrozen),
    status=200,
)
def close_campaign(command: Command[Empty], id: str) -> Decision:
    """Retire what was gathered for the beneficiary, with a certificate."""
    return worker.close(command, queries.own(command.caller, id))


@command(
    room,
    "POST /v1/donations",
    body=NewDonation,
    answer=Donation,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, AccountClosed, AccountFrozen, InsufficientPoints, actions.CampaignClosed),
)
def donate(command: Command[NewDonation]) -> Decision:
    """Give points to a campaign, with a certificate."""
    person, campaign = accounts.own(command.caller), queries.item(command.body.campaign)
    return actions.donate(command, campaign, person, randrange(STRIPES))


@query(room, "/v1/donations/{id}", answer=Donation, allow=(INDIVIDUAL,), refuses=(NotFound,))
def one_donation(query: Query[Params], id: str) -> Donation:
    """One of the caller's donations."""
    return queries.donation(query.asker, id)
