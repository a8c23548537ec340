"""The books of the scheme, recomputed from its Records: every balance, every stock, every statement and the sums.

Items are added one by one, in any order; only sums are kept, about 1 KB an account. Then ``differences`` gives
whatever does not agree. Nothing of the platform's own arithmetic is used, and no noun of its rooms: an error there
would be found here. So items are read as they are stored.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from chalicelib.supervision.audit.differences import GRAMS, POINTS, UNITS, Difference, Stored, answered, unless_equal
from chalicelib.supervision.audit.sums import DEBTS, ISSUED, POOL, RETIRED, UNCOVERED, Projected
from chalicelib.table import keys

_HASH = 2**64


@dataclass
class Books:
    """Sums of what was added. ``moved`` is by account and asset; system accounts have an entry but no item."""

    records: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    last: dict[str, str] = field(default_factory=dict)  # by account: the time of the last Record that moved anything
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    lines: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    times: Counter[str] = field(default_factory=Counter)  # by account: what its lines' times should add up to, and do
    stock: Counter[str] = field(default_factory=Counter)  # by offer: units that its tills must hold together
    supply: Counter[str] = field(default_factory=Counter)
    projected: Projected = field(default_factory=Projected)
    keepers: dict[str, str] = field(default_factory=dict)  # a holder's name by its offer
    waiting: set[str] = field(default_factory=set)  # Records that the stream has not delivered
    faults: list[Difference] = field(default_factory=list)

    def add(self, item: Stored) -> None:
        """Count one item, whatever it is."""
        pk, sk = str(item["pk"]), str(item["sk"])
        if sk == "record":
            self._record(item)
        elif sk == "account":
            self.held[pk] = {asset: int(item[asset]) for asset in (POINTS, GRAMS, UNITS, *DEBTS) if asset in item}
            self.waiting |= set(item.get("unfiled", ()))
        elif sk.startswith("entry:"):
            self.lines[pk].update({asset: int(item[asset]) for asset in (POINTS, GRAMS)})
            self.times[pk] -= _time(item)
        elif sk == "offer":
            self.keepers[pk] = keys.holder(str(item["merchant"]))
        elif pk == "supply":
            self._supply_lane(item)
        else:
            self.projected.add(pk, sk, item)

    def _supply_lane(self, item: Stored) -> None:
        """A lane is in balance by itself, because each Record is."""
        lane = Counter({name: int(amount) for name, amount in item.items() if not isinstance(amount, str)})
        self.supply.update(lane)
        parts = lane["grams_backing"] + lane["grams_held"] + lane["grams_retired"]
        name = f"supply {item['sk']}"
        self.faults += unless_equal(name, "grams of its parts", lane["grams_confirmed"], parts)
        self.faults += unless_equal(name, "grams behind its points", lane["points_circulating"], lane["grams_backing"])

    def _record(self, record: Stored) -> None:
        self.records += 1
        self.projected.record(record)
        if record["kind"] == "offer_made":  # what it begins with is in the answer
            made = json.loads(record["answer"])
            self.stock[keys.offer(made["id"]).pk] += made["stock"]
        self.faults += answered(record)
        for source, destination, amount, asset in [*record.get("postings", ()), *record.get("stocked", ())]:
            if int(amount) <= 0:
                self.faults.append(Difference(str(record["pk"]), "a posting, at least", 1, int(amount)))
            for name, signed in ((source, -int(amount)), (destination, int(amount))):
                if str(asset).startswith("units:"):
                    self.stock[name.rpartition("/")[0]] += signed
                else:
                    self.moved[name, asset] += signed
                self.last[name] = max(self.last.get(name, ""), str(record["at"]))
        for holder in _shown_to(record):
            self.times[holder] += _time(record)

    def differences(self, aside: Collection[str] | None = None) -> Iterator[Difference]:
        """Everything that does not agree.

        ``aside``: accounts that moved while the items were read, and are not judged. Sums of the scheme are judged
        where there are none. Without it (the items were read at one instant) statements and sums are judged where
        nothing waits for the stream.
        """
        left = self._with_keepers(aside or ())
        yield from self.faults
        yield from (each for each in self._balances() if each.account not in left)
        yield from (each for each in self._stock() if each.account not in left)
        yield from unless_equal(POOL, "grams behind the points", -self.moved[POOL, POINTS], self.moved[POOL, GRAMS])
        if aside is not None or not self.waiting:
            yield from (each for each in self._statements() if each.account not in left)
        if not left and not self.waiting:
            yield from self._supply()
            for where, what, expected, found in self.projected.differences():
                yield Difference(where, what, expected, found)

    def _with_keepers(self, aside: Collection[str]) -> set[str]:
        """``aside``, with the offers of its tills and whoever keeps them: what tills hold is in their statements."""
        offers = {name.rpartition("/")[0] for name in aside if name.startswith("offer:")}
        return {*aside, *offers, *(self.keepers[each] for each in offers if each in self.keepers)}

    def _balances(self) -> Iterator[Difference]:
        for name, assets in self.held.items():
            for asset, found in assets.items():
                last = self.last.get(name, "")
                if asset != UNITS:
                    yield from unless_equal(name, asset, self.moved[name, asset], found, last)
                if found < 0:
                    yield Difference(name, f"{asset}, at least", 0, found, last)
        for (name, asset), expected in self.moved.items():
            if expected and not name.startswith("system:") and asset not in self.held.get(name, {}):
                yield Difference(name, f"{asset} (no such balance)", expected, 0, self.last[name])
        for name, last in self.last.items():
            if not name.startswith("system:") and name not in self.held:
                yield Difference(name, "items (its account is missing)", 1, 0, last)

    def _stock(self) -> Iterator[Difference]:
        """Which till holds how many is of no matter: they were dealt out."""
        there: Counter[str] = Counter()
        for name, assets in self.held.items():
            if UNITS in assets:
                there[name.rpartition("/")[0]] += assets[UNITS]
        for offer in {*self.stock, *there} - {""}:  # "" gathers what system accounts gave and got
            yield from unless_equal(offer, "units in its tills", self.stock[offer], there[offer])

    def _statements(self) -> Iterator[Difference]:
        """A holder's lines make its balance; what its tills hold is in its lines already."""
        in_tills: Counter[str] = Counter()
        for name, assets in self.held.items():
            if keeper := self.keepers.get(name.rpartition("/")[0]):
                in_tills[keeper] += assets.get(POINTS, 0)
        for name, assets in self.held.items():
            if name.startswith("account:"):
                points = assets.get(POINTS, 0) + in_tills[name]
                yield from unless_equal(name, "points by its statement", self.lines[name][POINTS], points)
                yield from unless_equal(name, "grams by its statement", self.lines[name][GRAMS], assets.get(GRAMS, 0))
                yield from unless_equal(name, "lines with another time", 0, int(self.times[name] % _HASH != 0))

    def owing(self) -> dict[str, int]:
        """What each account owes, by the Records."""
        owed: Counter[str] = Counter()
        for (name, asset), amount in self.moved.items():
            if asset in DEBTS and not name.startswith("system:"):
                owed[name] += amount
        return {name: amount for name, amount in sorted(owed.items()) if amount > 0}

    def sums(self) -> dict[str, int]:
        """The sums of the scheme, as the Records say."""
        issued, pool, retired = -self.moved[ISSUED, GRAMS], self.moved[POOL, GRAMS], self.moved[RETIRED, GRAMS]
        return {
            "grams_confirmed": issued,
            "grams_backing": pool,
            "grams_held": issued - pool - retired,
            "grams_retired": retired,
            "points_circulating": -self.moved[POOL, POINTS],
            "grams_uncovered": -sum(self.moved[UNCOVERED, debt] for debt in DEBTS),
        }

    def _supply(self) -> Iterator[Difference]:
        for name, amount in self.sums().items():
            yield from unless_equal("supply", name, amount, self.supply[name])


def _shown_to(record: Stored) -> set[str]:
    """The holders whose statements show a Record: those whose value it moves, and who keeps the tills."""
    named = set()
    for source, destination, _, asset in record.get("postings", ()):
        if not str(asset).startswith("units:"):
            owners = (record.get("holder", "") if name.startswith("offer:") else name for name in (source, destination))
            named |= {name for name in owners if str(name).startswith("account:")}
    return named


def _time(item: Stored) -> int:
    return hash((item["id"], item["at"]))


def of(items: Iterable[Stored]) -> Books:
    """The books of ``items``."""
    books = Books()
    for item in items:
        books.add(item)
    return books
