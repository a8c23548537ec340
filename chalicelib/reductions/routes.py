"""/v1/reductions"""

from chalice.app import Blueprint

from chalicelib.edge.http import command, query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.reductions import actions, queries
from chalicelib.reductions.model import Reason, ReductionAnswer, ReductionParams, Report
from chalicelib.scenarios.queries import versions

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/reductions",
    body=Report,
    answer=ReductionAnswer,
    allow=(SCENARIO_OPERATOR,),
    refuses=(actions.AlreadyReported, AccountFrozen),
)
def report_reduction(command: Command[Report]) -> Decision:
    """Report a reduction; an automatic scenario confirms and converts it at once.

    The version that governed at `occurred_at` decides operator, factor, confirmation and cap. `occurred_at` may be up
    to 10 seconds ahead of the platform's clock.
    """
    body = command.body
    return actions.report(command, versions(body.scenario), queries.recipient(body.credited))


@query(room, "/v1/reductions", answer=Page[ReductionAnswer], allow=(BUREAU,), params=ReductionParams)
def waiting_reductions(query: Query[ReductionParams]) -> Page[ReductionAnswer]:
    """Reductions that wait for confirmation, oldest first."""
    return queries.waiting(query)


@query(room, "/v1/reductions/{id}", answer=ReductionAnswer, allow=(SCENARIO_OPERATOR, BUREAU), refuses=(NotFound,))
def one_reduction(query: Query[Params], id: str) -> ReductionAnswer:
    """A reduction as it stands."""
    return queries.reduction(query.asker, id).answer


@command(
    room,
    "POST /v1/reductions/{id}/confirm",
    body=Empty,
    answer=ReductionAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def confirm_reduction(command: Command[Empty], id: str) -> Decision:
    """Confirm a reported reduction and convert it."""
    return actions.confirm(command, queries.reduction(command.caller, id))


@command(
    room,
    "POST /v1/reductions/{id}/reject",
    body=Reason,
    answer=ReductionAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def reject_reduction(command: Command[Reason], id: str) -> Decision:
    """Refuse a reported reduction for good."""
    reduction = queries.reduction(command.caller, id)
    return actions.reject(command, reduction, queries.recipient(reduction.recipient.id))
