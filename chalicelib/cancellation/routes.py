"""/v1/cancellations"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.cancellation import actions, queries
from chalicelib.cancellation.model import CancellationAnswer, CancellationParams, NewCancellation
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.settings import secret

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/cancellations",
    body=NewCancellation,
    answer=CancellationAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, InsufficientPoints, AccountClosed, AccountFrozen),
)
def cancel(command: Command[NewCancellation]) -> Decision:
    """Give up points for good; the grams behind them are retired, and a certificate proves it."""
    holder = accounts.own(command.caller).name
    return actions.cancel(command, holder, serial_key=secret("serial_key"))


@query(
    room,
    "/v1/cancellations",
    answer=Page[CancellationAnswer],
    allow=(INDIVIDUAL,),
    params=CancellationParams,
    refuses=(NotFound,),
)
def cancellations(query: Query[CancellationParams]) -> Page[CancellationAnswer]:
    """The caller's cancellations, newest first."""
    return queries.mine(query)


@query(room, "/v1/cancellations/{id}", answer=CancellationAnswer, allow=(INDIVIDUAL,), refuses=(NotFound,))
def one_cancellation(query: Query[Params], id: str) -> CancellationAnswer:
    """One of the caller's cancellations."""
    return queries.own(query.asker, id)
