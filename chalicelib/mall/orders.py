"""Redemptions as clients see them. Pure."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION
from chalicelib.kernel.fields import Amount, Answer, Body, Id, Moment, Paged, RefundReason, ShortText, Time, example
from chalicelib.mall.model import FulfilmentKind
from chalicelib.transitions import Step

OrderStatus = Literal["placed", "fulfilled", "refunded"]

STEPS = (
    Step("placed", "fulfil", "fulfilled", (INSTITUTION,)),
    Step("placed", "refund", "refunded", (INSTITUTION, EXCHANGE)),
    Step("placed", "cancel", "refunded", (INDIVIDUAL,)),
    Step("placed", "expire", "refunded", ("system",)),
    Step("placed", "leave behind", "refunded", ("system",)),
    Step("fulfilled", "refund", "refunded", (INSTITUTION, EXCHANGE)),
)


class OrderParams(Paged):
    """Filters of orders; ``from`` is included, ``until`` is not: they compare the time of the sale."""

    status: OrderStatus | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


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


class Refund(Body):
    """Why the points go back: it stands on the order. A merchant may leave it out or empty; the exchange may not."""

    model_config = example(reason="Sold out at the counter")

    reason: RefundReason = None


class Redemption(Answer):
    """An order. ``title``, ``unit_points`` and ``fulfilment`` are as at the sale; null on orders older than these.

    ``vouchers``: the codes that the sale handed out, one for each unit; ``voucher`` is the first of them. Only the
    buyer and the merchant see these.

    ``reason``: why it was refunded. ``cancellable_until``: when the buyer's time to cancel ends; ``fulfil_by``: when it
    is refunded unless it is fulfilled. Both are null where the offer sets no such time.
    """

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
    reason: str | None = None
    cancellable_until: Time | None = None
    fulfil_by: Time | None = None
    vouchers: list[str] = Field(default_factory=list)
