"""/v1/operator-totals"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, SCENARIO_OPERATOR
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.scenarios.queries import versions
from chalicelib.totals import actions, queries
from chalicelib.totals.model import FullTotalsAnswer, NewTotals, OneDayParams, TotalsAnswer, TotalsParams

room = Blueprint(__name__)
READERS = (SCENARIO_OPERATOR, EXCHANGE, BUREAU)


@command(room, "POST /v1/operator-totals", body=NewTotals, answer=TotalsAnswer, allow=(SCENARIO_OPERATOR,))
def upload_totals(command: Command[NewTotals]) -> Decision:
    """Upload how many trips the operator has reported of a day that is over, and their grams; the answer compares.

    A day that was uploaded before is corrected: a new version, for a `reason`. Nothing is refused for a difference.
    """
    body = command.body
    found = queries.of_operator(command.caller, body.scenario, body.day)
    return actions.upload(command, versions(body.scenario), found)


@query(room, "/v1/operator-totals", answer=Page[TotalsAnswer], allow=READERS, params=TotalsParams)
def all_totals(query: Query[TotalsParams]) -> Page[TotalsAnswer]:
    """Days that are over, with trips or with totals, the latest first: both counts, and the difference.

    An operator sees its own.

    Trips are counted within seconds, on the day in Shanghai when they began, however late they are reported; what was
    reported later changes the comparison again. A page may hold fewer than `limit`, even none, and have a
    `next_cursor`: the search continues there.
    """
    return queries.listed(query)


@query(
    room,
    "/v1/operator-totals/{id}",
    answer=FullTotalsAnswer,
    allow=READERS,
    params=OneDayParams,
    refuses=(NotFound,),
)
def one_day(query: Query[OneDayParams], id: str) -> FullTotalsAnswer:
    """An operator's day with the versions that it has uploaded."""
    return queries.one(query.asker, id, query.params.before)
