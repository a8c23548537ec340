"""/v1/reconciliations"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.reconciliation import queries
from chalicelib.reconciliation.model import (
    DifferencesAnswer,
    ReconciliationAnswer,
    ReconciliationParams,
    to_differences,
)

room = Blueprint(__name__)


@query(room, "/v1/reconciliations", answer=Page[ReconciliationAnswer], params=ReconciliationParams, cache=LISTED)
def reconciliations(query: Query[ReconciliationParams]) -> Page[ReconciliationAnswer]:
    """Each day's recomputation of the books from the Records, newest first: what was read, and whether all agreed."""
    return queries.reconciliations(query)


@query(
    room,
    "/v1/reconciliations/{id}/differences",
    answer=DifferencesAnswer,
    allow=(EXCHANGE, BUREAU),
    refuses=(NotFound,),
)
def differences(query: Query[Params], id: str) -> DifferencesAnswer:
    """What differed on a day, with the accounts and the newest Records behind each difference."""
    return to_differences(queries.known(id))
