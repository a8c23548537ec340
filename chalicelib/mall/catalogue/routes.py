"""/v1/offers and /v1/offer-batches for those who sell"""

from chalice.app import Blueprint

from chalicelib.edge.endpoints import command, waits_for
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.mall.catalogue import shelf, sync, vouchers
from chalicelib.mall.catalogue.model import NewOfferBatch, OfferBatchAnswer
from chalicelib.mall.catalogue.vouchers import NewVouchers, VouchersAnswer
from chalicelib.mall.model import (
    NewOffer,
    OfferAnswer,
    OfferChange,
)
from chalicelib.mall.offers import browse, queries, sellers
from chalicelib.mall.tills.following import until_followed
from chalicelib.merchants import queries as merchants
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
    """Put an offer on the shelf, or at an event of the merchant's."""
    event = command.body.event
    named = merchants.event(event) if event else None
    return shelf.offer(command, settings().busy_stripes, queries.seller(command.caller.account), named)


@command(
    room,
    "PATCH /v1/offers/{id}",
    body=OfferChange,
    answer=OfferAnswer,
    allow=(INSTITUTION,),
    refuses=(NotFound, sellers.MerchantSuspended, AccountFrozen),
    status=200,
)
@waits_for(until_followed)
def change_offer(command: Command[OfferChange], id: str) -> Decision:
    """Change price, stock, shelf state or words.

    Once it is answered, nothing is sold at the price or in the state of before.
    """
    offer = queries.own_offer(command.caller, id)
    seller = queries.seller(offer.merchant) if command.body.status else None
    return browse.less_sold(shelf.change(command, offer, seller=seller), offer)


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
