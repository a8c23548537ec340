"""/v1/scenarios, /v1/reductions"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED
from chalicelib.edge.endpoints import command, query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.reductions import actions, queries
from chalicelib.reductions.model import Reason, Reduction, ReductionParams, Report, Scenario, Scenarios, ScenarioView

room = Blueprint(__name__)


@command(room, "POST /v1/scenarios", body=Scenario, answer=ScenarioView, allow=(BUREAU,), refuses=(InvalidState,))
def publish_scenario(command: Command[Scenario]) -> Decision:
    """Publish a scenario, or a new version of one.

    The newest version governs from its `valid_from` on, past its `valid_until` included: where it has ended, no older
    one comes back. `code` is compared without case and keeps the spelling of its first publication.
    """
    return actions.publish(command, queries.versions(command.body.code))


@query(room, "/v1/scenarios", answer=Scenarios, cache=LISTED)
def scenarios(query: Query[Params]) -> Scenarios:
    """Every scenario in force."""
    return queries.published(query)


@command(
    room,
    "POST /v1/reductions",
    body=Report,
    answer=Reduction,
    allow=(SCENARIO_OPERATOR,),
    refuses=(actions.AlreadyReported, AccountFrozen),
)
def report_reduction(command: Command[Report]) -> Decision:
    """Report a reduction; an automatic scenario confirms and converts it at once.

    The version that governed at `occurred_at` decides operator, factor, confirmation and cap. `occurred_at` may be up
    to 10 seconds ahead of the platform's clock.
    """
    return actions.report(command, queries.versions(command.body.scenario))


@query(room, "/v1/reductions", answer=Page[Reduction], allow=(BUREAU,), params=ReductionParams)
def waiting_reductions(query: Query[ReductionParams]) -> Page[Reduction]:
    """Reductions that wait for confirmation, oldest first."""
    return queries.waiting(query)


@query(room, "/v1/reductions/{id}", answer=Reduction, allow=(SCENARIO_OPERATOR, BUREAU), refuses=(NotFound,))
def one_reduction(query: Query[Params], id: str) -> Reduction:
    """A reduction as it stands."""
    return queries.reduction(query.asker, id)[0]


@command(
    room,
    "POST /v1/reductions/{id}/confirm",
    body=Empty,
    answer=Reduction,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def confirm_reduction(command: Command[Empty], id: str) -> Decision:
    """Confirm a reported reduction and convert it."""
    return actions.confirm(command, queries.reduction(command.caller, id)[0])


@command(
    room,
    "POST /v1/reductions/{id}/reject",
    body=Reason,
    answer=Reduction,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def reject_reduction(command: Command[Reason], id: str) -> Decision:
    """Refuse a reported reduction for good."""
    return actions.reject(command, *queries.reduction(command.caller, id))
