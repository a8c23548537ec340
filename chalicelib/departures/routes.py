"""/v1/merchants/{id}/leave, /terminate and /departure"""

from chalice.app import Blueprint

from chalicelib.departures import actions, queries
from chalicelib.departures.model import DepartureAnswer, EventRuns, Leave, MembersStay
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen
from chalicelib.merchants import queries as merchants
from chalicelib.settings import settings

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/merchants/{id}/leave",
    body=Leave,
    answer=DepartureAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState, EventRuns, MembersStay, AccountFrozen, AccountClosed),
    status=200,
)
def leave_mall(command: Command[Leave], id: str) -> Decision:
    """Leave the mall.

    From now on the merchant can put nothing on the shelf and hold no points; its offers leave the shelf within seconds.
    Orders and holds of before are served. What is still open at `serve_by` is refunded. Then every point that is left
    is bought back, and the merchant has left for good.
    """
    if not command.caller.holds(INSTITUTION, id):
        raise NotFound()
    return actions.leave(command, merchants.item(id), "leave", settings().serve_days)


@command(
    room,
    "POST /v1/merchants/{id}/terminate",
    body=Leave,
    answer=DepartureAnswer,
    allow=(EXCHANGE,),
    refuses=(NotFound, InvalidState, EventRuns, MembersStay, AccountClosed),
    status=200,
)
def terminate_merchant(command: Command[Leave], id: str) -> Decision:
    """End the cooperation with a merchant: what follows is the same as when it leaves by itself."""
    return actions.leave(command, merchants.item(id), "terminate", settings().serve_days)


@query(
    room,
    "/v1/merchants/{id}/departure",
    answer=DepartureAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound,),
)
def merchant_departure(query: Query[Params], id: str) -> DepartureAnswer:
    """How far a merchant that leaves is, for itself, the exchange and the auditor."""
    return queries.visible(query.asker, id)
