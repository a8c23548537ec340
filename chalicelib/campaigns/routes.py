"""/v1/campaigns, /v1/donations"""

from random import randrange

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.campaigns import actions, donations, obligations, queries, refusals
from chalicelib.campaigns.closing import prepare, worker
from chalicelib.campaigns.model import (
    STRIPES,
    Abandonment,
    Approval,
    CampaignAnswer,
    CampaignEdit,
    CampaignParams,
    DonationAnswer,
    Judgement,
    NewCampaign,
    NewDonation,
    ProposalParams,
)
from chalicelib.campaigns.refunding.actions import abandon
from chalicelib.edge.caching import LIVE
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.settings import secret

room = Blueprint(__name__)
JUDGED = (NotFound, InvalidState)


@command(
    room,
    "POST /v1/campaigns",
    body=NewCampaign,
    answer=CampaignAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, AccountClosed, AccountFrozen, obligations.TooManyProposals),
)
def propose_campaign(command: Command[NewCampaign]) -> Decision:
    """Propose a campaign; the exchange judges it. An institution may have 20 that wait at a time."""
    return actions.propose(command, accounts.own(command.caller))


@query(room, "/v1/campaigns", answer=Page[CampaignAnswer], params=CampaignParams, cache=LIVE)
def campaigns(query: Query[CampaignParams]) -> Page[CampaignAnswer]:
    """Campaigns that were approved, newest first; those that ended or were closed are among them."""
    return queries.campaigns(query)


@query(
    room,
    "/v1/accounts/me/campaigns",
    answer=Page[CampaignAnswer],
    allow=(INSTITUTION,),
    params=ProposalParams,
    refuses=(NotFound,),
)
def own_campaigns(query: Query[ProposalParams]) -> Page[CampaignAnswer]:
    """What the caller proposed, in whatever state, newest first."""
    return queries.mine(query)


@query(room, "/v1/campaign-proposals", answer=Page[CampaignAnswer], allow=(EXCHANGE, BUREAU), params=ProposalParams)
def campaign_proposals(query: Query[ProposalParams]) -> Page[CampaignAnswer]:
    """Campaigns that wait for the exchange, newest first."""
    return queries.proposals(query)


@query(room, "/v1/campaigns/{id}", answer=CampaignAnswer, refuses=(NotFound,), cache=LIVE)
def one_campaign(query: Query[Params], id: str) -> CampaignAnswer:
    """One campaign, with what was given to it; also one that waits or was rejected, to whoever knows its id."""
    return queries.view(id)


@command(
    room,
    "PATCH /v1/campaigns/{id}",
    body=CampaignEdit,
    answer=CampaignAnswer,
    allow=(INSTITUTION,),
    refuses=(*JUDGED, AccountClosed, AccountFrozen),
    status=200,
)
def edit_campaign(command: Command[CampaignEdit], id: str) -> Decision:
    """Change a campaign that waits for the exchange."""
    return actions.edit(command, queries.own(command.caller, id))


@command(
    room,
    "POST /v1/campaigns/{id}/approve",
    body=Approval,
    answer=CampaignAnswer,
    allow=(EXCHANGE,),
    refuses=(*JUDGED, refusals.CampaignExpired, AccountClosed, AccountFrozen),
    status=200,
)
def approve_campaign(command: Command[Approval], id: str) -> Decision:
    """The public sees the campaign, and it takes donations."""
    return actions.approve(command, queries.campaign(id))


@command(
    room,
    "POST /v1/campaigns/{id}/reject",
    body=Judgement,
    answer=CampaignAnswer,
    allow=(EXCHANGE,),
    refuses=JUDGED,
    status=200,
)
def reject_campaign(command: Command[Judgement], id: str) -> Decision:
    """Refuse a proposed campaign for good."""
    return actions.reject(command, queries.campaign(id))


@command(
    room,
    "POST /v1/campaigns/{id}/close",
    body=Empty,
    answer=CampaignAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(*JUDGED, AccountClosed, AccountFrozen),
    status=200,
    prepare=prepare.end_own,
)
def close_campaign(command: Command[Empty], _: None, id: str) -> Decision:
    """Retire what was given for the beneficiary, with a certificate; the campaign takes nothing more from now on."""
    return worker.close(command, id)


@command(
    room,
    "POST /v1/campaigns/{id}/abandon",
    body=Abandonment,
    answer=CampaignAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(*JUDGED, AccountClosed, AccountFrozen),
    status=200,
)
def abandon_campaign(command: Command[Abandonment], id: str) -> Decision:
    """Give the campaign up: it takes nothing more, every donation goes back, and its certificate is revoked."""
    return abandon(command, queries.own(command.caller, id), queries.campaign_accounts(id))


@command(
    room,
    "POST /v1/donations",
    body=NewDonation,
    answer=DonationAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, AccountClosed, AccountFrozen, InsufficientPoints, refusals.CampaignClosed),
)
def donate(command: Command[NewDonation]) -> Decision:
    """Give points to a campaign, with a certificate."""
    person, campaign = accounts.own(command.caller), queries.named(command.body.campaign)
    stripe = randrange(STRIPES)
    return donations.donate(command, campaign, person, stripe=stripe, serial_key=secret("serial_key"))


@query(room, "/v1/donations/{id}", answer=DonationAnswer, allow=(INDIVIDUAL,), refuses=(NotFound,))
def one_donation(query: Query[Params], id: str) -> DonationAnswer:
    """One of the caller's donations."""
    return queries.donation(query.asker, id)
