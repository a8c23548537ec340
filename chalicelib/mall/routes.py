"""/v1/offers, /v1/redemptions"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.caching import LISTED, LIVE
from chalicelib.edge.endpoints import command, query
from chalicelib.errors import AlreadyRefunded, InvalidState, NotFound, RoleNotAllowed, Unauthenticated
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.mall import (
    actions,
    aftersales,
    browse,
    categories,
    order_book,
    queries,
    sellers,
    shelf,
    terms,
    tills,
    vouchers,
)
from chalicelib.mall.catalogue import sync
from chalicelib.mall.catalogue.model import NewOfferBatch, OfferBatchAnswer
from chalicelib.mall.categories import Categories
from chalicelib.mall.model import (
    NewOffer,
    OfferAnswer,
    OfferChange,
    OfferParams,
)
from chalicelib.mall.orders import Fulfilment, NewRedemption, OrderParams, Redemption, Refund
from chalicelib.mall.vouchers import NewVouchers, VouchersAnswer
from chalicelib.mall.windows import OfferUnavailable
from chalicelib.settings import settings

room = Blueprint(__name__)


@command(
    room,
    "POST /v1/offers",
    body=NewOffer,
    answer=OfferAnswer,
    allow=(INSTITUTION,),
    refuses=(sellers.MerchantSuspended, AccountFrozen),
)
def make_offer(command: Command[NewOffer]) -> Decision:
    """Put an offer on the shelf."""
    return shelf.offer(command, settings().busy_stripes, queries.seller(command.caller.account))


@command(
    room,
    "PATCH /v1/offers/{id}",
    body=OfferChange,
    answer=OfferAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, sellers.MerchantSuspended, AccountFrozen),
    status=200,
)
def change_offer(command: Command[OfferChange], id: str) -> Decision:
    """Change price, stock, shelf state or words."""
    return shelf.change(command, queries.own_offer(command.caller, id))


@command(
    room,
    "POST /v1/offer-batches",
    body=NewOfferBatch,
    answer=OfferBatchAnswer,
    allow=(INSTITUTION,),
    refuses=(sellers.MerchantSuspended, AccountFrozen),
    status=200,
    prepare=sync.sync,
)
def offer_batch(command: Command[NewOfferBatch], answer: OfferBatchAnswer) -> Decision:
    """Make or change up to 100 offers by the merchant's own codes: one result a line, in order.

    Lines do not depend on each other: one that is refused says why, and the others count. Sending the same request
    again, after a lost answer for one, continues where it stopped.
    """
    return sync.done(command, answer)


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


@command(
    room,
    "POST /v1/offers/{id}/vouchers",
    body=NewVouchers,
    answer=VouchersAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, AccountFrozen),
)
def add_vouchers(command: Command[NewVouchers], id: str) -> Decision:
    """Add codes to an offer, which each sale then hands out: its stock is the number of unsold codes.

    From the first codes on, orders are fulfilled by the sale itself, and stock is added by codes only.
    """
    offer = queries.own_offer(command.caller, id)
    return vouchers.add(
        command, offer, queries.tills_by_name(offer.tills), queries.known_codes(offer.id, vouchers.PARTS)
    )


@query(room, "/v1/categories", answer=Categories, cache=LISTED)
def list_categories(_: Query[Params]) -> Categories:
    """The categories of offers, with labels in both languages."""
    return categories.register()


@query(room, "/v1/offers/{id}", answer=OfferAnswer, refuses=(NotFound,), cache=LIVE)
def one_offer(query: Query[Params], id: str) -> OfferAnswer:
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
        units = tills.choose(offered, command.body.quantity)
        handed = queries.hand_out(units) if offered.pooled else None
        return actions.redeem(command, offered, units, person, handed)
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
    return order_book.orders(query)


@query(room, "/v1/redemptions/{id}", answer=Redemption, allow=(INDIVIDUAL, INSTITUTION, EXCHANGE), refuses=(NotFound,))
def one_order(query: Query[Params], id: str) -> Redemption:
    """One order."""
    return order_book.order(query.asker, id)[0]


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
    return aftersales.fulfil(command, *order_book.order(command.caller, id))


@command(
    room,
    "POST /v1/redemptions/{id}/refund",
    body=Refund,
    answer=Redemption,
    allow=(INSTITUTION, EXCHANGE),
    refuses=(NotFound, AlreadyRefunded, InsufficientPoints, aftersales.BuyerClosed, AccountFrozen),
    status=200,
)
def refund(command: Command[Refund], id: str) -> Decision:
    """Points back to the person, units back to stock, once.

    While a merchant is frozen only the exchange can refund its orders.
    """
    return aftersales.refund(command, order_book.sale(command.caller, id))


@command(
    room,
    "POST /v1/redemptions/{id}/cancel",
    body=Empty,
    answer=Redemption,
    allow=(INDIVIDUAL,),
    refuses=(NotFound, aftersales.NotCancellable, InsufficientPoints, AccountFrozen),
    status=200,
)
def cancel_order(command: Command[Empty], id: str) -> Decision:
    """The buyer cancels an order that is not fulfilled, within the time that its offer gives: the points come back."""
    return aftersales.cancel(command, order_book.sale(command.caller, id))
