"""Supply and health. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kernel.fields import Answer, Time, example
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import GRAMS
from chalicelib.table.keys import ISSUED, POOL, RETIRED

# A movement counts towards one use; the sign says whether it adds to it or takes back.
USES = {
    "redemption": ("redeemed", 1),
    "capture": ("redeemed", 1),
    "refund": ("redeemed", -1),
    "cancellation": ("cancelled", 1),
    "donation": ("donated", 1),
    "buy_back": ("bought_back", 1),
}


class Uses(Answer):
    """Points by what they were used for, net of refunds."""

    redeemed: int
    cancelled: int
    donated: int
    bought_back: int


class Supply(Answer):
    """Always ``grams_backing = points_circulating``, and ``grams_confirmed`` is the sum of backing, held and retired.

    ``as_of`` is the time of the latest movement counted.
    """

    model_config = example(
        grams_confirmed=7100,
        grams_backing=5100,
        grams_held=1500,
        grams_retired=500,
        points_circulating=5100,
        points_by_use={"redeemed": 2000, "cancelled": 500, "donated": 0, "bought_back": 1500},
        as_of="2026-01-31T08:00:02.145Z",
    )

    grams_confirmed: int
    grams_backing: int
    grams_held: int
    grams_retired: int
    points_circulating: int
    points_by_use: Uses
    as_of: Time | None


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


def moved(record: Record) -> Counter[str]:
    """What a Record changes in the supply."""
    change: Counter[str] = Counter()
    use, sign = USES.get(record.movement or "", ("", 0))
    for source, destination, amount, asset in record.postings:
        for name, signed in ((source, -amount), (destination, amount)):
            if asset == GRAMS:
                change[_grams(name)] += -signed if name == ISSUED else signed
            elif asset == "points" and name == POOL:
                change["points_circulating"] -= signed
        if use and asset == "points" and (record.hold is None or record.holder in (source, destination)):
            change[use] += sign * amount
    return change


def _grams(name: str) -> str:
    if name == ISSUED:
        return "grams_confirmed"
    return {POOL: "grams_backing", RETIRED: "grams_retired"}.get(name, "grams_held")


def total(sums: Sequence[Mapping[str, Any]]) -> Supply:
    """The lanes together; each is balanced by itself, so any of them may be a little behind."""
    names = [name for name, field in Supply.model_fields.items() if field.annotation is int]
    amounts = {name: sum(each.get(name, 0) for each in sums) for name in (*names, *Uses.model_fields)}
    uses = Uses(**{name: amounts.pop(name) for name in Uses.model_fields})
    return Supply(**amounts, points_by_use=uses, as_of=max((each["as_of"] for each in sums), default=None))
