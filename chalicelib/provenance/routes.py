"""/v1/mixes"""

from chalice.app import Blueprint, Response

from chalicelib.edge.caching import STABLE
from chalicelib.edge.pages import JSON, page
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Page, Paged, Params
from chalicelib.kernel.query import Query
from chalicelib.provenance import queries, worker
from chalicelib.provenance.closing import MonthNotClosed
from chalicelib.provenance.mix import MixAnswer
from chalicelib.provenance.model import UseAnswer
from chalicelib.signing.jws import payload

room = Blueprint(__name__)


@query(room, "/v1/mixes/{month}", answer=MixAnswer, refuses=(NotFound, MonthNotClosed), cache=STABLE)
def one_mix(query: Query[Params], month: str) -> Response:
    """Where the grams come from that were retired in a month, `2026-01` for one, a day after it ended in Shanghai.

    It is made when it is first asked for, signed, and the same ever after. From it follows the mix of each certificate
    of the month.
    """
    jws = worker.month_mix(month, query.now).jws
    return page('{"mix":' + payload(jws).decode() + ',"jws":"' + jws + '"}', JSON)


@query(
    room,
    "/v1/mixes/{month}/uses",
    answer=Page[UseAnswer],
    allow=(EXCHANGE, BUREAU),
    params=Paged,
    refuses=(NotFound,),
)
def uses_of_month(query: Query[Paged], month: str) -> Page[UseAnswer]:
    """Who retired grams in a month (Shanghai), also in one that still runs: each Record with its certificate.

    Institutions are named; persons are not.
    """
    return queries.retired(query, month)
