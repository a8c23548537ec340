"""/v1/accounts/{id}, /v1/records, /v1/orders, /v1/worklist"""

from datetime import timedelta

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import AccountView, Reasoned
from chalicelib.accounts.statements import checkpoints, readings
from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.checkpoints import ReasonedInstant
from chalicelib.accounts.statements.entries import EntryAnswer, ReasonedEntryParams
from chalicelib.credit import queries as credit
from chalicelib.edge.identity.authorizer import acted_for
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, EXCHANGE, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.settings import secret
from chalicelib.supervision import orders, own, records, worklist
from chalicelib.supervision.model import (
    RecordAnswer,
    SupervisedOrderAnswer,
    SupervisedOrderParams,
    WorklistAnswer,
    WorkParams,
)

room = Blueprint(__name__)
OFFICIALS = (EXCHANGE, BUREAU)
PARTIES = (INSTITUTION, SCENARIO_OPERATOR)


@query(room, "/v1/accounts/{id}", answer=AccountView, allow=OFFICIALS, params=ReasonedInstant, refuses=(NotFound,))
def one_account(query: Query[ReasonedInstant], id: str) -> AccountView:
    """Anyone's account, for a reason; with `?at=` what it held at an instant, too.

    The holder's export shows the reading: time, role and reason.
    """
    account = accounts.item(id)
    answer = checkpoints.with_balances(accounts.view(account, credit.of(account, query.now)), account, query)
    readings.keep(query, account, readings.ACCOUNT_READ)
    return answer


@query(
    room,
    "/v1/accounts/{id}/entries",
    answer=Page[EntryAnswer],
    allow=OFFICIALS,
    params=ReasonedEntryParams,
    refuses=(NotFound,),
)
def account_entries(query: Query[ReasonedEntryParams], id: str) -> Page[EntryAnswer]:
    """Anyone's statement, newest first, for a reason.

    The holder's export shows the reading: time, role and reason. Pages within the same minute are one reading.
    """
    account = accounts.item(id)
    answer = statements.entries(query, account)
    readings.keep(query, account, readings.STATEMENT_READ)
    return answer


@query(room, "/v1/records/{id}", answer=RecordAnswer, allow=OFFICIALS, params=Reasoned, refuses=(NotFound,))
def one_record(query: Query[Reasoned], id: str) -> RecordAnswer:
    """Any Record, for a reason: what proves a change, with its postings and what was answered.

    Every holder whom it concerns sees the reading in the export: time, role and reason.
    """
    record = records.record(id)
    answer = records.to_answer(record, secret("identity_key"))
    records.keep(query, record, records.concerned(record, acted_for(record.caller, record.role)))
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


@query(room, "/v1/worklist", answer=WorklistAnswer, allow=(*OFFICIALS, *PARTIES), params=WorkParams)
def what_waits(query: Query[WorkParams]) -> WorklistAnswer:
    """What waits, the longest first, and who has to act; of each kind at most 50.

    For officials everybody's: applications by state, reductions that wait for confirmation, open anomalies, open
    disputes, proposed campaigns, orders that are late, merchants whose webhooks were given up, days of which operators
    count something else, and buy-back runs that have not ended. Merchants that do not keep a duty (`duty`: `unmet`, or
    `delisted` for it), departures, ends of agreements and licences, new names, and procedures that one official has
    proposed.

    An institution and a scenario operator see what concerns themselves: what others have to do for them, too. An
    operator's are disputes, days that differ, and files of the last 7 days that were refused or never came (`batch`).
    """
    until = stamp(query.now - timedelta(days=query.params.older_than_days))
    if query.asker.role in PARTIES:
        return worklist.worklist(own.sources(query.asker, until, query.now), query.params, query.now)
    return worklist.worklist(worklist.sources(until, query.now), query.params, query.now)
