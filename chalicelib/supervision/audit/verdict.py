"""What the books come to: each part of the accounts is judged by itself, then all of them together with the sums."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.supervision.audit.accounts import DEBTS, Account
from chalicelib.supervision.audit.books import Books
from chalicelib.supervision.audit.differences import GRAMS, POINTS, UNITS, Difference, Findings, unless_equal
from chalicelib.supervision.audit.sums import ISSUED, POOL, RETIRED, UNCOVERED

_HOLDER, _OFFER, _SYSTEM = "account:", "offer:", "system:"


@dataclass(frozen=True)
class Moment:
    """When the items were read. Accounts that ``moved`` meanwhile are not judged.

    Of ``unfiled`` ones the statements are not judged, because the stream has not brought all of their Records; None:
    nobody's are. ``sums``: whether those of the scheme are judged.
    """

    moved: frozenset[str] = frozenset()
    unfiled: frozenset[str] | None = frozenset()
    sums: bool = True

    @classmethod
    def instant(cls, books: Books) -> "Moment":
        """All items were read at one, and nothing else is known."""
        return cls(frozenset(), None, False) if books.waiting else cls()

    @classmethod
    def meanwhile(cls, aside: Iterable[str]) -> "Moment":
        """They were read one after the other, and ``aside`` moved."""
        names = frozenset(aside)
        return cls(names, names, not names)


@dataclass
class Part:
    """What was found among some accounts, and what only all of them together can tell.

    ``institutions`` may keep tills anywhere: ``tills`` are their points by keeper. ``aside``: keepers of tills that
    moved.
    """

    accounts: int = 0
    findings: Findings = field(default_factory=Findings)
    system: Counter[tuple[str, str]] = field(default_factory=Counter)
    owing: dict[str, int] = field(default_factory=dict)
    institutions: dict[str, Account] = field(default_factory=dict)
    tills: Counter[str] = field(default_factory=Counter)
    aside: set[str] = field(default_factory=set)

    def rows(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {
            "accounts": self.accounts,
            "findings": self.findings.rows(),
            "system": [[*key, amount] for key, amount in self.system.items()],
            "owing": self.owing,
            "institutions": {name: each.row() for name, each in self.institutions.items()},
            "tills": dict(self.tills),
            "aside": sorted(self.aside),
        }

    def absorb(self, rows: Mapping[str, Any]) -> None:
        """Add another part."""
        self.accounts += rows["accounts"]
        self.findings.absorb(rows["findings"])
        for name, asset, amount in rows["system"]:
            self.system[name, asset] += amount
        self.owing |= rows["owing"]
        for name, row in rows["institutions"].items():
            self.institutions.setdefault(name, Account()).absorb(row)
        self.tills.update(rows["tills"])
        self.aside.update(rows["aside"])

    def judge(self, name: str, account: Account, moment: Moment) -> None:
        """One account."""
        self.accounts += account.held is not None
        if name.startswith(_SYSTEM):
            self.system.update({(name, asset): amount for asset, amount in account.moved.items()})
            return
        if (owes := account.owes) > 0:
            self.owing[name] = owes
        if name not in moment.moved:
            self.findings.add(account.balances(name))
        if name.startswith(_HOLDER) and account.held is not None and moment.unfiled is not None:
            if account.kind == "institution":
                self.institutions[name] = account
            elif name not in moment.unfiled:
                self.findings.add(account.statement(name))


def judged(accounts: Mapping[str, Account], moment: Moment) -> Part:
    """Some accounts, among them all tills of each offer that is among them."""
    part, units = Part(), Counter[str]()
    keepers = {name: each.keeper for name, each in accounts.items() if each.keeper}
    left = {name.rpartition("/")[0] for name in moment.moved if name.startswith(_OFFER)}
    for name, account in accounts.items():
        part.judge(name, account, moment)
        offer = name.rpartition("/")[0]
        if offer and account.held is not None:
            units[offer] += account.held.get(UNITS, 0)
            if keeper := keepers.get(offer):
                part.tills[keeper] += account.held.get(POINTS, 0)
    part.aside |= {keepers[each] for each in left if each in keepers}
    stock = {name: each.stock for name, each in accounts.items() if each.stock}
    for offer in {*stock, *units} - {"", *left, *moment.moved}:  # "" gathers what system accounts gave and got
        # which till holds how many is of no matter: they were dealt out
        part.findings.add(unless_equal(offer, "units in its tills", stock.get(offer, 0), units[offer]))
    return part


@dataclass(frozen=True)
class Verdict:
    """All that does not agree. ``books`` have the sums of the scheme, ``whole`` what all accounts come to."""

    books: Books
    whole: Part
    findings: Findings

    @property
    def sums(self) -> dict[str, int]:
        """Those of the scheme, as the Records say."""
        return sums(self.whole.system)


def concluded(books: Books, whole: Part, moment: Moment) -> Verdict:
    """``books`` whose accounts were judged as ``whole``."""
    found = Findings()
    found.join(books.faults)
    found.join(whole.findings)
    behind = whole.system[POOL, GRAMS]
    found.add(unless_equal(POOL, "grams behind the points", -whole.system[POOL, POINTS], behind))
    if moment.unfiled is not None:
        found.add(_institutions(whole, moment.unfiled | whole.aside))
    if moment.sums:
        projected = whole.system.copy()
        projected.subtract(books.late)
        for name, amount in sums(projected).items():
            found.add(unless_equal("supply", name, amount, books.supply[name]))
        found.add(Difference(*each) for each in books.projected.differences())
    return Verdict(books, whole, found)


def _institutions(whole: Part, left: frozenset[str] | set[str]) -> Iterator[Difference]:
    for name, account in whole.institutions.items():
        if name not in left:
            yield from account.statement(name, whole.tills[name])
    for name in whole.tills.keys() - whole.institutions.keys() - left:
        yield from unless_equal(name, "points in tills that no institution keeps", 0, whole.tills[name])


def sums(moved: Counter[tuple[str, str]]) -> dict[str, int]:
    """The sums of the scheme, by what system accounts got."""
    issued, pool, retired = -moved[ISSUED, GRAMS], moved[POOL, GRAMS], moved[RETIRED, GRAMS]
    return {
        "grams_confirmed": issued,
        "grams_backing": pool,
        "grams_held": issued - pool - retired,
        "grams_retired": retired,
        "points_circulating": -moved[POOL, POINTS],
        "grams_uncovered": -sum(moved[UNCOVERED, debt] for debt in DEBTS),
    }


def verdict(books: Books, moment: Moment | None = None) -> Verdict:
    """Of books that are in memory as a whole; of one instant, unless stated otherwise."""
    moment = moment or Moment.instant(books)
    return concluded(books, judged(books.accounts, moment), moment)


def differences(books: Books, moment: Moment | None = None) -> list[Difference]:
    """The same, no more than what differs."""
    return verdict(books, moment).findings.named
