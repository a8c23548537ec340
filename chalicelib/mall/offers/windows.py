"""When an offer can be redeemed, and why not. Pure."""

from chalicelib.errors import Refusal, Text
from chalicelib.mall.categories import lane
from chalicelib.mall.items import ALWAYS, NEVER_ENDS, Offer, Till
from chalicelib.mall.model import OnShelf
from chalicelib.table import lists


class OfferUnavailable(Refusal):
    """It cannot be redeemed now. Each reason has a sentence of its own, and only the facts that exist."""

    status, code = 409, "offer_unavailable"
    title = Text("The offer cannot be redeemed now", "该权益当前不可兑换")
    detail = Text("It is off the shelf, has not begun, or has ended.", "该权益已下架、尚未开始兑换或兑换已结束。")
    remedy = Text(
        "Wait for its time, or choose an offer from GET /v1/offers.",
        "请在兑换时间内重试，或从 GET /v1/offers 选择其他权益。",
    )


class OfferOffShelf(OfferUnavailable):
    detail = Text("It is off the shelf.", "该权益已下架。")


class OfferNotBegun(OfferUnavailable):
    detail = Text("It can be redeemed from {starts_at}.", "该权益自 {starts_at} 起可兑换，目前尚未开始。")


class OfferEnded(OfferUnavailable):
    detail = Text("It ended at {ends_at}.", "该权益的兑换已于 {ends_at} 结束。")


class OfferDrawn(OfferUnavailable):
    detail = Text(
        "The goods of its event are drawn. Enter with POST /v1/events/{event}/entries.",
        "该活动权益通过抽签分配，请通过 POST /v1/events/{event}/entries 报名。",
    )
    remedy = Text(
        "Read the event with GET /v1/events/{id}: it says until when it takes entries.",
        "请通过 GET /v1/events/{id} 查询活动的报名截止时间。",
    )


def unavailable(till: Till, at: str) -> OfferUnavailable | None:
    """Why nothing of an offer (one of its tills, as it stands) can be redeemed at ``at``; None where it can be."""
    if till.ends_at <= at:
        return OfferEnded(ends_at=till.ends_at)
    if till.status != "on_shelf":
        return OfferOffShelf()
    return OfferNotBegun(starts_at=till.starts_at) if till.starts_at > at else None


def moved(offer: Offer, status: OnShelf) -> dict[str, str]:
    """What takes an offer to the list of its category, or off it."""
    return lists.moved(lane(lists.OFFERS, offer.category) if status == "on_shelf" else lists.OFFERS_OFF)


def is_over(offer: Offer, at: str) -> bool:
    return (offer.ends_at or NEVER_ENDS) <= at


def by_points(offer: Offer, at: str) -> str:
    """The list by price in which an offer stands at ``at``."""
    return lists.OFFERS_ENDED_BY_POINTS if is_over(offer, at) else lane(lists.OFFERS_BY_POINTS, offer.category)


def in_time(offer: Offer, at: str) -> bool:
    """Whether an offer has begun and has not ended at ``at``."""
    return (offer.starts_at or ALWAYS) <= at and not is_over(offer, at)
