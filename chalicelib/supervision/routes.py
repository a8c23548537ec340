"""/v1/records, /v1/orders, /v1/worklist"""

from chalice.app import Blueprint

from chalicelib.accounts.model import Reasoned
from chalicelib.edge.authorizer import account_of
from chalicelib.edge.endpoints import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.settings import secret
from chalicelib.supervision import orders, records, worklist
from chalicelib.supervision.model import (
    RecordAnswer,
    SupervisedOrderAnswer,
    SupervisedOrderParams,
    WorklistAnswer,
    WorkParams,
)

room = Blueprint(__name__)
OFFICIALS = (EXCHANGE, BUREAU)


@query(room, "/v1/records/{id}", answer=RecordAnswer, allow=OFFICIALS, params=Reasoned, refuses=(NotFound,))
def one_record(query: Query[Reasoned], id: str) -> RecordAnswer:
    """Any Record, for a reason: what proves a change, with its postings and what was answered.

    Every holder whom it concerns sees the reading in the export: time, role and reason.
    """
    record = records.record(id)
    answer = records.to_answer(record, secret("identity_key"))
    records.keep(query, record, records.concerned(record, account_of(record.caller)))
    return answer


@query(
    room,
    "/v1/orders",
    answer=Page[SupervisedOrderAnswer],
    allow=(EXCHANGE,),
    params=SupervisedOrderParams,
    refuses=(NotFound,),
)
def all_orders(query: Query[SupervisedOrderParams]) -> Page[SupervisedOrderAnswer]:
    """Orders of all merchants or of one, newest first, without their buyers. Seconds behind.

    A page of one status, or of a long time, may be short: its cursor continues.
    """
    return orders.orders(query)


@query(room, "/v1/worklist", answer=WorklistAnswer, allow=OFFICIALS, params=WorkParams)
def what_waits(query: Query[WorkParams]) -> WorklistAnswer:
    """What waits, the longest first, and who has to act; of each kind at most 50.

    Applications by state, reductions that wait for confirmation, proposed campaigns, orders that are late, merchants
    whose webhooks were given up, and buy-back runs that have not ended.
    """
    return worklist.worklist(query.params, query.now)
