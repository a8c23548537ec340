"""/v1/redemptions"""

from chalice.app import Blueprint

from chalicelib.accounts import queries as accounts
from chalicelib.edge.endpoints import command
from chalicelib.edge.queries import query
from chalicelib.errors import AlreadyRefunded, InvalidState, NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, Page, Params
from chalicelib.kernel.query import Query
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, InsufficientPoints
from chalicelib.ledger.refunds import PayeeClosed
from chalicelib.mall.offers import memory, queries
from chalicelib.mall.offers.windows import OfferUnavailable
from chalicelib.mall.orders import Fulfilment, NewRedemption, OrderParams, Redemption, Refund
from chalicelib.mall.redemptions import actions, aftersales, order_book
from chalicelib.mall.tills import spreading

room = Blueprint(__name__)


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
        memory.SoldOut,
        actions.LimitReached,
        OfferUnavailable,
    ),
)
def redeem(command: Command[NewRedemption]) -> Decision:
    """Redeem points for an offer at the price that was shown."""
    try:
        offered = memory.terms(command.body.offer)
        actions.first_come(offered)
        if memory.crowded(offered):
            spreading.ask(offered)  # not in ``prepare``: that reads the Record first, and a warm sale reads nothing
        account = command.caller.account
        person = accounts.person(account) if offered.limits else account
        units = memory.choose_tills(offered, command.body.quantity)
        handed = queries.hand_out(units) if offered.pooled else None
        return actions.redeem(command, offered, units, person, handed)
    except (NotFound, memory.SoldOut, actions.LimitReached):
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
    refuses=(NotFound, AlreadyRefunded, InsufficientPoints, PayeeClosed, AccountFrozen),
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
    refuses=(NotFound, aftersales.NotCancellable, InsufficientPoints),
    status=200,
)
def cancel_order(command: Command[Empty], id: str) -> Decision:
    """The buyer cancels an order that is not fulfilled, within the time that its offer gives: the points come back."""
    return aftersales.cancel(command, order_book.sale(command.caller, id))
