"""What is asked and answered about a merchant that leaves. Pure."""

from datetime import timedelta
from typing import Literal

from chalicelib.departures.items import Departure, Initiator, Status
from chalicelib.errors import InvalidState, Text
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION
from chalicelib.kernel.fields import Answer, Body, ShortText, Time, example
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.transitions import Step

SYSTEM_ROLE = "system"  # the schedule
SETTLE_AFTER = timedelta(minutes=10)  # a request that saw the merchant sell has ended by then, and the stream has come

STEPS = (
    *(Step(state, "leave", "leaving", (INSTITUTION,)) for state in ("active", "suspended", "ended")),
    *(Step(state, "terminate", "leaving", (EXCHANGE,)) for state in ("active", "suspended", "ended")),
    Step("leaving", "settle", "left", (SYSTEM_ROLE,)),
)

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_TIME = "2026-01-31T08:00:00.000Z"


class EventRuns(InvalidState):
    detail = Text(
        "The merchant's event runs until {ends_at}: it promised the public its goods until then.",
        "该权益方的活动至 {ends_at} 结束，在此之前应按承诺提供权益。",
    )
    remedy = Text(
        "Wait for the end of the event. The exchange can suspend the merchant before.",
        "请待活动结束后再退出；如有需要，上海环交所可先行暂停。",
    )


class MembersStay(InvalidState):
    detail = Text(
        "{members} merchants sell under this sub-platform: they have to leave first.",
        "该分平台下仍有 {members} 家权益方，须先行退出。",
    )
    remedy = Text(
        "Let each member leave, or ask the exchange to end its cooperation with them.",
        "请由各权益方分别退出，或请上海环交所终止其入驻。",
    )


class Leave(Body):
    """Why a merchant leaves, or has to: it stands in the history."""

    model_config = example(reason="We close our shop")

    reason: ShortText


class DepartureAnswer(Answer):
    """A merchant that leaves, or has left. ``initiator``: who began it.

    Orders that are open at ``serve_by`` are refunded. ``points``: what the final buy-back took; its account got as many
    grams, less than a tonne included.
    """

    model_config = example(
        id=_ID,
        merchant=_ID,
        status="leaving",
        initiator="institution",
        reason="We close our shop",
        since=_TIME,
        serve_by="2026-03-02T08:00:00.000Z",
        left_at=None,
        points=0,
    )

    id: str
    merchant: str
    status: Status
    initiator: Initiator
    reason: str
    since: Time
    serve_by: Time
    left_at: Time | None
    points: int


class Settlement(Answer):
    """What the Record of the last step keeps: the final buy-back of all points that the merchant still had."""

    merchant: str
    status: Literal["left"] = "left"
    at: Time
    points: int
    grams: int


def to_answer(departure: Departure) -> DepartureAnswer:
    """A departure as its parties see it."""
    return DepartureAnswer.model_validate(vars(departure))


def final_exchange(merchant: str, points: int) -> Transfer:
    """Every point that is left goes back to the pool, and the gram behind it to the merchant, whole tonne or not."""
    name = keys.holder(merchant)
    moved = (Posting(name, keys.POOL, points, POINTS), Posting(keys.POOL, name, points, GRAMS)) if points else ()
    return Transfer("buy_back", moved)
