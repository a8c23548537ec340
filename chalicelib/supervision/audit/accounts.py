"""One account in the books, whatever holds value: what its Records say, its statement, and what its item holds.

Sums alone, so that what was read at different places can be added up in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.supervision.audit.differences import GRAMS, POINTS, UNITS, Difference, unless_equal

DEBTS = ("debt_points", "debt_grams")
ASSETS = (POINTS, GRAMS, UNITS, *DEBTS)
Row = list[Any]
_GONE = "-"  # no name, and no balances


@dataclass(slots=True)
class Account:
    """``moved`` is by asset. ``points`` and ``grams`` are those of its lines.

    ``times`` and ``colours`` are sums of checks, expected less found. ``held`` is what its item holds, None where there
    is no item. An offer has the ``stock`` that its tills must hold together, and its ``keeper``.
    """

    moved: dict[str, int] = field(default_factory=dict)
    last: str = ""  # the time of the last Record that moved anything
    points: int = 0
    grams: int = 0
    times: int = 0
    colours: int = 0
    stock: int = 0
    held: dict[str, int] | None = None
    kind: str = ""
    keeper: str = ""

    def row(self) -> Row:
        """All of it, as JSON can hold it."""
        sums = [self.points, self.grams, self.times, self.colours, self.stock]
        return [self.moved, self.last, sums, self.held, self.kind, self.keeper]

    def gone(self) -> Row:
        """What takes it away again: its sums with the other sign, and marks where there was an item."""
        moved = {asset: -amount for asset, amount in self.moved.items()}
        sums = [-self.points, -self.grams, -self.times, -self.colours, -self.stock]
        return [moved, "", sums, None if self.held is None else _GONE, "", _GONE if self.keeper else ""]

    def absorb(self, row: Row) -> None:
        """Add what was found elsewhere. What takes an item away is added before what stands in its place."""
        moved, last, sums, held, kind, keeper = row
        for asset, amount in moved.items():
            self.moved[asset] = self.moved.get(asset, 0) + amount
        if last > self.last:
            self.last = last
        self.points += sums[0]
        self.grams += sums[1]
        self.times += sums[2]
        self.colours += sums[3]
        self.stock += sums[4]
        if held == _GONE:
            self.held, self.kind = None, ""
        elif held is not None:
            self.held = held
        self.kind, self.keeper = kind or self.kind, "" if keeper == _GONE else keeper or self.keeper

    def balances(self, name: str) -> Iterator[Difference]:
        """What its item holds against its Records."""
        held = self.held or {}
        for asset, found in held.items():
            if asset != UNITS:
                yield from unless_equal(name, asset, self.moved.get(asset, 0), found, self.last)
            if found < 0:
                yield Difference(name, f"{asset}, at least", 0, found, self.last)
        for asset, expected in self.moved.items():
            if expected and asset not in held:
                yield Difference(name, f"{asset} (no such balance)", expected, 0, self.last)
        if self.last and self.held is None:
            yield Difference(name, "items (its account is missing)", 1, 0, self.last)

    def statement(self, name: str, in_tills: int = 0) -> Iterator[Difference]:
        """A holder's lines make its balance; what its tills hold is in its lines already."""
        held = self.held or {}
        yield from unless_equal(name, "points by its statement", self.points, held.get(POINTS, 0) + in_tills)
        yield from unless_equal(name, "grams by its statement", self.grams, held.get(GRAMS, 0))
        yield from unless_equal(name, "lines with another time", 0, int(self.times != 0))
        yield from unless_equal(name, "colours that are not its Records'", 0, int(self.colours != 0))

    @property
    def owes(self) -> int:
        """By the Records."""
        return sum(self.moved.get(debt, 0) for debt in DEBTS)
