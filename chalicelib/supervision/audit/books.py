"""The books of the scheme, recomputed from its Records: every balance, every stock, every statement and the sums.

Items are added one by one, in any order. Nothing of the platform's own arithmetic is used, and no noun of its rooms: an
error there would be found here. So items are read as they are stored.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chalicelib.supervision.audit.accounts import ASSETS, Account
from chalicelib.supervision.audit.colours import colour_of, earned, tinted
from chalicelib.supervision.audit.differences import ANSWERED, Difference, Findings, answered, unless_equal
from chalicelib.supervision.audit.stored import UNREADABLE, Raw, Stored, checked, plain, postings, recorded, tint
from chalicelib.supervision.audit.sums import Projected
from chalicelib.table import keys

Rows = dict[str, Any]


@dataclass
class Books:
    """Sums of what was added: by account (system accounts have an entry but no item), and of the scheme."""

    records: int = 0
    accounts: defaultdict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    supply: Counter[str] = field(default_factory=Counter)
    projected: Projected = field(default_factory=Projected)
    waiting: Counter[str] = field(default_factory=Counter)  # Records that the stream has not delivered, by accounts
    quiet: dict[str, str] = field(default_factory=dict)  # times of moving Records that no account waits for, unmarked
    marks: set[str] = field(default_factory=set)  # and marks that have not met theirs
    late: Counter[tuple[str, str]] = field(default_factory=Counter)  # what undelivered ones moved
    faults: Findings = field(default_factory=Findings)

    def add(self, item: Raw) -> None:
        """Count one item, whatever it is."""
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        try:
            self._add(pk, sk, item)
        except UNREADABLE:
            self.faults.add([Difference(pk, f"{sk} that can be read", 1, 0)])

    def _add(self, pk: str, sk: str, item: Raw) -> None:
        if sk == "record":
            self._record(item)
        elif sk.startswith("entry:"):
            account = self.accounts[pk]
            account.points += int(item["points"]["N"])
            account.grams += int(item["grams"]["N"]) if "grams" in item else 0
            at, _, id = sk.removeprefix("entry:").rpartition(":")
            account.times -= checked(item["id"]["S"] if "id" in item else id, item["at"]["S"] if "at" in item else at)
        elif sk == "account":
            self._account(pk, item)
        elif sk == "offer" and pk.startswith("offer:"):
            self.accounts[pk].keeper = keys.holder(item["merchant"]["S"])
        elif sk.startswith("earned:"):
            self.accounts[pk].colours -= earned(item)
        elif sk == "filed":
            self._mark(pk.removeprefix(keys.record("").pk))
        elif pk == "supply":
            self._supply_lane(plain(item))
        else:
            self.projected.add(pk, sk, item)

    def _account(self, pk: str, item: Raw) -> None:
        account = self.accounts[pk]
        account.held = {asset: int(item[asset]["N"]) for asset in ASSETS if asset in item}
        account.kind = item["kind"]["S"] if "kind" in item else ""
        if "unfiled" in item:
            self.waiting.update(item["unfiled"]["SS"])
        account.colours -= tinted(item)

    def _supply_lane(self, item: Stored) -> None:
        """A lane is in balance by itself, because each Record is."""
        lane = Counter({name: int(amount) for name, amount in item.items() if not isinstance(amount, str)})
        self.supply.update(lane)
        parts = lane["grams_backing"] + lane["grams_held"] + lane["grams_retired"]
        name, points = f"supply {item['sk']}", lane["points_circulating"]
        self.faults.add(unless_equal(name, "grams of its parts", lane["grams_confirmed"], parts))
        self.faults.add(unless_equal(name, "grams behind its points", points, lane["grams_backing"]))

    def _record(self, item: Raw) -> None:
        self.records += 1
        record = recorded(item)
        moved: list[Any] = record["postings"]
        kind, id, at = record["kind"], record["id"], record["at"]
        if kind == "offer_made":  # what it begins with is in the answer
            made = json.loads(record["answer"])
            self.accounts[keys.offer(made["id"]).pk].stock += made["stock"]
        if not moved and "stocked" not in item:
            return
        if kind in ANSWERED:
            self.faults.add(answered(record))
        holders = self._post(record, moved)
        if "stocked" in item:
            self._post(record, postings(item, "stocked"))
        check = checked(id, at)
        for holder in holders:
            self.accounts[holder].times += check
        if "movement" in record:
            if came := self.projected.record(record):
                [account] = holders
                self.accounts[account].colours += came * tint(colour_of(record))
            if not holders:  # no statement: a mark will tell that it was projected
                self._quiet(id, at)

    def _post(self, record: Stored, moved: Iterable[tuple[str, str, int, str]]) -> set[str]:
        """Move the amounts; the holders whose statements show it: whose value it moves, and who keeps the tills."""
        accounts, at, keeper, holders = self.accounts, record["at"], record.get("holder", ""), set[str]()
        for source, destination, amount, asset in moved:
            if amount <= 0:
                self.faults.add([Difference(record["pk"], "a posting, at least", 1, amount)])
            units = asset.startswith("units:")
            for name, signed in ((source, -amount), (destination, amount)):
                account = accounts[name]
                if account.last < at:
                    account.last = at
                if units:
                    accounts[name.rpartition("/")[0]].stock += signed
                    continue
                account.moved[asset] = account.moved.get(asset, 0) + signed
                if (owner := keeper if name[:6] == "offer:" else name)[:8] == "account:":
                    holders.add(owner)
        return holders

    def _quiet(self, id: str, at: str) -> None:
        if id in self.marks:
            self.marks.discard(id)
        else:
            self.quiet[id] = at

    def _mark(self, id: str) -> None:
        if self.quiet.pop(id, None) is None:
            self.marks.add(id)

    def rest(self) -> Rows:
        """All but the accounts, as JSON can hold it."""
        return {
            "records": self.records,
            "supply": dict(self.supply),
            "projected": self.projected.rows(),
            "waiting": dict(self.waiting),
            "quiet": self.quiet,
            "marks": sorted(self.marks),
            "late": list(self.late.items()),
            "faults": self.faults.rows(),
        }

    def absorb(self, rows: Rows) -> None:
        """Add what was found elsewhere."""
        self.records += rows["records"]
        self.supply.update(rows["supply"])
        self.projected.absorb(rows["projected"])
        self.waiting.update(rows["waiting"])
        for id, at in rows["quiet"].items():
            self._quiet(id, at)
        for id in rows["marks"]:
            self._mark(id)
        for key, amount in rows["late"]:
            self.late[tuple(key)] += amount
        self.faults.absorb(rows["faults"])

    def lose(self, rows: Rows) -> None:
        """Take away what was found of items that are no longer so. What could not be read then is still a fault."""
        self.records -= rows["records"]
        self.supply.subtract(rows["supply"])
        self.projected.lose(rows["projected"])
        self.waiting.subtract(rows["waiting"])
        self.waiting = +self.waiting  # an id without a count would be one that waits
        for id in rows["quiet"]:
            self._mark(id)
        for id in rows["marks"]:
            self._quiet(id, "")
        self.faults.absorb(rows["faults"])

    def undelivered(self, records: Collection[Raw]) -> set[str]:
        """Expect nothing of ``records`` in what the stream makes: it has not brought them yet.

        The accounts whose statements lack them.
        """
        late = Books()
        for item in records:
            late.add(item)
            with suppress(*UNREADABLE):  # a difference already
                self.projected.undo(recorded(item))
        for name, account in late.accounts.items():
            self.late.update({(name, asset): amount for asset, amount in account.moved.items()})
        return {name for name in late.accounts if name.startswith("account:")}


def of(items: Iterable[Raw]) -> Books:
    """The books of ``items``, in DynamoDB JSON."""
    books = Books()
    for item in items:
        books.add(item)
    return books
