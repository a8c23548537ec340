"""/v1/merchants/{id}/renewals"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.merchants import queries
from chalicelib.renewals import actions
from chalicelib.renewals.model import Renewal, RenewalAnswer

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/merchants/{id}/renewals",
    body=Renewal,
    answer=RenewalAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState),
)
def renew_merchant(command: Command[Renewal], id: str) -> Decision:
    """Record a new cooperation agreement or business licence of a merchant.

    30 days before its end the merchant is reminded. After its last day in Shanghai the merchant is suspended, until
    this route is called again.
    """
    return actions.renew(command, queries.item(id), queries.validity(id, command.body.subject))
