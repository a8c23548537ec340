"""What is asked and answered about holds, and how their points move. Pure."""

from typing import Annotated

from pydantic import Field

from chalicelib.holds.items import Hold, Status
from chalicelib.kernel.fields import Amount, Answer, Body, Id, Paged, RefundReason, ShortText, Time, example
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import POINTS, Posting, Transfer
from chalicelib.ledger.refunds import from_merchant
from chalicelib.table import keys

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"

Reference = Annotated[
    ShortText, Field(max_length=64, description="The merchant's own name of its order, unique for ever")
]


class NewHold(Body):
    """A merchant reserves points of the person who granted it that."""

    model_config = example(
        grant=_ID, points=3000, order_reference="2026-01-31-0815", title="龙井茶一盒", expires_in_seconds=900
    )

    grant: Id
    points: Amount
    order_reference: Reference
    title: Annotated[ShortText, Field(description="What is bought: the person reads it")]
    expires_in_seconds: Annotated[int, Field(ge=60, le=604_800)]


class Capture(Body):
    """What the merchant takes, at most what is held; the rest is released."""

    model_config = example(points=2500)

    points: Amount


class HoldRefund(Body):
    """Points of a captured hold go back to the person. The exchange gives a reason, a merchant need not."""

    model_config = example(points=500, reason="One item was missing")

    points: Amount
    reason: RefundReason = None


class HoldParams(Paged):
    """Pages of holds; the exchange names a ``merchant``."""

    merchant: Id | None = None


class HoldAnswer(Answer):
    """A hold. ``points`` is what was held at first; ``captured_points`` less ``refunded_points`` is what it cost."""

    model_config = example(
        id=_ID,
        status="captured",
        grant=_ID,
        merchant=_ID,
        order_reference="2026-01-31-0815",
        title="龙井茶一盒",
        points=3000,
        captured_points=2500,
        refunded_points=0,
        at="2026-01-31T08:00:00.000Z",
        expires_at="2026-01-31T08:15:00.000Z",
        ended_at="2026-01-31T08:03:00.000Z",
    )

    id: str
    status: Status
    grant: str
    merchant: str
    order_reference: str
    title: str
    points: int
    captured_points: int
    refunded_points: int
    at: Time
    expires_at: Time
    ended_at: Time | None


def to_answer(hold: Hold) -> HoldAnswer:
    """The hold as its parties see it."""
    return HoldAnswer(
        id=hold.id,
        status=hold.status,
        grant=hold.grant,
        merchant=hold.merchant,
        order_reference=hold.order_reference,
        title=hold.title,
        points=hold.amount,
        captured_points=hold.captured_points,
        refunded_points=hold.refunded_points,
        at=hold.placed_at,
        expires_at=hold.expires_at,
        ended_at=hold.ended_at,
    )


def reserve(hold: Hold) -> Transfer:
    """The person's points go to the hold."""
    return Transfer("hold", (Posting(keys.holder(hold.account), hold.name, hold.amount, POINTS),))


def take(hold: Hold, points: int) -> Transfer:
    """The merchant's part of a hold, and the rest to the person."""
    parts = ((keys.holder(hold.merchant), points), (keys.holder(hold.account), hold.amount - points))
    return Transfer("capture", tuple(Posting(hold.name, taker, part, POINTS) for taker, part in parts if part))


def give_up(hold: Hold) -> Transfer:
    """All points of a hold go back to the person."""
    return Transfer("release", (Posting(hold.name, keys.holder(hold.account), hold.amount, POINTS),))


def pay_back(hold: Hold, points: int, merchant: Account) -> Transfer:
    """Captured points go back to the person, out of the ``merchant``'s account as read."""
    return Transfer("refund", from_merchant(merchant.holder, keys.holder(hold.account), points, merchant))
