"""Offers as clients see them. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.fields import Answer, Body, Id, LongText, Moment, Paged, Params, ShortText, Time, Units, example
from chalicelib.mall.categories import CategoryCode

STRIPES_MAX = 64  # tills that an offer begins with: it is made in one transaction of at most 100 items

FulfilmentKind = Literal["voucher", "goods", "service"]
OnShelf = Literal["on_shelf", "off_shelf"]
Price = Annotated[int, Field(ge=1, le=10**9, description="Price of one, in points")]
Sku = Annotated[
    str,
    Field(pattern=r"^[\x21-\x7e]{1,64}$", description="The merchant's own code. It names one offer, for ever"),
]
Image = Annotated[str, Field(pattern=r"^https://[\x21-\x7e]{1,500}$", examples=["https://img.example.com/tea.jpg"])]
Images = Annotated[list[Image], Field(max_length=9, description="https addresses of pictures, the first one first")]
CancellableMinutes = Annotated[
    int,
    Field(ge=1, le=43_200, description="How long after the sale the buyer may cancel an order not yet fulfilled"),
]
Event = Annotated[
    Id | None,
    Field(
        description="An event of the merchant that has not ended. Null: its own where its mode is `event`, else none"
    ),
]
FulfilWithinDays = Annotated[
    int, Field(ge=1, le=365, description="An order that is not fulfilled within so many days is refunded")
]


class NewOffer(Body):
    """Something a merchant gives for points. ``busy`` spreads a rush of buyers over several tills.

    ``event``: the merchant's event that it belongs to. At an event, times and limit that are null or left out are the
    event's own, and the units of all its offers are at most its quantity.
    """

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
        sku="METRO-1",
        images=["https://img.example.com/metro.jpg"],
        cancellable_minutes=30,
        fulfil_within_days=7,
    )

    title: ShortText
    description: LongText
    category: CategoryCode
    points: Price
    stock: Units
    per_account_limit: Annotated[int | None, Field(ge=1, le=10**6)] = None
    starts_at: Annotated[Moment | None, Field(description="Of a merchant in an event: within it")] = None
    ends_at: Annotated[
        Moment | None,
        Field(description="In the future, later than starts_at; of a merchant in an event: within it"),
    ] = None
    fulfilment: FulfilmentKind
    busy: bool = False
    sku: Sku | None = None
    images: Images = Field(default_factory=list)
    cancellable_minutes: CancellableMinutes | None = None
    fulfil_within_days: FulfilWithinDays | None = None
    event: Event = None


class OfferChange(Body):
    """Any of these, one at least; what is null or left out stays."""

    model_config = example({"minProperties": 1}, points=2800, stock_added=500)

    points: Annotated[int | None, Field(ge=1, le=10**9)] = None
    stock_added: Units | None = None
    status: OnShelf | None = None
    title: ShortText | None = None
    description: LongText | None = None


class OfferAnswer(Answer):
    """An offer as the public sees it; ``stock`` may lag by seconds and is never negative.

    ``taken_down``: by the sub-platform, so that its merchant cannot put it on the shelf. ``event``: the event whose
    goods it gives out.
    """

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
    sku: str | None = None
    images: list[Image] = Field(default_factory=list)
    cancellable_minutes: int | None = None
    fulfil_within_days: int | None = None
    taken_down: bool = False
    event: str | None = None


class StockAt(Answer):
    """The stock of an offer when the minute ``at`` began."""

    at: Time
    stock: int


class OfferView(OfferAnswer):
    """One offer. ``stock_at``: its stock at the instant that `?at=` asks for, to the minute; null without."""

    stock_at: StockAt | None = None


class OfferInstant(Params):
    """As of when the stock is asked for."""

    at: Annotated[Moment | None, Field(description="An instant, RFC 3339 with any offset (write + as %2B)")] = None


class OfferParams(Paged):
    """Filters of the shelf. ``q``: words that title or description contain, all of them, in any case.

    ``sub_platform``: offers of the merchants beneath it. ``event``: those of an event; its ``merchant`` beside it makes
    the search short. ``sort``: the newest or the cheapest first. ``status=all``: the caller's own offers, on the shelf
    or off, in their time or not; it needs a merchant's token.
    """

    category: CategoryCode | None = None
    merchant: Id | None = None
    sub_platform: Id | None = None
    event: Id | None = None
    q: Annotated[str | None, Field(min_length=1, max_length=100, examples=["地铁"])] = None
    sort: Literal["newest", "points"] = "newest"
    status: Literal["on_shelf", "all"] = "on_shelf"

    @property
    def for_roles(self) -> tuple[str, ...]:
        """Who may ask this: anyone, but for a merchant's own offers off the shelf."""
        return (INSTITUTION,) if self.status == "all" else ()


class EventCompletion(Answer):
    """A merchant whose event is over, with nothing left to serve."""

    merchant: str
    completed_at: Time


class Left(Answer):
    """A merchant whose event is over, and the sub-platform that may admit another one in its place."""

    merchant: str
    sub_platform: str
    left_at: Time


class Swept(Answer):
    """What one sweep moved from a till to its merchant."""

    till: str
    merchant: str
    points: int
