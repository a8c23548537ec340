"""What the stream's sums should be, by the Records alone: colours, flags, buy-back runs, months. See books.py."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from chalicelib.supervision.audit.colours import Colours, Found, colour_of, credited
from chalicelib.table import keys

ISSUED, POOL, RETIRED = "system:issued", "system:pool", "system:retired"
UNCOVERED = "system:uncovered"
DEBTS = ("debt_points", "debt_grams")
_SHANGHAI = timezone(timedelta(hours=8))
_POINTS = {
    "cancellation": "cancelled_points",
    "donation": "donated_points",
    "donation_refund": "donation_refunds_points",
    "buy_back": "bought_back_points",
    "ex_officio_cancellation": "ex_officio_points",
}
_MONTHLY = ("records", "orders", "lots", "issued_grams", "reversed_grams", "refunded_grams", *_POINTS.values())
_PRIME = 2**61 - 1


@dataclass
class Projected:
    """Each sum less what it should be: nothing, where all agrees."""

    colours: Colours = field(default_factory=Colours)
    accounts: Counter[str] = field(default_factory=Counter)  # by account: check sums of its grams by colour
    lots: Counter[tuple[str, str]] = field(default_factory=Counter)
    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    flags: dict[str, int] = field(default_factory=dict)  # by serial: grams that await recovery, where some do
    given: Counter[str] = field(default_factory=Counter)  # by campaign: those of its donors' certificates
    donors: Counter[str] = field(default_factory=Counter)  # by campaign: its sum of them
    refunds: Counter[str] = field(
        default_factory=Counter
    )  # check sums: refunds of donations, less revoked certificates
    months: Counter[tuple[str, str]] = field(default_factory=Counter)
    monthly: Counter[tuple[str, str]] = field(default_factory=Counter)

    def record(self, record: Mapping[str, Any]) -> None:
        """What a Record adds to each."""
        movement, postings = record.get("movement"), record.get("postings", ())
        if movement is None:
            return
        month = f"{datetime.fromisoformat(record['at']).astimezone(_SHANGHAI):%Y-%m}"
        counted = Counter({"records": 1, "orders": int(movement in ("redemption", "capture"))})
        if movement in _POINTS:
            counted[_POINTS[movement]] = _moved(postings, "points") - _repaid(postings)
        if movement == "buy_back":
            counted["lots"] = 1
            if record.get("kind") != "merchant_left":  # the final buy-back is of no run
                run = str(record.get("reference"))
                self.lots[run, "merchants"] += 1
                self.lots[run, "points"] += counted["bought_back_points"]
        if movement == "refund":
            counted["refunded_grams"] = _moved((each for each in postings if each[1] == POOL), "grams")
        if movement == "donation_refund":
            self.refunds["certificates"] += hash((str(record.get("certificate")), str(record["id"]))) % _PRIME
        self.colours.record(month, record)
        if grams := credited(record):
            counted["issued_grams" if grams > 0 else "reversed_grams"] = abs(grams)
            self._colour(record, grams)
        for name, amount in counted.items():
            self.months[month, name] += amount

    def _colour(self, record: Mapping[str, Any], grams: int) -> None:
        [account] = {
            name for each in record["postings"] for name in (each[0], each[1]) if str(name).startswith("account:")
        }
        self.accounts[account] += grams * (hash(colour_of(record)) % _PRIME)

    def add(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        """A sum as it is kept; anything else is left out."""
        self.colours.add(pk, sk, item)
        if sk.startswith("earned:"):
            self.accounts[pk] -= int(item["grams"]) * (hash(colour_of(item)) % _PRIME)
        elif pk.startswith("run:") and sk.startswith("sums"):  # of runs before 2026-11-27, beside the run
            for name in ("merchants", "points"):
                self.paid[pk.removeprefix("run:").partition("/")[0], name] += int(item.get(name, 0))
        elif sk == "certificate":
            self._certificate(item)
        elif pk.startswith("campaign:") and sk == "uncovered":
            self.donors[pk] += int(item.get("grams", 0))
        elif pk == "statistics":
            for name in _MONTHLY:
                self.monthly[str(item["month"]), name] += int(item.get(name, 0))

    def _certificate(self, item: Mapping[str, Any]) -> None:
        if item.get("uncovered_grams"):
            self.flags[str(item["serial"])] = int(item["uncovered_grams"])
            if item.get("campaign"):
                self.given[keys.campaign(str(item["campaign"])).pk] += int(item["uncovered_grams"])
        if item.get("refund") and item["status"] == "revoked":
            self.refunds["certificates"] -= hash((str(item["serial"]), str(item["refund"]))) % _PRIME

    def differences(self) -> Iterator[Found]:
        """Everything that does not agree."""
        yield from self.colours.differences()
        for account, check in self.accounts.items():
            yield from _unless_equal(account, "colours that are not its Records'", 0, int(check != 0))
        for what, check in self.refunds.items():
            yield from _unless_equal("refunds of donations", f"{what} that are not revoked", 0, int(check != 0))
        for each in self.given.keys() | self.donors.keys():
            yield from _unless_equal(each, "uncovered_grams of its donors", self.given[each], self.donors[each])
        for run, name in self.lots.keys() | self.paid.keys():
            yield from _unless_equal(
                keys.run(run).pk, f"{name} of its lots", self.lots[run, name], self.paid[run, name]
            )
        for month, name in self.months.keys() | self.monthly.keys():
            yield from _unless_equal(f"month {month}", name, self.months[month, name], self.monthly[month, name])


def _moved(postings: Iterable[Any], asset: str) -> int:
    return sum(int(each[2]) for each in postings if each[3] == asset)


def _repaid(postings: Iterable[Any]) -> int:
    """Points that repaid a debt on the way: they are no use of points."""
    return _moved((each for each in postings if each[1] == UNCOVERED), "debt_points")


def _unless_equal(where: str, what: str, expected: int, found: int) -> Iterator[Found]:
    if expected != found:
        yield where, what, expected, found
