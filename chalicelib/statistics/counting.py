"""What one Record adds to the sums of its month. Pure."""

from collections import Counter
from dataclasses import fields
from typing import NamedTuple

from chalicelib.kernel.record import Record
from chalicelib.ledger.model import DEBT, GRAMS, unbought
from chalicelib.openness.model import used
from chalicelib.provenance.model import credited
from chalicelib.statistics.model import Turnover
from chalicelib.table import keys

EX_OFFICIO = "ex_officio_cancellation"
# What a movement is counted as. What is not here is no use of points or grams (NO_USE).
WAYS = {
    "redemption": "redeemed_points",
    "capture": "redeemed_points",
    "refund": "refunded_points",
    "cancellation": "cancelled_points",
    "donation": "donated_points",
    "donation_refund": "donation_refunds_points",
    "buy_back": "bought_back_points",
    EX_OFFICIO: "ex_officio_points",
}
RETIREMENTS = {"retirement": "retired_grams", "campaign_closing": "campaign_grams"}
# Value that changes hands between accounts of the scheme, or that conversions and reversals count by themselves.
NO_USE = frozenset(
    {"conversion", "record", "reversal", "sweep", "hold", "release", "account_transfer", "inheritance", "stocking"}
    | {"draw_entry", "draw_return"}
)
_SOLD = frozenset({"redemption", "capture"})


class Source(NamedTuple):
    """Where grams come from."""

    scenario: str
    methodology: str


def change(record: Record) -> Counter[str]:
    """What a Record adds to the sums of its month."""
    found = Counter({"records": 1})
    movement = record.movement or ""
    if movement in WAYS:
        found[WAYS[movement]] = used(record)
    if movement in RETIREMENTS:
        found[RETIREMENTS[movement]] = _went_to(keys.RETIRED, record)
    if movement == EX_OFFICIO:
        found["ex_officio_grams"] = _went_to(keys.RETIRED, record, but_from=keys.POOL)
    if movement == "donation_refund":  # to an account that is gone
        found["ex_officio_points"] = _went_to(keys.RETIRED, record)
    if movement in _SOLD:
        found["orders"] = 1
    if movement == "buy_back":
        found["lots"] = 1
    found["refunded_grams"] = unbought(record)
    found.update(_issued(record))
    found["owed_grams"] = sum(each.amount for each in record.postings if _is_debt(each.asset, each.source))
    found["repaid_grams"] = sum(each.amount for each in record.postings if _is_debt(each.asset, each.destination))
    return found


def _is_debt(asset: str, name: str) -> bool:
    return asset in DEBT.values() and name == keys.UNCOVERED


def _went_to(name: str, record: Record, *, but_from: str = "") -> int:
    went = (each for each in record.postings if each.destination == name and each.asset == GRAMS)
    return sum(each.amount for each in went if each.source != but_from)


def _issued(record: Record) -> dict[str, int]:
    came = credited(record)
    if came is None:
        return {}
    return {"issued_grams": came.grams} if came.grams > 0 else {"reversed_grams": -came.grams}


def source(record: Record) -> tuple[Source, dict[str, int]] | None:
    """Where the grams of a Record come from, and what it adds to their sums; None where it brings none."""
    came = credited(record)
    return (Source(came.colour.scenario, came.colour.methodology), _issued(record)) if came else None


def merchant(record: Record) -> str | None:
    """The merchant whose turnover a Record is part of, if it is one's."""
    if record.movement == "buy_back":
        return next(each.source for each in record.postings).removeprefix(keys.holder(""))
    if record.movement in WAYS and record.holder:
        return record.holder.removeprefix(keys.holder(""))
    return None


def turnover(record: Record) -> dict[str, int]:
    """What a Record adds to its merchant's sums."""
    counted = {each.name for each in fields(Turnover)}
    return {name: amount for name, amount in change(record).items() if name in counted}
