"""Offers and redemptions as clients see them. Pure."""

from typing import Annotated, Literal

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
from chalicelib.transitions import Step

STRIPES_MAX = 64  # an offer with all its tills changes in one transaction of at most 100 items

FulfilmentKind = Literal["voucher", "goods", "service"]
OnShelf = Literal["on_shelf", "off_shelf"]
OrderStatus = Literal["placed", "fulfilled", "refunded"]

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
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    fulfilment: FulfilmentKind
    busy: bool = False


class OfferChange(Body):
    """Any of these; the rest stays."""

    model_config = example(points=2800, stock_added=500)

    points: Annotated[int | None, Field(ge=1, le=10**9)] = None
    stock_added: Units | None = None
    status: OnShelf | None = None
    title: ShortText | None = None
    description: LongText | None = None


class OfferAnswer(Answer):
    """An offer as the public sees it; ``stock`` may lag by seconds and is never negative."""

    id: str
    merchant: str
    status: OnShelf
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

    voucher: ShortText | None = None
    note: ShortText | None = None


class Redemption(Answer):
    """An order. ``title``, ``unit_points`` and ``fulfilment`` are as at the sale; null on orders older than these."""

    id: str
    status: OrderStatus
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


class Settled(Answer):
    """A merchant whose event is over, with nothing left to serve."""

    merchant: str
    settled_at: Time


class Swept(Answer):
    """What one sweep moved from a till to its merchant."""

    till: str
    merchant: str
    points: int
