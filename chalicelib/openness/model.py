"""Supply and health. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from chalicelib.edge.fields import Answer, Time
from chalicelib.ledger.model import GRAMS
from chalicelib.table.keys import ISSUED, POOL, RETIRED

# A movement counts towards one use; the sign says whether it adds to it or takes back.
USES = {"redemption": ("redeemed", 1), "refund": ("redeemed", -1)}


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

    grams_confirmed: int
    grams_backing: int
    grams_held: int
    grams_retired: int
    points_circulating: int
    points_by_use: Uses
    as_of: Time | None


class Health(Answer):
    status: Literal["ok"]
    version: str


def moved(record: Mapping[str, Any]) -> Counter[str]:
    """What a Record changes in the supply."""
    change: Counter[str] = Counter()
    use, sign = USES.get(record["movement"], ("", 0))
    for source, destination, amount, asset in record["postings"]:
        for name, signed in ((source, -amount), (destination, amount)):
            if asset == GRAMS:
                change[_grams(name)] += -signed if name == ISSUED else signed
            elif asset == "points" and name == POOL:
                change["points_circulating"] -= signed
        if use and asset == "points":
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
