"""/v1/merchants/{id}/conformance"""

from chalice.app import Blueprint

from chalicelib.conformance import actions, queries
from chalicelib.conformance.model import RunAnswer, RunParams, RunSummary
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, LimitReached, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page
from chalicelib.kernel.query import Query
from chalicelib.partners.queries import partner

room = Blueprint(__name__)
PARTIES = (INSTITUTION, EXCHANGE)


@command(
    room,
    "POST /v1/merchants/{id}/conformance",
    body=Empty,
    answer=RunSummary,
    allow=PARTIES,
    refuses=(NotFound, InvalidState, LimitReached),
    status=202,
)
def start_conformance_run(command: Command[Empty], id: str) -> Decision:
    """Try the merchant's own system: signed test webhooks, and a sandbox whose points do not exist.

    One run at a time, and ten a day. A run ends when every step has passed or failed, after ten minutes at the latest.
    """
    merchant = queries.merchant(command.caller, id)
    return actions.start(command, merchant, partner(merchant), queries.head(merchant))


@query(
    room,
    "/v1/merchants/{id}/conformance",
    answer=Page[RunSummary],
    allow=PARTIES,
    params=RunParams,
    refuses=(NotFound,),
)
def conformance_runs(query: Query[RunParams], id: str) -> Page[RunSummary]:
    """A merchant's conformance runs, newest first; for 90 days."""
    return queries.listed(query, id)


@query(room, "/v1/merchants/{id}/conformance/{run}", answer=RunAnswer, allow=PARTIES, refuses=(NotFound,))
def one_conformance_run(query: Query[RunParams], id: str, run: str) -> RunAnswer:
    """One run, step by step: what was expected, what came, and how to fix it."""
    return queries.visible(query, id, run)
