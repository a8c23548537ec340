"""What must hold after each commit: value is conserved, nothing is below zero, every point is backed."""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from chalicelib.kernel.record import Record
from chalicelib.table.write import decode
from tests.simulation.table import Change, Place, Raw

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

ASSETS = ("points", "grams", "units", "debt_points", "debt_grams")


class Violation(Exception):
    """``rule`` is its name, the rest what was seen."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule, self.what = rule, what


class Books:
    """The ledger as the Records tell it, beside what the items hold."""

    def __init__(self, sim: "Simulation") -> None:
        self.sim = sim
        self.sums: Counter[tuple[str, str]] = Counter()  # by account and asset, system accounts too
        self.records: dict[str, dict[str, Any]] = {}
        self.by_account: dict[str, list[str]] = {}  # ids of Records, in the order of their commits
        self.balances: dict[str, list[tuple[float, int]]] = {}  # of points, since when
        self.stocks: dict[str, list[tuple[float, int]]] = {}  # of units in all tills of an offer, since when

    def committed(self, changes: dict[Place, Change]) -> None:
        """Look at one transaction."""
        posted: Counter[tuple[str, str]] = Counter()
        made = []
        for (pk, sk), (old, new) in changes.items():
            if sk == "record":
                if old is not None:
                    raise Violation("a Record stands for ever", f"{pk} was written again")
                record = dict(Record.in_full(decode(new) or {}))
                made.append(record)
                posted.update(self._postings(record))
                posted.update(self._opened(record, changes))
        self._agree(changes, posted)
        stock: Counter[str] = Counter()
        for (name, asset), amount in posted.items():
            self.sums[name, asset] += amount
            if name.startswith("offer:") and asset.startswith("units:"):
                stock[asset.removeprefix("units:")] += amount
        for offer, change in stock.items():
            moves = self.stocks.setdefault(offer, [])
            moves.append((self.sim.now, change + (moves[-1][1] if moves else 0)))
        grams, points = self.sums["system:pool", "grams"], self.sums["system:pool", "points"]
        if grams != -points:
            raise Violation("every point is backed by a gram", f"{grams} grams back {-points} points")
        for record in made:
            self._keep(record)

    def _postings(self, record: dict[str, Any]) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        for source, destination, amount, asset in (*record.get("postings", ()), *record.get("stocked", ())):
            if amount <= 0:
                raise Violation("a posting moves a positive amount", f"{amount} in {record['id']}")
            found[source, asset] -= amount
            found[destination, asset] += amount
        return found

    def _opened(self, record: dict[str, Any], changes: dict[Place, Change]) -> Counter[tuple[str, str]]:
        """The first units of an offer come with its tills; its answer says how many they are."""
        opened: Counter[tuple[str, str]] = Counter()
        for (pk, sk), (old, new) in changes.items():
            if sk == "account" and pk.startswith("offer:") and old is None:
                offer = pk.removeprefix("offer:").rpartition("/")[0]
                opened[pk, f"units:{offer}"] += amount(new, "units")
        if opened and sum(opened.values()) != json.loads(record["answer"]).get("stock", 0):
            raise Violation("an answer is what was committed", f"{opened} units of {record['id']}")
        return opened

    def _agree(self, changes: dict[Place, Change], posted: Counter[tuple[str, str]]) -> None:
        """The balances that moved are those that Records of this commit show, and nothing else."""
        moved: Counter[tuple[str, str]] = Counter()
        for (pk, sk), (old, new) in changes.items():
            if sk == "account":
                for asset in ASSETS:
                    before, after = amount(old, asset), amount(new, asset)
                    if after < 0:
                        raise Violation("no balance is below zero", f"{pk} has {after} {asset}")
                    moved[pk, asset] += after - before
        expected: Counter[tuple[str, str]] = Counter()
        for (name, asset), change in posted.items():
            if not name.startswith("system:"):
                expected[name, asset.partition(":")[0]] += change
        if differing := {each for each in {*moved, *expected} if moved[each] != expected[each]}:
            name, asset = min(differing)
            what = f"{asset} of {name} moved by {moved[name, asset]}, Records say {expected[name, asset]}"
            raise Violation("what moves stands in a Record", what)
        for pk, asset in moved:
            if asset == "points" and pk.startswith("account:") and moved[pk, asset]:
                self.balances.setdefault(pk, []).append((self.sim.now, amount(changes[pk, "account"][1], asset)))

    def _keep(self, record: dict[str, Any]) -> None:
        self.records[record["id"]] = record
        for name in dict.fromkeys(n for posting in record.get("postings", ()) for n in posting[:2]):
            if name.startswith("account:"):
                self.by_account.setdefault(name, []).append(record["id"])

    def check_all(self) -> None:
        """The same from nothing: every balance, against all Records."""
        held: Counter[str] = Counter()
        for (pk, sk), item in self.sim.table.items.items():
            if sk != "account":
                continue
            for asset in ASSETS:
                found = amount(item, asset)
                expected = self.sums[pk, asset]
                if asset == "units":
                    expected = sum(v for (n, a), v in self.sums.items() if n == pk and a.startswith("units:"))
                if found != expected:
                    raise Violation("books and balances agree", f"{pk} has {found} {asset}, Records say {expected}")
                held[asset] += found
        if held["points"] != self.sums["system:pool", "grams"]:
            raise Violation("every point is backed by a gram", f"{held['points']} points circulate")

    def points_within(self, name: str, since: float) -> set[int]:
        """Every balance that an account had since a time."""
        return within(self.balances.get(name, []), since)


def within(moves: list[tuple[float, int]], since: float) -> set[int]:
    """Every value that there was since a time."""
    before = [value for at, value in moves if at < since]
    return {*before[-1:], *(value for at, value in moves if at >= since)} | (set() if before else {0})


def amount(item: Raw | None, asset: str) -> int:
    return int(item[asset]["N"]) if item and asset in item else 0
