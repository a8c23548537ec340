"""Colours of grams. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib import shanghai
from chalicelib.kernel.fields import Answer, Time, example
from chalicelib.kernel.record import Facts, Record
from chalicelib.ledger.model import DEBT, GRAMS, POINTS
from chalicelib.table import keys

CREDITING, REVERSING = frozenset({"conversion", "record"}), "reversal"


class Colour(NamedTuple):
    """What tells grams apart: the month (Asia/Shanghai, ``2026-01``) in which they were saved, and how."""

    month: str
    scenario: str
    methodology: str


# Grams that no reduction stands for: what is owed for reversed ones, and what older Records did not name the colour of
NONE = Colour("", "", "")


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


@dataclass(frozen=True)
class ColoursPage:
    """Grams by colour that stood on their account until its credit number ``folded``, by the names they had there."""

    folded: int
    colours: Mapping[str, int]


def coloured(colours: Mapping[str, int]) -> list[Coloured]:
    """Those of an account, or of a page of it."""
    parts = (name.removeprefix(keys.EARNED).split(":", 2) for name in colours)
    return [Coloured(**Colour(*of)._asdict(), grams=grams) for of, grams in zip(parts, colours.values(), strict=True)]


class Credited(NamedTuple):
    """``grams`` of a colour came to an account; negative where a reduction was reversed."""

    account: str
    colour: Colour
    grams: int


def credited(record: Facts) -> Credited | None:
    """What a Record credits, by its facts; None where it credits nothing, or is from before Records named their colour.

    A debt that a conversion repays takes nothing from its colour: the reversal took it from the reduction's own.
    """
    if record.month is None or record.scenario is None or not record.postings:
        return None
    colour = Colour(record.month, keys.scenario_code(record.scenario), record.methodology or "")
    [account] = {name for posting in record.postings for name in posting[:2] if name.startswith("account:")}
    if record.movement in CREDITING:
        came = (each.amount for each in record.postings if each.source == keys.ISSUED and each.asset == GRAMS)
        return Credited(account, colour, sum(came))
    if record.movement == REVERSING:
        return Credited(account, colour, -_reversed(record))
    return None


def _reversed(record: Facts) -> int:
    """The reduction's grams: those that left, and those that are owed."""
    left = sum(each.amount for each in record.postings if each.destination == keys.ISSUED and each.asset == GRAMS)
    return left + sum(each.amount for each in record.postings if each.asset in DEBT.values())


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Grams of one colour that a month's Records issued and reversed, all of them or a lane's."""

    month: str
    scenario: str
    methodology: str
    issued: int = 0
    reversed: int = 0

    @property
    def colour(self) -> Colour:
        return Colour(self.month, self.scenario, self.methodology)

    @property
    def net(self) -> int:
        return self.issued - self.reversed


def flows(record: Record) -> Iterator[tuple[Colour, int]]:
    """What a Record issues of each colour; negative where it reverses.

    Together this is what left ``system:issued`` less what went back there. So what a reversal could not take back
    counts for NONE, until it is repaid.
    """
    came = credited(record)
    if came and came.grams:
        yield came.colour, came.grams
    grams = [each for each in record.postings if each.asset == GRAMS]
    left = sum(each.amount for each in grams if each.source == keys.ISSUED)
    back = sum(each.amount for each in grams if each.destination == keys.ISSUED)
    if rest := left - back - (came.grams if came else 0):
        yield NONE, rest


class Used(NamedTuple):
    """``grams`` that a Record uses, among the uses ``of`` its month, or of the campaign that gets them."""

    of: str
    record: str
    grams: int


def used(record: Record) -> Used | None:
    """What a Record retires, or gives to a campaign, whose closing retires it; None where it does neither."""
    if record.movement == "donation":
        given = sum(each.amount for each in record.postings if each.asset == POINTS)
        return Used(of_campaign(record.counterparty or ""), record.id, given)
    retired = sum(each.amount for each in record.postings if (each.destination, each.asset) == (keys.RETIRED, GRAMS))
    return Used(month_of(record), record.id, retired) if retired else None


def of_campaign(campaign: str) -> str:
    """The name of all that is given to a campaign."""
    return keys.campaign(campaign).pk


def month_of(record: Record) -> str:
    """The month of a Record's own time."""
    return shanghai.month(datetime.fromisoformat(record.at))


class UseAnswer(Answer):
    """Grams that a Record retired. ``institution``: the account that retired its own; null of persons and campaigns.
    ``certificate``: its serial.
    """

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        at="2026-01-31T08:00:00.000Z",
        kind="retirement",
        grams=400_000,
        institution="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        certificate="SH26-7QX2-9KD4-M8PV-3TCA",
    )

    id: str
    at: Time
    kind: str
    grams: int
    institution: str | None
    certificate: str | None


def to_use(record: Record) -> UseAnswer:
    """What a Record retired, without any person."""
    used = [each for each in record.postings if (each.destination, each.asset) == (keys.RETIRED, GRAMS)]
    holder = keys.holder("")
    own = next((each.source.removeprefix(holder) for each in used if each.source.startswith(holder)), None)
    return UseAnswer(
        id=record.id,
        at=record.at,
        kind=str(record.movement),
        grams=sum(each.amount for each in used),
        institution=own,
        certificate=record.certificate,
    )
