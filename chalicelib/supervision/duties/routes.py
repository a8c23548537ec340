"""/v1/merchants/{id}/health and /relist"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.model import Cause, MerchantAnswer
from chalicelib.supervision.duties import actions, health
from chalicelib.supervision.duties.model import DELISTS, HealthAnswer, codes

room = Blueprint(__name__)


@query(room, "/v1/merchants/{id}/health", answer=HealthAnswer, allow=(INSTITUTION, EXCHANGE), refuses=(NotFound,))
def merchant_health(query: Query[Params], id: str) -> HealthAnswer:
    """How a merchant keeps its duties: stock and categories against its plan, its shelf, late orders, webhooks that
    were given up, its agreement and licence.

    The merchant itself, the sub-platform above it, the exchange and the auditor see it. ``warnings`` say what to do,
    and since when it is so.
    """
    return health.health(query.asker, id, query.now)


@command(
    room,
    "POST /v1/merchants/{id}/relist",
    body=Cause,
    answer=MerchantAnswer,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound, InvalidState, AccountFrozen),
    status=200,
)
def relist_merchant(command: Command[Cause], id: str) -> Decision:
    """Put back the offers that left the shelf because a duty was not kept for too long.

    The merchant can do this once the duty is met; the exchange at any time, and so the operator of its sub-platform
    where only what the operator took down was the cause (`delisted_by_takedown`).
    """
    account, caller = merchants.item(id), command.caller
    above = account.as_merchant.sub_platform
    operator = above if caller.holds(INSTITUTION, above) else None
    if caller.role != EXCHANGE and not operator and not caller.holds(INSTITUTION, id):
        raise NotFound()
    unmet = DELISTS & {*codes(health.measured(account, command.now))}
    return actions.relist(command, account, health.remembered(id), unmet, operator)
