"""/v1/offers, /v1/categories"""

from chalice.app import Blueprint

from chalicelib.edge.caching import LISTED, LIVE
from chalicelib.edge.queries import query
from chalicelib.errors import NotFound, RoleNotAllowed, Unauthenticated
from chalicelib.kernel.fields import Page, Params
from chalicelib.kernel.query import Query
from chalicelib.mall import categories
from chalicelib.mall.categories import Categories
from chalicelib.mall.model import OfferAnswer, OfferInstant, OfferParams, OfferView
from chalicelib.mall.offers import browse, queries

room = Blueprint(__name__)


@query(
    room,
    "/v1/offers",
    answer=Page[OfferAnswer],
    params=OfferParams,
    refuses=(Unauthenticated, RoleNotAllowed),
    cache=LIVE,
)
def offers(query: Query[OfferParams]) -> Page[OfferAnswer]:
    """The shelf: what can be redeemed now; with ``status=all`` the caller's own offers, which needs its token."""
    return browse.shelf(query)


@query(room, "/v1/categories", answer=Categories, cache=LISTED)
def list_categories(_: Query[Params]) -> Categories:
    """The categories of offers, with labels in both languages."""
    return categories.register()


@query(room, "/v1/offers/{id}", answer=OfferView, params=OfferInstant, refuses=(NotFound,), cache=LIVE)
def one_offer(query: Query[OfferInstant], id: str) -> OfferView:
    """One offer; with `?at=` its stock at an instant, to the minute, too."""
    at = query.params.at
    return queries.offer_at(id, at, query.now) if at else OfferView(**queries.offer(id).model_dump())
