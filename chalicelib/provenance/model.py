"""Colours of grams. Pure."""

from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.kernel.record import Record
from chalicelib.ledger.model import DEBT, GRAMS
from chalicelib.table import keys

CREDITING, REVERSING = frozenset({"conversion", "record"}), "reversal"


class Colour(NamedTuple):
    """What tells grams apart: the month (Asia/Shanghai, ``2026-01``) in which they were saved, and how."""

    month: str
    scenario: str
    methodology: str


@dataclass(frozen=True, kw_only=True)
class Coloured:
    """Grams of one colour, net of reversals."""

    month: str
    scenario: str
    methodology: str
    grams: int = 0

    @property
    def colour(self) -> Colour:
        return Colour(self.month, self.scenario, self.methodology)


class Credited(NamedTuple):
    """``grams`` of a colour came to an account; negative where a reduction was reversed."""

    account: str
    colour: Colour
    grams: int


def credited(record: Record) -> Credited | None:
    """What a Record credits; None where it credits nothing, or was made before Records named their colour.

    A debt that a conversion repays takes nothing from its colour: the reversal took it from the reduction's own.
    """
    if record.month is None or record.scenario is None:
        return None
    colour = Colour(record.month, keys.scenario_code(record.scenario), record.methodology or "")
    [account] = {name for posting in record.postings for name in posting[:2] if name.startswith("account:")}
    if record.movement in CREDITING:
        came = (each.amount for each in record.postings if each.source == keys.ISSUED and each.asset == GRAMS)
        return Credited(account, colour, sum(came))
    if record.movement == REVERSING:
        return Credited(account, colour, -_reversed(record))
    return None


def _reversed(record: Record) -> int:
    """The reduction's grams: those that left, and those that are owed."""
    left = sum(each.amount for each in record.postings if each.destination == keys.ISSUED and each.asset == GRAMS)
    return left + sum(each.amount for each in record.postings if each.asset in DEBT.values())
