"""Supply and health. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Moment, Params, Time, example
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import DEBT, GRAMS, POINTS, unbought
from chalicelib.table.keys import ISSUED, POOL, RETIRED, UNCOVERED

# A movement counts towards one use; the sign says whether it adds to it or takes back.
USES = {
    "redemption": ("redeemed", 1),
    "capture": ("redeemed", 1),
    "refund": ("redeemed", -1),
    "cancellation": ("cancelled", 1),
    "donation": ("donated", 1),
    "donation_refund": ("donated", -1),
    "buy_back": ("bought_back", 1),
}


class Uses(Answer):
    """Points by what they were used for, net of refunds. A refund after a buy-back lowers ``bought_back``, too,
    as far as the merchant gave grams for it.
    """

    redeemed: int
    cancelled: int
    donated: int
    bought_back: int


class SupplyAnswer(Answer):
    """Always ``grams_backing = points_circulating``, and ``grams_confirmed`` is the sum of backing, held and retired.

    ``grams_uncovered``: confirmed grams whose reduction was reversed after they had been used. Those who owe them repay
    them with their next points. ``as_of`` is the time of the latest movement counted.
    """

    model_config = example(
        grams_confirmed=7100,
        grams_backing=5100,
        grams_held=1500,
        grams_retired=500,
        grams_uncovered=0,
        points_circulating=5100,
        points_by_use={"redeemed": 2000, "cancelled": 500, "donated": 0, "bought_back": 1500},
        as_of="2026-01-31T08:00:02.145Z",
    )

    grams_confirmed: int
    grams_backing: int
    grams_held: int
    grams_retired: int
    grams_uncovered: int
    points_circulating: int
    points_by_use: Uses
    as_of: Time | None


@dataclass(frozen=True, kw_only=True)
class SupplyLane:
    """A part of the sums, in balance by itself: the lanes together are right though one may be a little behind."""

    as_of: str
    grams_confirmed: int = 0
    grams_backing: int = 0
    grams_held: int = 0
    grams_retired: int = 0
    grams_uncovered: int = 0
    points_circulating: int = 0
    redeemed: int = 0
    cancelled: int = 0
    donated: int = 0
    bought_back: int = 0


SUMS = tuple(each.name for each in fields(SupplyLane) if each.name != "as_of")


class SupplyParams(Params):
    """As of when the supply is asked for."""

    at: Annotated[Moment | None, Field(description="An instant, RFC 3339 with any offset (write + as %2B)")] = None


class Entrance(Answer):
    """Where to go from here."""

    model_config = example(docs="/docs", openapi="/openapi.json", problems="/problems", supply="/v1/supply")

    docs: str
    openapi: str
    problems: str
    supply: str


class Health(Answer):
    """That the platform answers."""

    status: Literal["ok"]
    version: Annotated[str, Field(examples=["0.1.0"])]


class Explanation(Answer):
    """What a problem's code means and how to fix it, in the language asked for, with an example."""

    model_config = example(
        code="sold_out",
        status=409,
        title="Sold out",
        remedy="Ask for fewer, wait for new stock, or choose another offer.",
        example={"type": "/problems/sold_out", "status": 409, "code": "sold_out", "available": 1, "needed": 2},
    )

    code: str
    status: int
    title: str
    remedy: str
    example: dict[str, Any]


class Explanations(Answer):
    """Every code that a problem may have."""

    items: list[Explanation]


def supply_change(record: Record) -> Counter[str]:
    """What a Record changes in the sums of the supply, by the names of SupplyLane."""
    change: Counter[str] = Counter()
    use, sign = USES.get(record.movement or "", ("", 0))
    for source, destination, amount, asset in record.postings:
        for name, signed in ((source, -amount), (destination, amount)):
            if asset == GRAMS:
                change[_grams(name)] += -signed if name == ISSUED else signed
            elif asset == POINTS and name == POOL:
                change["points_circulating"] -= signed
            elif name == UNCOVERED:
                change["grams_uncovered"] -= signed
    if use:
        change[use] += sign * used(record)
    if undone := unbought(record):
        change["bought_back"] -= undone
    return change


def used(record: Record) -> int:
    """Points that a Record of USES uses, or gives back. Of a capture, what the merchant gets: the rest is released. Of
    a sale, what its tills get: points of an entry in a draw come to the person first.
    """
    return sum(
        _used(asset, amount, destination)
        for source, destination, amount, asset in record.postings
        if _counts(record, source, destination)
    )


def _counts(record: Record, source: str, destination: str) -> bool:
    if record.movement == "redemption":
        return destination.startswith("offer:")
    return record.movement != "capture" or record.holder in (source, destination)


def _used(asset: str, amount: int, destination: str) -> int:
    """Points that a posting uses. What repays a debt is in the postings too, and is no use."""
    if asset == POINTS:
        return amount
    return -amount if asset == DEBT[POINTS] and destination == UNCOVERED else 0


def _grams(name: str) -> str:
    if name == ISSUED:
        return "grams_confirmed"
    return {POOL: "grams_backing", RETIRED: "grams_retired"}.get(name, "grams_held")


def together(lanes: Sequence[SupplyLane]) -> SupplyLane:
    """The lanes as one."""
    sums = {name: sum(getattr(lane, name) for lane in lanes) for name in SUMS}
    return SupplyLane(as_of=max(lane.as_of for lane in lanes), **sums)


def total(lanes: Sequence[SupplyLane]) -> SupplyAnswer:
    """The lanes together."""
    sums = {name: sum(getattr(lane, name) for lane in lanes) for name in SUMS}
    uses = Uses(**{name: sums.pop(name) for name in Uses.model_fields})
    return SupplyAnswer(**sums, points_by_use=uses, as_of=max((lane.as_of for lane in lanes), default=None))
