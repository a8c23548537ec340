"""/v1/merchants"""

from chalice.app import Blueprint

from chalicelib.edge.caller import EXCHANGE
from chalicelib.edge.decision import Command, Decision
from chalicelib.edge.fields import Page, Params
from chalicelib.edge.http import Query, command, query
from chalicelib.errors import NotFound
from chalicelib.onboarding import actions, queries
from chalicelib.onboarding.model import Admission, Merchant, MerchantParams

room = Blueprint(__name__)


@command(
    room, "POST /v1/merchants", body=Admission, answer=Merchant, allow=(EXCHANGE,), refuses=(actions.AlreadyMerchant,)
)
def admit_merchant(command: Command[Admission]) -> Decision:
    """Admit a merchant that was approved outside the platform."""
    return actions.admit(command, queries.account(command.body.account))


@query(room, "/v1/merchants", answer=Page[Merchant], params=MerchantParams)
def merchants(query: Query[MerchantParams]) -> Page[Merchant]:
    """Who sells in the mall."""
    return queries.merchants(query)


@query(room, "/v1/merchants/{id}", answer=Merchant, refuses=(NotFound,))
def one_merchant(query: Query[Params], id: str) -> Merchant:
    """One merchant."""
    return queries.merchant(id)
