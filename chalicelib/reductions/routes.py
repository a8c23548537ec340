"""/v1/reductions"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen, AccountNotOpen
from chalicelib.reductions import actions, reversal
from chalicelib.reductions.lookup import queries, search
from chalicelib.reductions.model import Reason, ReductionAnswer, ReductionParams, Report, Reversal, ReversedAnswer
from chalicelib.scenarios.queries import decided

room = Blueprint(__name__)
HOLDERS = (INDIVIDUAL, INSTITUTION)  # who sees what it is credited with


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
    to 10 seconds ahead of the platform's clock. Under a `grant` it must lie within the grant's life.
    """
    body = command.body
    recipient = queries.credited(command.caller, body, body.scenario)
    return decided(body.scenario, lambda versions: actions.report(command, versions, recipient))


@query(
    room,
    "/v1/reductions",
    answer=Page[ReductionAnswer],
    allow=(SCENARIO_OPERATOR, BUREAU, *HOLDERS),
    params=ReductionParams,
    refuses=(AccountNotOpen,),
)
def waiting_reductions(query: Query[ReductionParams]) -> Page[ReductionAnswer]:
    """Reductions, newest first: a holder's own, an operator's, or, for the bureau, everyone's.

    With neither a `scenario` nor another `status` the bureau gets those that wait for it, oldest first. `from` and
    `until` bound the time of the report. A new reduction is listed within seconds. A page may hold fewer than `limit`,
    even none, and have a `next_cursor`: the search continues there.
    """
    return search.listed(query)


@query(
    room,
    "/v1/reductions/{id}",
    answer=ReductionAnswer,
    allow=(SCENARIO_OPERATOR, BUREAU, *HOLDERS),
    refuses=(NotFound,),
)
def one_reduction(query: Query[Params], id: str) -> ReductionAnswer:
    """A reduction as it stands, for whoever reported it or is credited with it."""
    return queries.to_answer(query.asker, queries.reduction(query.asker, id))


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


@command(
    room,
    "POST /v1/reductions/{id}/reverse",
    body=Reversal,
    answer=ReversedAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def reverse_reduction(command: Command[Reversal], id: str) -> Decision:
    """Take back a confirmed reduction.

    Its points leave the account as far as they are there. The rest becomes the account's debt, which its next points
    repay; until then it stands in the supply as `grams_uncovered`.
    """
    reduction = queries.reduction(command.caller, id)
    recipient = queries.recipient(reduction.recipient.id)
    return reversal.reverse(command, reduction, recipient, accounts.present(recipient.id))
