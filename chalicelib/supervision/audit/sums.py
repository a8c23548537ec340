"""What the stream's sums should be, by the Records alone: colours, flags, buy-back runs, months. See books.py."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from chalicelib.supervision.audit.colours import Colours, Found, credited
from chalicelib.supervision.audit.stored import Raw, checked, plain
from chalicelib.table import keys

ISSUED, POOL, RETIRED = "system:issued", "system:pool", "system:retired"
UNCOVERED = "system:uncovered"
_SHANGHAI = timezone(timedelta(hours=8))
_POINTS = {
    "cancellation": "cancelled_points",
    "donation": "donated_points",
    "donation_refund": "donation_refunds_points",
    "buy_back": "bought_back_points",
    "ex_officio_cancellation": "ex_officio_points",
}
_MONTHLY = ("records", "orders", "lots", "issued_grams", "reversed_grams", "refunded_grams", *_POINTS.values())
_ORDERS = ("redemption", "capture")
_SPECIAL = {*_POINTS, *_ORDERS, "refund"}
_SUMS = ("run:", "statistics", "colours:", "used:", "mixes")  # partitions of sums
_KEPT = ("certificate", "uncovered")


@dataclass
class Projected:
    """Each sum less what it should be: nothing, where all agrees."""

    colours: Colours = field(default_factory=Colours)
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

    def record(self, record: Mapping[str, Any]) -> int:
        """What a Record adds to each; the grams that it credits with a colour."""
        movement, moved = record.get("movement"), record.get("postings", ())
        if movement is None:
            return 0
        months, month, came = self.months, _month(record["at"][:13]), credited(record)
        months[month, "records"] += 1
        if movement in _SPECIAL:
            for name, amount in self._special(movement, record, moved).items():
                months[month, name] += amount
        if came:
            months[month, "issued_grams" if came > 0 else "reversed_grams"] += abs(came)
        self.colours.record(month, record, came)
        return came

    def _special(self, movement: str, record: Mapping[str, Any], moved: Iterable[Any]) -> dict[str, int]:
        """What a movement counts beside its Record."""
        counted = {}
        if movement in _ORDERS:
            counted["orders"] = 1
        if movement in _POINTS:
            counted[_POINTS[movement]] = _moved(moved, "points") - _repaid(moved)
        if movement == "buy_back":
            counted["lots"] = 1
            if record.get("kind") != "merchant_left":  # the final buy-back is of no run
                run = str(record.get("reference"))
                self.lots[run, "merchants"] += 1
                self.lots[run, "points"] += counted["bought_back_points"]
        if movement == "refund":
            counted["refunded_grams"] = _moved((each for each in moved if each[1] == POOL), "grams")
        if movement == "donation_refund":
            counted["ex_officio_points"] = _moved((each for each in moved if each[1] == RETIRED), "grams")
            self.refunds["certificates"] += checked(str(record.get("certificate")), str(record["id"]))
        return counted

    def add(self, pk: str, sk: str, item: Raw) -> None:
        """A sum as it is kept; anything else is left out."""
        if sk in _KEPT or pk.startswith(_SUMS):
            self._sum(pk, sk, plain(item))

    def _sum(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        self.colours.add(pk, sk, item)
        if pk.startswith("run:") and sk.startswith("sums"):  # of runs before 2026-11-27, beside the run
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
            self.refunds["certificates"] -= checked(str(item["serial"]), str(item["refund"]))

    def undo(self, record: Mapping[str, Any]) -> None:
        """Expect nothing of a Record in what the stream makes; runs and certificates change with the Record itself."""
        alone = Projected()
        alone.record(record)
        self.months.subtract(alone.months)
        for name in ("flows", "uses", "places"):
            getattr(self.colours, name).subtract(getattr(alone.colours, name))

    def rows(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return {"colours": _rows(self.colours)} | _rows(self)

    def absorb(self, rows: Mapping[str, Any]) -> None:
        """Add what was found elsewhere."""
        _absorb(self, rows)
        _absorb(self.colours, rows["colours"])

    def lose(self, rows: Mapping[str, Any]) -> None:
        """Take away what was found of items that are no longer so."""
        _lose(self, rows)
        _lose(self.colours, rows["colours"])

    def differences(self) -> Iterator[Found]:
        """Everything that does not agree."""
        yield from self.colours.differences()
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


def _rows(noun: Any) -> dict[str, Any]:
    sums = {each.name: getattr(noun, each.name) for each in fields(noun)}
    return {name: list(each.items()) for name, each in sums.items() if isinstance(each, dict)}


def _absorb(noun: Any, rows: Mapping[str, Any]) -> None:
    for mine, found in _pairs(noun, rows):
        mine.update(found)  # a Counter adds


def _lose(noun: Any, rows: Mapping[str, Any]) -> None:
    for mine, found in _pairs(noun, rows):
        if isinstance(mine, Counter):
            mine.subtract(found)
        else:
            for key in found:
                mine.pop(key, None)


def _pairs(noun: Any, rows: Mapping[str, Any]) -> Iterator[tuple[Any, dict[Any, Any]]]:
    """What it has, and the same of what was found elsewhere."""
    for each in fields(noun):
        mine = getattr(noun, each.name)
        if isinstance(mine, dict):
            yield mine, {tuple(key) if isinstance(key, list) else key: value for key, value in rows[each.name]}


@lru_cache(maxsize=10_000)
def _month(hour: str) -> str:
    """The month in Shanghai of an hour (UTC)."""
    return f"{datetime.fromisoformat(f'{hour}:00:00+00:00').astimezone(_SHANGHAI):%Y-%m}"


def _moved(postings: Iterable[Any], asset: str) -> int:
    return sum(int(each[2]) for each in postings if each[3] == asset)


def _repaid(postings: Iterable[Any]) -> int:
    """Points that repaid a debt on the way: they are no use of points."""
    return _moved((each for each in postings if each[1] == UNCOVERED), "debt_points")


def _unless_equal(where: str, what: str, expected: int, found: int) -> Iterator[Found]:
    if expected != found:
        yield where, what, expected, found
