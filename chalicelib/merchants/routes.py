"""/v1/merchants"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.merchants import actions, queries
from chalicelib.merchants.model import Admission, Cause, MerchantAnswer, MerchantParams

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/merchants",
    body=Admission,
    answer=MerchantAnswer,
    allow=(EXCHANGE,),
    refuses=(actions.AlreadyMerchant, AccountFrozen),
)
def admit_merchant(command: Command[Admission]) -> Decision:
    """Admit a merchant that was approved outside the platform."""
    return actions.admit(command, queries.account(command.body.account))


@query(room, "/v1/merchants", answer=Page[MerchantAnswer], params=MerchantParams, cache=LISTED)
def merchants(query: Query[MerchantParams]) -> Page[MerchantAnswer]:
    """Who sells in the mall."""
    return queries.merchants(query)


@query(room, "/v1/merchants/{id}", answer=MerchantAnswer, refuses=(NotFound,), cache=LISTED)
def one_merchant(query: Query[Params], id: str) -> MerchantAnswer:
    """One merchant."""
    return queries.merchant(id, query.now)


@command(
    room,
    "POST /v1/merchants/{id}/suspend",
    body=Cause,
    answer=MerchantAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def suspend_merchant(command: Command[Cause], id: str) -> Decision:
    """Take a merchant's offers off the shelf; its orders and points stay.

    From now on it can put nothing on the shelf; what stands there leaves it within seconds, offer by offer.
    """
    return actions.suspend(command, queries.item(id))


@command(
    room,
    "POST /v1/merchants/{id}/reinstate",
    body=Cause,
    answer=MerchantAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def reinstate_merchant(command: Command[Cause], id: str) -> Decision:
    """Bring back the offers that suspension took down, and no others."""
    return actions.reinstate(command, queries.item(id))
