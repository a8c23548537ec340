"""/v1/webhook-deliveries, /v1/webhook-keys"""

from chalice.app import Blueprint, Response

from chalicelib.edge import pages
from chalicelib.edge.caching import STABLE
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.partners import actions, queries
from chalicelib.partners.model import DeliveryAnswer, DeliveryParams, WebhookKeys, to_answer

room = Blueprint(__name__)
PARTIES = (INSTITUTION, EXCHANGE)


@query(room, "/v1/webhook-deliveries", answer=Page[DeliveryAnswer], allow=PARTIES, params=DeliveryParams)
def deliveries(query: Query[DeliveryParams]) -> Page[DeliveryAnswer]:
    """Webhook events that did not reach the merchant's system: given up, or still tried; oldest first."""
    return queries.deliveries(query)


@query(room, "/v1/webhook-deliveries/{id}", answer=DeliveryAnswer, allow=PARTIES, refuses=(NotFound,))
def one_delivery(query: Query[Params], id: str) -> DeliveryAnswer:
    """One event by its webhook-id, for 30 days after it has arrived."""
    return to_answer(queries.own_delivery(query.asker, id))


@command(
    room,
    "POST /v1/webhook-deliveries/{id}/replay",
    body=Empty,
    answer=DeliveryAnswer,
    allow=PARTIES,
    refuses=(NotFound, InvalidState),
    status=200,
)
def replay(command: Command[Empty], id: str) -> Decision:
    """Try again, from the beginning, what was given up."""
    return actions.replay(command, queries.own_delivery(command.caller, id))


@query(room, "/v1/webhook-keys/{merchant}", answer=WebhookKeys, refuses=(NotFound,), cache=STABLE)
def webhook_keys(query: Query[Params], merchant: str) -> Response:
    """The keys that verify a merchant's webhooks (Standard Webhooks 1.0, v1a); no two merchants have the same."""
    return pages.page(queries.webhook_keys(merchant).model_dump_json(), pages.JSON)
