"""/v1/offers, /v1/redemptions"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.caching import LISTED, LIVE
from chalicelib.edge.http import command, query
from chalicelib.errors import InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.mall import actions, categories, queries, shelf, terms, tills
from chalicelib.mall.categories import Categories
from chalicelib.mall.model import (
    Fulfilment,
    NewOffer,
    NewRedemption,
    Offer,
    OfferChange,
    OfferParams,
    OrderParams,
    Redemption,
)
from chalicelib.mall.windows import OfferUnavailable
from chalicelib.merchants import queries as merchants
from chalicelib.settings import settings

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/offers",
    body=NewOffer,
    answer=Offer,
    allow=(INSTITUTION,),
    refuses=(shelf.MerchantSuspended, AccountFrozen),
)
def make_offer(command: Command[NewOffer]) -> Decision:
    """Put an offer on the shelf."""
    return shelf.offer(command, settings().busy_stripes, merchants.account(command.caller.account))


@command(
    room,
    "PATCH /v1/offers/{id}",
    body=OfferChange,
    answer=Offer,
    allow=(INSTITUTION,),
    refuses=(NotFound, shelf.MerchantSuspended, AccountFrozen),
    status=200,
)
def change_offer(command: Command[OfferChange], id: str) -> Decision:
    """Change price, stock, shelf state or words."""
    return shelf.change(command, queries.own_offer(command.caller, id))


@query(room, "/v1/offers", answer=Page[Offer], params=OfferParams, cache=LIVE)
def offers(query: Query[OfferParams]) -> Page[Offer]:
    """The shelf."""
    return queries.shelf(query)


@query(room, "/v1/categories", answer=Categories, cache=LISTED)
def list_categories(_: Query[Params]) -> Categories:
    """The categories of offers, with labels in both languages."""
    return categories.register()


@query(room, "/v1/offers/{id}", answer=Offer, refuses=(NotFound,), cache=LIVE)
def one_offer(query: Query[Params], id: str) -> Offer:
    """One offer."""
    return queries.offer(id)


@command(
    room,
    "POST /v1/redemptions",
    body=NewRedemption,
    answer=Redemption,
    allow=(INDIVIDUAL,),
    refuses=(
        NotFound,
        InsufficientPoints,
        AccountClosed,
        AccountFrozen,
        actions.PriceChanged,
        tills.SoldOut,
        actions.LimitReached,
        OfferUnavailable,
    ),
)
def redeem(command: Command[NewRedemption]) -> Decision:
    """Redeem points for an offer at the price that was shown."""
    try:
        offered = terms.of(command.body.offer)
        account = command.caller.account
        person = accounts.person(account) if offered.limits else account
        return actions.redeem(command, offered, tills.choose(offered, command.body.quantity), person)
    except (NotFound, tills.SoldOut, actions.LimitReached):
        accounts.own(command.caller)  # refused before the transaction looks: a missing account still comes first
        raise


@query(
    room,
    "/v1/redemptions",
    answer=Page[Redemption],
    allow=(INDIVIDUAL, INSTITUTION),
    params=OrderParams,
    refuses=(NotFound,),
)
def orders(query: Query[OrderParams]) -> Page[Redemption]:
    """The caller's orders, newest first."""
    return queries.orders(query)


@query(room, "/v1/redemptions/{id}", answer=Redemption, allow=(INDIVIDUAL, INSTITUTION, EXCHANGE), refuses=(NotFound,))
def one_order(query: Query[Params], id: str) -> Redemption:
    """One order."""
    return queries.order(query.asker, id)[0]


@command(
    room,
    "POST /v1/redemptions/{id}/fulfil",
    body=Fulfilment,
    answer=Redemption,
    allow=(INSTITUTION,),
    refuses=(NotFound, InvalidState),
    status=200,
)
def fulfil(command: Command[Fulfilment], id: str) -> Decision:
    """The merchant has delivered."""
    return actions.fulfil(command, queries.order(command.caller, id)[0])


@command(
    room,
    "POST /v1/redemptions/{id}/refund",
    body=Empty,
    answer=Redemption,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound, actions.AlreadyRefunded, InsufficientPoints, actions.BuyerClosed, AccountFrozen),
    status=200,
)
def refund(command: Command[Empty], id: str) -> Decision:
    """Points back to the person, units back to stock, once.

    While a merchant is frozen only the exchange can refund its orders.
    """
    order, record = queries.order(command.caller, id)
    person = accounts.person(order.account) if record["limited"] else order.account
    return actions.refund(command, order, record, queries.in_tills(record), terms.of(order.offer), person)
