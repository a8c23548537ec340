"""The books of the scheme, recomputed from its Records: every balance, every stock, every statement and the supply.

Items are added one by one, in any order; only sums are kept, so a table of any size fits. Then ``differences`` tells
whatever does not agree. Nothing of the platform's own arithmetic is used: an error there would be found here.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Item = Mapping[str, Any]  # an item, plain
POINTS, GRAMS, UNITS = "points", "grams", "units"
DEBTS = ("debt_points", "debt_grams")
ISSUED, POOL, RETIRED = "system:issued", "system:pool", "system:retired"
UNCOVERED = "system:uncovered"


class Difference(NamedTuple):
    """``account`` holds ``found`` of ``what``; the Records say ``expected``.

    ``last`` is the time of the last Record that moved anything there, "" where there is none or it was not looked for.
    """

    account: str
    what: str
    expected: int
    found: int
    last: str = ""

    def __str__(self) -> str:
        said = f"{self.account}: {self.what} should be {self.expected:,}, is {self.found:,}"
        return said + (f" (its last Record: {self.last})" if self.last else "")


@dataclass
class Books:
    """Sums of what was added. ``moved`` is by account and asset; system accounts have an entry but no item."""

    records: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)  # by account: the time of the last Record that moved anything
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    lines: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    stock: Counter[str] = field(default_factory=Counter)  # by offer: units that its tills must hold together
    supply: Counter[str] = field(default_factory=Counter)
    keepers: dict[str, str] = field(default_factory=dict)  # a holder's name by its offer
    waiting: set[str] = field(default_factory=set)  # Records that the stream has not told of
    faults: list[Difference] = field(default_factory=list)

    def add(self, item: Item) -> None:
        """Count one item, whatever it is."""
        pk, sk = str(item["pk"]), str(item["sk"])
        if sk == "record":
            self._record(item)
        elif sk == "account":
            self.held[pk] = {asset: int(item[asset]) for asset in (POINTS, GRAMS, UNITS, *DEBTS) if asset in item}
            self.waiting |= set(item.get("unfiled", ()))
        elif sk.startswith("entry:"):
            self.lines[pk].update({asset: int(item[asset]) for asset in (POINTS, GRAMS)})
        elif sk == "offer":
            self.keepers[pk] = f"account:{item['merchant']}"
        elif pk == "supply":
            self.supply.update({name: int(amount) for name, amount in item.items() if not isinstance(amount, str)})

    def _record(self, record: Item) -> None:
        self.records += 1
        if record["kind"] == "offer_made":  # what it begins with is in the answer
            made = json.loads(record["answer"])
            self.stock[f"offer:{made['id']}"] += made["stock"]
        for source, destination, amount, asset in [*record.get("postings", ()), *record.get("stocked", ())]:
            if int(amount) <= 0:
                self.faults.append(Difference(str(record["pk"]), "a posting, at least", 1, int(amount)))
            for name, signed in ((source, -int(amount)), (destination, int(amount))):
                if str(asset).startswith("units:"):
                    self.stock[name.rpartition("/")[0]] += signed
                else:
                    self.moved[name, asset] += signed
                self.last[name] = max(self.last.get(name, ""), str(record["at"]))

    def differences(self) -> Iterator[Difference]:
        """Everything that does not agree. Statements and supply are looked at where nothing waits for the stream."""
        yield from self.faults
        yield from self._balances()
        yield from self._stock()
        backed = self.moved[POOL, GRAMS]
        yield from _unless_equal(POOL, "grams behind the points", -self.moved[POOL, POINTS], backed)
        if not self.waiting:
            yield from self._statements()
            yield from self._supply()

    def _balances(self) -> Iterator[Difference]:
        for name, assets in self.held.items():
            for asset, found in assets.items():
                last = self.last.get(name, "")
                if asset != UNITS:
                    yield from _unless_equal(name, asset, self.moved[name, asset], found, last)
                if found < 0:
                    yield Difference(name, f"{asset}, at least", 0, found, last)
        for (name, asset), expected in self.moved.items():
            if expected and not name.startswith("system:") and asset not in self.held.get(name, {}):
                yield Difference(name, f"{asset} (no such balance)", expected, 0, self.last[name])

    def _stock(self) -> Iterator[Difference]:
        """Which till holds how many is of no matter: they were dealt out."""
        there: Counter[str] = Counter()
        for name, assets in self.held.items():
            if UNITS in assets:
                there[name.rpartition("/")[0]] += assets[UNITS]
        for offer in {*self.stock, *there} - {""}:  # "" gathers what system accounts gave and got
            yield from _unless_equal(offer, "units in its tills", self.stock[offer], there[offer])

    def _statements(self) -> Iterator[Difference]:
        """A holder's lines make its balance; what its tills hold is in its lines already."""
        in_tills: Counter[str] = Counter()
        for name, assets in self.held.items():
            if keeper := self.keepers.get(name.rpartition("/")[0]):
                in_tills[keeper] += assets.get(POINTS, 0)
        for name, assets in self.held.items():
            if name.startswith("account:"):
                points = assets.get(POINTS, 0) + in_tills[name]
                yield from _unless_equal(name, "points by its statement", self.lines[name][POINTS], points)
                yield from _unless_equal(name, "grams by its statement", self.lines[name][GRAMS], assets.get(GRAMS, 0))

    def _supply(self) -> Iterator[Difference]:
        issued, pool, retired = -self.moved[ISSUED, GRAMS], self.moved[POOL, GRAMS], self.moved[RETIRED, GRAMS]
        expected = {
            "grams_confirmed": issued,
            "grams_backing": pool,
            "grams_held": issued - pool - retired,
            "grams_retired": retired,
            "points_circulating": -self.moved[POOL, POINTS],
            "grams_uncovered": -sum(self.moved[UNCOVERED, debt] for debt in DEBTS),
        }
        for name, amount in expected.items():
            yield from _unless_equal("supply", name, amount, self.supply[name])


def _unless_equal(account: str, what: str, expected: int, found: int, last: str = "") -> Iterator[Difference]:
    if expected != found:
        yield Difference(account, what, expected, found, last)


def of(items: Iterable[Item]) -> Books:
    """The books of ``items``."""
    books = Books()
    for item in items:
        books.add(item)
    return books
