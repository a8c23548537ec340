"""The mix of a month: what its uses took of each colour, and what that leaves. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from chalicelib.kernel.fields import Answer, example
from chalicelib.provenance.apportion import Grams, first
from chalicelib.provenance.model import NONE, Colour, Flow

KIND = "mix+jwt"
_Month = Annotated[str, Field(examples=["2026-01"])]


class MixPart(Answer):
    """Grams of one colour: ``month`` (Asia/Shanghai) in which they were saved, scenario and methodology.

    All three are null for grams that no reduction stands for: it was reversed, and its debt is not repaid.
    """

    month: str | None
    scenario: str | None
    methodology: str | None
    grams: int


class ColourBalance(Answer):
    """Grams of one colour in a month: ``closing`` is ``opening`` plus issued, less reversed, less used.

    It is negative where grams were reversed after they had been used.
    """

    month: str | None
    scenario: str | None
    methodology: str | None
    opening_grams: int
    issued_grams: int
    reversed_grams: int
    used_grams: int
    closing_grams: int


class Mix(Answer):
    """The colours of the ``grams`` that a month's Records retired, the oldest first."""

    iss: str
    month: _Month
    grams: int
    parts: list[MixPart]


class MixAnswer(Answer):
    """A mix, and a JWS (ES256, by a key of `/.well-known/jwks.json`) whose payload is exactly this mix."""

    model_config = example(
        mix={
            "iss": "https://example.org",
            "month": "2026-01",
            "grams": 416_300,
            "parts": [
                {"month": "2025-12", "scenario": "metro", "methodology": "SHCER-01", "grams": 16_300},
                {"month": "2026-01", "scenario": "metro", "methodology": "SHCER-01", "grams": 400_000},
            ],
        },
        jws="eyJhbGciOiJFUzI1NiJ9.eyJtb250aCI6IjIwMjYtMDEifQ.c2lnbmF0dXJl",
    )

    mix: Mix
    jws: Annotated[str, Field(description="Compact JWS (RFC 7515)")]


class MixMade(Answer):
    """What the Record of a mix keeps."""

    month: str
    grams: int
    colours: int


@dataclass(frozen=True, kw_only=True)
class MonthMix:
    """A month's mix as it is kept: grams used, a row for each colour (JSON, see ``rows``), and the signed mix."""

    month: str
    grams: int
    rows: str
    jws: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a month did to one colour."""

    colour: Colour
    opening: int
    issued: int
    reversed: int
    used: int

    @property
    def closing(self) -> int:
        return self.opening + self.issued - self.reversed - self.used

    def to_answer(self) -> ColourBalance:
        return ColourBalance(
            **_named(self.colour),
            opening_grams=self.opening,
            issued_grams=self.issued,
            reversed_grams=self.reversed,
            used_grams=self.used,
            closing_grams=self.closing,
        )


def balance(opening: Grams, flows: Mapping[Colour, Flow], used: int) -> list[Row]:
    """A month from what the one before left, what its Records issued and reversed, and the grams that they used."""
    still = Flow(month="", scenario="", methodology="")
    colours = sorted(opening.keys() | flows.keys())
    there = {each: opening.get(each, 0) + flows.get(each, still).net for each in colours}
    taken = first(there, used)
    return [
        Row(
            colour=each,
            opening=opening.get(each, 0),
            issued=flows.get(each, still).issued,
            reversed=flows.get(each, still).reversed,
            used=taken.get(each, 0),
        )
        for each in sorted({*colours, *taken})
    ]


def written(rows: Iterable[Row]) -> str:
    """The rows as they are kept."""
    return json.dumps([[*each.colour, each.opening, each.issued, each.reversed, each.used] for each in rows])


def read(text: str) -> list[Row]:
    """The rows that were ``written``."""
    return [
        Row(colour=Colour(*each[:3]), opening=each[3], issued=each[4], reversed=each[5], used=each[6])
        for each in json.loads(text)
    ]


def closing(rows: Iterable[Row]) -> dict[Colour, int]:
    """What the next month opens with."""
    return {each.colour: each.closing for each in rows if each.closing}


def used(rows: Iterable[Row]) -> dict[Colour, int]:
    """What was used of each colour."""
    return {each.colour: each.used for each in rows if each.used}


def parts(grams: Grams) -> list[MixPart]:
    """The same for readers, the oldest first; what no reduction stands for comes last."""
    return [MixPart(**_named(each), grams=grams[each]) for each in sorted(grams, key=lambda of: (of == NONE, of))]


def colours(of: Iterable[MixPart]) -> dict[Colour, int]:
    """The grams of parts by colour."""
    return {Colour(each.month or "", each.scenario or "", each.methodology or ""): each.grams for each in of}


def _named(colour: Colour) -> dict[str, str | None]:
    return dict.fromkeys(Colour._fields) if colour == NONE else dict(colour._asdict())
