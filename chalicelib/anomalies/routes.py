"""/v1/anomalies"""

from chalice.app import Blueprint

from chalicelib.anomalies import actions, queries
from chalicelib.anomalies.model import AnomalyAnswer, AnomalyParams, Closing, FullAnomalyAnswer
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import BUREAU
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@query(room, "/v1/anomalies", answer=Page[AnomalyAnswer], allow=(BUREAU,), params=AnomalyParams)
def anomalies(query: Query[AnomalyParams]) -> Page[AnomalyAnswer]:
    """Anomalies, the latest first. A report is never refused for one; it is found seconds later.

    `overlap`: trips of one person overlap, under scenarios that exclude each other. `day_sum`: the trips of a person's
    day save more than a scenario's `joint_grams_per_day_max`. A page may hold fewer than `limit`, even none, and have a
    `next_cursor`: the search continues there.
    """
    return queries.anomalies(query)


@query(room, "/v1/anomalies/{id}", answer=FullAnomalyAnswer, allow=(BUREAU,), refuses=(NotFound,))
def one_anomaly(query: Query[Params], id: str) -> FullAnomalyAnswer:
    """An anomaly with its trips as they stand; one that was reversed since says so."""
    return queries.full(id)


@command(
    room,
    "POST /v1/anomalies/{id}/close",
    body=Closing,
    answer=AnomalyAnswer,
    allow=(BUREAU,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def close_anomaly(command: Command[Closing], id: str) -> Decision:
    """Close an anomaly with its outcome and the reason.

    `reversed` needs a reduction of it that was reversed. An anomaly that grows later is open again.
    """
    anomaly = queries.anomaly(id)
    reversed_some = command.body.outcome == "reversed" and queries.reversed_some(anomaly)
    return actions.close(command, anomaly, reversed_some)
