"""Offers of a sandbox as they are kept. Pure."""

from dataclasses import dataclass, fields

from chalicelib.conformance.items import Run
from chalicelib.mall.catalogue.model import LineAnswer, OfferBatchAnswer
from chalicelib.mall.items import Offer, OfferEvent
from chalicelib.mall.offers.sellers import Seller, Selling

SELLER = Seller("active", Selling("active"))  # a suspended merchant may test too
_FIELDS = {each.name for each in fields(Offer)}


@dataclass(frozen=True)
class SandboxOffer:
    """What an ``sku`` named last. ``expires_at``: when DynamoDB forgets it, in seconds since 1970."""

    offer: Offer
    expires_at: int


@dataclass(frozen=True)
class Synced:
    """A batch whose lines are judged. ``known``: the skus that an earlier one had."""

    run: Run
    known: frozenset[str]
    answer: OfferBatchAnswer


def kept(answer: LineAnswer) -> Offer:
    """The offer that a line has left, for the next one of its sku."""
    named = {name: value for name, value in answer.model_dump().items() if name in _FIELDS}
    event = OfferEvent(answer.event, 1) if answer.event else None
    more = {"stripes": 1, "supplied": answer.stock, "taken_down": None, "event": event, "images": tuple(answer.images)}
    return Offer(**named | more)
