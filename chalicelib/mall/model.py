"""Offers, tills and redemptions. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.fields import (
    Amount,
    Answer,
    Body,
    Id,
    LongText,
    Moment,
    Paged,
    ShortText,
    Time,
    Units,
    example,
)
from chalicelib.mall.categories import CategoryCode
from chalicelib.table import keys
from chalicelib.transitions import Step

STRIPES_MAX = 64  # an offer with all its tills changes in one transaction of at most 100 items

FulfilmentKind = Literal["voucher", "goods", "service"]

STEPS = (
    Step("placed", "fulfil", "fulfilled", (INSTITUTION,)),
    Step("placed", "refund", "refunded", (INSTITUTION, EXCHANGE)),
    Step("fulfilled", "refund", "refunded", (INSTITUTION, EXCHANGE)),
)


class NewOffer(Body):
    """Something a merchant gives for points. ``busy`` spreads a rush of buyers over several tills."""

    model_config = example(
        title="地铁单程票",
        description="上海地铁任意线路单程票一张",
        category="transport",
        points=3000,
        stock=1000,
        per_account_limit=2,
        starts_at=None,
        ends_at=None,
        fulfilment="voucher",
    )

    title: ShortText
    description: LongText
    category: CategoryCode
    points: Annotated[int, Field(ge=1, le=10**9, description="Price of one, in points")]
    stock: Units
    per_account_limit: Annotated[int | None, Field(ge=1, le=10**6)] = None
    starts_at: Annotated[Moment | None, Field(description="Of a merchant in an event: within it")] = None
    ends_at: Annotated[
        Moment | None,
        Field(description="In the future, later than starts_at; of a merchant in an event: within it"),
    ] = None
    fulfilment: FulfilmentKind
    busy: bool = False


class OfferChange(Body):
    """Any of these, one at least; what is null or left out stays."""

    model_config = example({"minProperties": 1}, points=2800, stock_added=500)

    points: Annotated[int | None, Field(ge=1, le=10**9)] = None
    stock_added: Units | None = None
    status: Literal["on_shelf", "off_shelf"] | None = None
    title: ShortText | None = None
    description: LongText | None = None


class Offer(Answer):
    """An offer as the public sees it; ``stock`` may lag by seconds and is never negative."""

    id: str
    merchant: str
    status: Literal["on_shelf", "off_shelf"]
    title: str
    description: str
    category: str
    points: int
    stock: int
    per_account_limit: int | None
    starts_at: Time | None
    ends_at: Time | None
    fulfilment: FulfilmentKind


class OrderParams(Paged):
    """Pages of orders."""


class OfferParams(Paged):
    """Filters of the shelf."""

    category: CategoryCode | None = None
    merchant: Id | None = None


class NewRedemption(Body):
    """``points`` is the total that was shown to the person."""

    model_config = example(offer="k3v5zq6x7n4m2p8r9s0t1u2w3y", quantity=1, points=3000)

    offer: Id
    quantity: Annotated[int, Field(ge=1, le=1000)]
    points: Amount


class Fulfilment(Body):
    """What the person gets: a voucher, or a note on delivery. An order of a voucher needs the voucher."""

    model_config = example(voucher="SH-2026-8842-1190", note=None)

    voucher: Annotated[ShortText | None, Field(description="Needed where the order is for a voucher")] = None
    note: ShortText | None = None


class Redemption(Answer):
    """An order. ``title``, ``unit_points`` and ``fulfilment`` are as at the sale; null on orders older than these."""

    id: str
    status: Literal["placed", "fulfilled", "refunded"]
    at: Time
    account: str
    merchant: str
    offer: str
    quantity: int
    points: int
    title: str | None = None
    unit_points: int | None = None
    fulfilment: FulfilmentKind | None = None
    voucher: str | None = None
    note: str | None = None


class Swept(Answer):
    """What one sweep moved from a till to its merchant."""

    till: str
    merchant: str
    points: int


class OfferTerms(NamedTuple):
    """What may be remembered of an offer: only the title ever changes, and each title has an ``edition`` of its own.

    ``event``: the event whose limit counts over all its offers (``id``, ``limit``).
    The tills bear the edition too, so a sale under an earlier title fails. None: never renamed since editions exist.
    """

    offer: str
    merchant: str
    stripes: int
    per_account_limit: int | None
    title: str
    fulfilment: FulfilmentKind
    edition: str | None
    event: Mapping[str, Any] | None = None

    @property
    def counted(self) -> str:
        """What an account's purchases are counted by: the event, or the offer itself."""
        return str(self.event["id"]) if self.event else self.offer

    def units(self, quantity: int) -> dict[str, int]:
        """What ``quantity`` units add to the count; an event's is kept for all its offers and for each."""
        return {"units": quantity} | ({self.offer: quantity} if self.event else {})

    @property
    def limits(self) -> dict[str, int]:
        """The most of each count that an account may have."""
        own, event = self.per_account_limit, self.event
        if own is None:
            return {}
        return {"units": event["limit"], self.offer: own} if event else {"units": own}

    @property
    def tills(self) -> list[str]:
        return [keys.till(self.offer, stripe) for stripe in range(self.stripes)]


def terms(item: Mapping[str, Any]) -> OfferTerms:
    """The terms in an offer's item."""
    fields = {name: item[name] for name in ("merchant", "stripes", "per_account_limit", "title", "fulfilment")}
    return OfferTerms(offer=item["id"], **fields, edition=item.get("edition"), event=item.get("event"))


def public(item: Mapping[str, Any]) -> Offer:
    """The offer as shown; ``sold`` is projected, so stock may lag but is never negative."""
    return Offer.model_validate(dict(item) | {"stock": max(0, item["supplied"] - item.get("sold", 0))})
