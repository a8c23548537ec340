"""Lines of a catalogue and what became of them. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kernel.fields import Answer, Body, LongText, Moment, ShortText, Units, example
from chalicelib.mall.categories import CategoryCode
from chalicelib.mall.model import (
    CancellableMinutes,
    Event,
    FulfilmentKind,
    FulfilWithinDays,
    Images,
    OfferAnswer,
    OnShelf,
    Price,
    Sku,
)

LINES_MAX = 100

Result = Literal["created", "changed", "unchanged", "refused"]


class OfferLine(Body):
    """One offer of a catalogue. A new ``sku`` needs what ``POST /v1/offers`` needs; of a known one, what is left out
    stays.

    ``stock`` is all units that the offer ever had, sold ones included: sending the same line again adds nothing.
    """

    sku: Sku
    title: ShortText | None = None
    description: LongText | None = None
    category: CategoryCode | None = None
    points: Price | None = None
    stock: Annotated[Units | None, Field(description="All units ever supplied, sold ones included")] = None
    status: OnShelf | None = None
    per_account_limit: Annotated[int | None, Field(ge=1, le=10**6)] = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    fulfilment: FulfilmentKind | None = None
    busy: bool | None = None
    images: Images | None = None
    cancellable_minutes: CancellableMinutes | None = None
    fulfil_within_days: FulfilWithinDays | None = None
    event: Event = None


def _one_line_an_sku(lines: list[OfferLine]) -> list[OfferLine]:
    skus = [line.sku for line in lines]
    if twice := next((sku for number, sku in enumerate(skus) if sku in skus[:number]), None):
        raise PydanticCustomError("sku_twice", "Two lines have the sku {sku}: send one", {"sku": twice})
    return lines


class NewOfferBatch(Body):
    """A catalogue, or a part of one: 1 to 100 lines, each with its own ``sku``."""

    model_config = example(
        offers=[
            {
                "sku": "TEA-1",
                "title": "龙井茶一杯",
                "description": "凭券到店领取",
                "category": "food",
                "points": 2500,
                "stock": 100,
                "fulfilment": "goods",
            },
            {"sku": "METRO-1", "points": 2800, "stock": 1500},
        ]
    )

    offers: Annotated[
        list[OfferLine],
        Field(min_length=1, max_length=LINES_MAX, description="Each line has an sku of its own"),
        AfterValidator(_one_line_an_sku),
    ]


class OfferResult(Answer):
    """What became of a line: ``offer`` is its offer's id. A refused line names why, in both languages."""

    sku: str
    result: Result
    offer: str | None = None
    code: str | None = None
    detail: str | None = None
    detail_zh: str | None = None


class OfferBatchAnswer(Answer):
    """One result a line, in the order of the request. Lines do not depend on each other."""

    id: str
    offers: list[OfferResult]


class LineAnswer(OfferAnswer):
    """What the Record of a line keeps: the offer, and what was done to it."""

    result: Result
