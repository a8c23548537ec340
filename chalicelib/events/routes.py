"""/v1/events"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.draws import queries as draws
from chalicelib.draws.model import entry_id
from chalicelib.edge.caching import LIVE
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound
from chalicelib.events import actions, queries
from chalicelib.events.actions import EnteredAlready, EntriesClosed, NotADraw
from chalicelib.events.entries import DrawAnswer, DrawEntryAnswer, DrawParams, NewDrawEntry, entry_answer
from chalicelib.events.model import EventAnswer, EventParams
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.mall.offers import queries as mall
from chalicelib.mall.offers.windows import OfferUnavailable
from chalicelib.settings import secret

room = Blueprint(__name__)


@query(room, "/v1/events", answer=Page[EventAnswer], params=EventParams, cache=LIVE)
def events(query: Query[EventParams]) -> Page[EventAnswer]:
    """Events: rules, window, goods, quantity, limit and what is left, the newest first."""
    return queries.events(query)


@query(room, "/v1/events/{id}", answer=EventAnswer, refuses=(NotFound,), cache=LIVE)
def one_event(query: Query[Params], id: str) -> EventAnswer:
    """One event. Its terms are those that were admitted: they cannot be changed afterwards."""
    return queries.event(query, id)


@command(
    room,
    "POST /v1/events/{id}/entries",
    body=NewDrawEntry,
    answer=DrawEntryAnswer,
    allow=(INDIVIDUAL,),
    refuses=(
        NotFound,
        NotADraw,
        EntriesClosed,
        EnteredAlready,
        OfferUnavailable,
        InsufficientPoints,
        AccountClosed,
        AccountFrozen,
    ),
)
def enter_draw(command: Command[NewDrawEntry], id: str) -> Decision:
    """Enter the draw of an event, once a person. The points are reserved until the draw: `held_points` counts them.

    After `draws_at` winners get an order as if they had redeemed, and the points of all others come back.
    """
    draw = draws.draw(id)
    if draw is None:
        queries.admitted(id)
        raise NotADraw(state="first_come", action="enter")
    entry = entry_id(id, accounts.person(command.caller.account), secret("draw_key"))
    return actions.enter(command, draw, mall.find_offer(command.body.offer), entry)


@query(
    room,
    "/v1/events/{id}/entries/{entry}",
    answer=DrawEntryAnswer,
    allow=(INDIVIDUAL,),
    refuses=(NotFound,),
)
def one_entry(query: Query[Params], id: str, entry: str) -> DrawEntryAnswer:
    """The caller's own entry in a draw, and what became of it."""
    return entry_answer(queries.own_entry(query.asker, id, entry))


@query(room, "/v1/events/{id}/draw", answer=DrawAnswer, params=DrawParams, refuses=(NotFound,), cache=LIVE)
def draw(query: Query[DrawParams], id: str) -> DrawAnswer:
    """A draw: the commitment, the list of entries (opaque ids) page by page, and after it the seed and the winners.

    Anyone can compute from these who won.
    """
    return queries.draw(query, id)
