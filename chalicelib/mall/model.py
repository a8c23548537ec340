"""Offers, tills and redemptions. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from chalicelib.errors import Refusal, Text
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
from chalicelib.ledger.model import POINTS, Posting, Transfer, units
from chalicelib.mall.categories import CategoryCode
from chalicelib.table import keys
from chalicelib.transitions import Step

ALWAYS, NEVER_ENDS = "0000", "9999"  # bounds of an open window, so that one condition serves every till
SUM_LANES_MAX = 4
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
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    fulfilment: FulfilmentKind
    busy: bool = False


class OfferChange(Body):
    """Any of these; the rest stays."""

    model_config = example(points=2800, stock_added=500)

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

    voucher: ShortText | None = None
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


def unavailable(till: Mapping[str, Any], at: str) -> OfferUnavailable | None:
    """Why nothing of an offer (one of its tills, as it stands) can be redeemed at ``at``; None where it can be."""
    if till["ends_at"] <= at:
        return OfferEnded(ends_at=till["ends_at"])
    if till["status"] != "on_shelf":
        return OfferOffShelf()
    return OfferNotBegun(starts_at=till["starts_at"]) if till["starts_at"] > at else None


def terms(item: Mapping[str, Any]) -> OfferTerms:
    """The terms in an offer's item."""
    fields = {name: item[name] for name in ("merchant", "stripes", "per_account_limit", "title", "fulfilment")}
    return OfferTerms(offer=item["id"], **fields, edition=item.get("edition"), event=item.get("event"))


def in_time(item: Mapping[str, Any], at: str) -> bool:
    """Whether an offer has begun and has not ended at ``at``."""
    return (item["starts_at"] or ALWAYS) <= at < (item["ends_at"] or NEVER_ENDS)


def public(item: Mapping[str, Any]) -> Offer:
    """The offer as shown; ``sold`` is projected, so stock may lag but is never negative."""
    return Offer.model_validate(dict(item) | {"stock": max(0, item["supplied"] - item.get("sold", 0))})


def share(total: int, parts: int) -> list[int]:
    """``total`` in ``parts`` as equal as can be."""
    each, over = divmod(total, parts)
    return [each + (1 if number < over else 0) for number in range(parts)]


def lane(till: str) -> int:
    """Where the sales of a till are summed."""
    return int(till.rpartition("/")[2]) % SUM_LANES_MAX


def stocking(offer: str, tills: Sequence[str], added: int) -> Transfer:
    """New units come to the tills."""
    parts = zip(tills, share(added, len(tills)), strict=True)
    return Transfer("stocking", tuple(Posting(keys.SUPPLIED, till, part, units(offer)) for till, part in parts if part))


def sale(person: str, offer: str, taken: Mapping[str, int], price: int) -> Transfer:
    """Points from the person to the tills, units from the tills (``taken``) to her."""
    postings: list[Posting] = []
    for till, quantity in taken.items():
        postings.append(Posting(person, till, quantity * price, POINTS))
        postings.append(Posting(till, keys.DELIVERED, quantity, units(offer)))
    return Transfer("redemption", tuple(postings))


def refund(record: Mapping[str, Any], in_tills: Mapping[str, int]) -> Transfer:
    """The sale reversed. Points that were swept meanwhile come from the merchant's account instead of the till."""
    postings: list[Posting] = []
    for source, destination, amount, asset in record["postings"]:
        if asset != POINTS:
            postings.append(Posting(destination, source, amount, asset))
            continue
        from_till = min(amount, in_tills[destination])
        for giver, part in ((destination, from_till), (record["holder"], amount - from_till)):
            if part:
                postings.append(Posting(giver, source, part, POINTS))
    return Transfer("refund", tuple(postings))


def sweep(till: str, merchant: str, amount: int) -> Transfer:
    """What a till has earned goes to the merchant's account."""
    return Transfer("sweep", (Posting(till, keys.holder(merchant), amount, POINTS),))
