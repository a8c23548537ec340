"""Which colours a part of a stock has: the oldest month first, in whole grams, without remainder. Pure.

A stock is laid out gram by gram, and the colour of each place is fixed. So whoever takes a part from the front, and
however the rest is divided, the parts together have exactly the colours of the whole (docs/adr/0028).
"""

from collections.abc import Mapping
from fractions import Fraction

from chalicelib.provenance.model import NONE, Colour

Grams = Mapping[Colour, int]


def first(stock: Grams, grams: int) -> dict[Colour, int]:
    """The colours of the first ``grams`` of ``stock``; what it does not hold has none (NONE)."""
    taken: dict[Colour, int] = {}
    months: dict[str, dict[Colour, int]] = {}
    for colour in sorted(stock):
        if colour != NONE and stock[colour] > 0:
            months.setdefault(colour.month, {})[colour] = stock[colour]
    for held in months.values():
        part = min(grams, sum(held.values()))
        taken |= shared(held, part)
        grams -= part
    return {colour: amount for colour, amount in (taken | {NONE: grams}).items() if amount}


def between(stock: Grams, start: int, grams: int) -> dict[Colour, int]:
    """The colours of ``grams`` of ``stock``, behind the first ``start``."""
    before, until = first(stock, start), first(stock, start + grams)
    return {colour: amount for colour in until if (amount := until[colour] - before.get(colour, 0))}


def shared(held: Grams, grams: int) -> dict[Colour, int]:
    """``grams`` of ``held`` (no more than it holds), each colour in proportion.

    The rule of Sainte-Laguë, by which parliaments seat parties: the k-th gram of a colour that holds n of them has the
    rank n / (2k - 1), and the highest ranks come first. With one gram more, no colour gets less, so parts add up.
    """
    whole = sum(held.values())
    got = {colour: (2 * grams * amount + whole) // (2 * whole) for colour, amount in held.items()}
    while (missing := grams - sum(got.values())) > 0:
        got[max(held, key=lambda each: Fraction(held[each], 2 * got[each] + 1))] += 1  # of equal ones the first
    while missing < 0:
        got[min(reversed([*held]), key=lambda each: _rank(held, got, each))] -= 1  # of equal ones the last
        missing += 1
    return got


def _rank(held: Grams, got: Grams, colour: Colour) -> Fraction:
    """Of the last gram that a colour got; one that got none keeps what it has not."""
    return Fraction(held[colour], 2 * got[colour] - 1) if got[colour] else Fraction(sum(held.values()) + 1)
