"""/v1/events"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LIVE
from chalicelib.edge.endpoints import query
from chalicelib.errors import NotFound
from chalicelib.events import queries
from chalicelib.events.model import EventAnswer, EventParams
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query

room = Blueprint(__name__)


@query(room, "/v1/events", answer=Page[EventAnswer], params=EventParams, cache=LIVE)
def events(query: Query[EventParams]) -> Page[EventAnswer]:
    """Events: rules, window, goods, quantity, limit and what is left, the newest first."""
    return queries.events(query)


@query(room, "/v1/events/{id}", answer=EventAnswer, refuses=(NotFound,), cache=LIVE)
def one_event(query: Query[Params], id: str) -> EventAnswer:
    """One event. Its terms are those that were admitted: they cannot be changed afterwards."""
    return queries.event(query, id)
