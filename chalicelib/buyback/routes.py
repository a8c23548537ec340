"""/v1/buy-back-runs, /v1/buy-backs, /v1/retirements"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.buyback import actions, queries
from chalicelib.buyback.model import LotAnswer, LotParams, NewRetirement, RetirementAnswer, RunAnswer, RunParams
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientGrams
from chalicelib.settings import secret

room = Blueprint(__name__)
WATCHERS = (EXCHANGE, BUREAU)


@command(room, "POST /v1/buy-back-runs", body=Empty, answer=RunAnswer, allow=(EXCHANGE,), status=202)
def start_run(command: Command[Empty]) -> Decision:
    """Buy back now what every merchant holds in whole tonnes; the schedule does it every day."""
    return actions.start(command, full=True)


@query(room, "/v1/buy-back-runs", answer=Page[RunAnswer], allow=WATCHERS, params=RunParams)
def runs(query: Query[RunParams]) -> Page[RunAnswer]:
    """Buy-back runs, newest first."""
    return queries.runs(query)


@query(room, "/v1/buy-back-runs/{id}", answer=RunAnswer, allow=WATCHERS, refuses=(NotFound,))
def one_run(query: Query[Params], id: str) -> RunAnswer:
    """One buy-back run, its sums so far."""
    return queries.view(id)


@query(room, "/v1/buy-backs", answer=Page[LotAnswer], allow=(INSTITUTION,), params=LotParams, refuses=(NotFound,))
def lots(query: Query[LotParams]) -> Page[LotAnswer]:
    """What the caller was paid, newest first."""
    return queries.lots(query)


@command(
    room,
    "POST /v1/retirements",
    body=NewRetirement,
    answer=RetirementAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, AccountClosed, AccountFrozen, InsufficientGrams),
)
def retire(command: Command[NewRetirement]) -> Decision:
    """Use up bought-back grams for good, with a certificate."""
    return actions.retire(command, accounts.own(command.caller), serial_key=secret("serial_key"))


@query(room, "/v1/retirements/{id}", answer=RetirementAnswer, allow=(INSTITUTION,), refuses=(NotFound,))
def one_retirement(query: Query[Params], id: str) -> RetirementAnswer:
    """One of the caller's retirements."""
    return queries.retirement(query.asker, id)
