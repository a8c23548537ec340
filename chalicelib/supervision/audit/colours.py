"""Colours of grams by the Records alone: what was issued is what is held and what was used, colour by colour.

Judged are the stream's sums, the place of each use among the others, and the kept mix of each closed month. See
books.py: nothing of the platform's own arithmetic is used.
"""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from chalicelib.supervision.audit.stored import Raw, checked, texts, tint
from chalicelib.table import keys

Found = tuple[str, str, int, int]  # where, what, expected, found
NONE = "::"  # grams that no reduction stands for
_COLOURED = ("conversion", "record", "reversal")
_DEBTS = ("debt_points", "debt_grams")


class _Row(NamedTuple):
    """A row of a kept mix, as it is stored."""

    month: str
    scenario: str
    methodology: str
    opening: int
    issued: int
    reversed: int
    used: int

    @property
    def colour(self) -> str:
        return ":".join(self[:3])

    @property
    def closing(self) -> int:
        return self.opening + self.issued - self.reversed - self.used


@dataclass
class Colours:
    """What the Records say, and what was found. Flows are by month, colour and direction; uses by what they are of."""

    flows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    projected: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)  # check sums: expected less found
    mixes: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def record(self, month: str, record: Mapping[str, Any], came: int) -> None:
        """What a Record issues, reverses and uses; ``came`` of it credited with its colour."""
        issued, retired = -came, 0
        for source, target, amount, asset in record.get("postings", ()):
            if asset == "grams":
                issued += amount * ((source == "system:issued") - (target == "system:issued"))
                retired += amount * (target == "system:retired")
        if came:
            self.flows[month, colour_of(record), "issued" if came > 0 else "reversed"] += abs(came)
        if issued:
            self.flows[month, NONE, "issued" if issued > 0 else "reversed"] += abs(issued)
        if record["movement"] == "donation":
            of = keys.campaign(str(record.get("counterparty") or "")).pk
            self._use(of, record, sum(each[2] for each in record["postings"] if each[3] == "points"))
        elif retired:
            self._use(month, record, retired)

    def _use(self, of: str, record: Mapping[str, Any], grams: int) -> None:
        self.uses[of] += grams
        self.places[of] += checked(str(record["id"]), str(grams))

    def add(self, pk: str, sk: str, item: Mapping[str, Any]) -> None:
        """A sum, a use or a mix as it is kept; anything else is left out."""
        if pk.startswith("colours:"):
            for way in ("issued", "reversed"):
                self.projected[pk.split(":")[1], colour_of(item), way] += int(item.get(way, 0))
        elif pk.startswith("used:"):
            of = pk.removeprefix("used:")
            if len(sk) == 2:
                self.sums[of] += int(item["grams"])
            else:
                self.places[of.rpartition(":")[0]] -= checked(sk, str(int(item["grams"])))
        elif pk == "mixes":
            self.mixes[sk] = item

    def differences(self) -> Iterator[Found]:
        """Everything that does not agree."""
        for month, colour, way in self.flows.keys() | self.projected.keys():
            key = (month, colour, way)
            yield from _unless_equal(f"colours {month}", f"{colour} {way}", self.flows[key], self.projected[key])
        for of in self.uses.keys() | self.sums.keys():
            yield from _unless_equal(f"used {of}", "grams", self.uses[of], self.sums[of])
        for of, check in self.places.items():
            yield from _unless_equal(f"used {of}", "uses that are not its Records'", 0, int(check != 0))
        for month in sorted(self.mixes):
            yield from self._mix(month, self.mixes[month])

    def _mix(self, month: str, kept: Mapping[str, Any]) -> Iterator[Found]:
        """A month's mix against all Records until its end: each colour that was issued is held or was used."""
        where, rows = f"mix {month}", [_Row(*each) for each in json.loads(str(kept["rows"]))]
        issued, used = self._until(month)
        accounted = used + Counter({each.colour: 0 for each in rows})
        for each in rows:
            accounted[each.colour] = used[each.colour] + each.closing
            if each.used and each.closing < 0 and each.colour != NONE:
                yield where, f"{each.colour} left after its use, at least", 0, each.closing
        for colour in issued.keys() | accounted.keys():
            yield from _unless_equal(where, f"{colour} held and used", issued[colour], accounted[colour])
        yield from _unless_equal(where, "grams used", self.uses[month], sum(each.used for each in rows))
        yield from _unless_equal(where, "grams stated", self.uses[month], int(kept["grams"]))
        yield from _oldest_first(where, rows)
        yield from _signed(where, rows, str(kept["jws"]))

    def _until(self, month: str) -> tuple[Counter[str], Counter[str]]:
        """By colour: what the Records issued until the end of the month, and what the mixes until then used."""
        issued: Counter[str] = Counter()
        for (each, colour, way), grams in self.flows.items():
            if each <= month:
                issued[colour] += grams if way == "issued" else -grams
        used: Counter[str] = Counter()
        for each, kept in self.mixes.items():
            if each <= month:
                for row in (_Row(*one) for one in json.loads(str(kept["rows"]))):
                    used[row.colour] += row.used
        return issued, used


def _oldest_first(where: str, rows: list[_Row]) -> Iterator[Found]:
    """No month was used while an older one was left, and within a month each colour in proportion, to a few grams."""
    newest = max((each.month for each in rows if each.used and each.colour != NONE), default="")
    by_month: dict[str, list[_Row]] = defaultdict(list)
    for each in rows:
        if each.colour != NONE and each.used + each.closing > 0:
            by_month[each.month].append(each)
    for month, held in by_month.items():
        if month < newest:
            yield from _unless_equal(where, f"{month} left before {newest}", 0, sum(each.closing for each in held))
        whole, used = sum(each.used + each.closing for each in held), sum(each.used for each in held)
        for each in held:
            fair = used * (each.used + each.closing) // whole
            if abs(each.used - fair) > len(held):
                yield where, f"{each.colour} used in proportion", fair, each.used


def _signed(where: str, rows: list[_Row], jws: str) -> Iterator[Found]:
    """What was signed is what was used."""
    payload = jws.split(".")[1]
    stated = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    signed = Counter({colour_of(each): int(each["grams"]) for each in stated["parts"]})
    used = Counter({each.colour: each.used for each in rows if each.used})
    for colour in used.keys() | signed.keys():
        yield from _unless_equal(where, f"{colour} signed", used[colour], signed[colour])


def colour_of(item: Mapping[str, Any]) -> str:
    """The colour that a Record, a sum or a part names; NONE where it names none."""
    month, scenario = item.get("month"), item.get("scenario")
    return _colour(month, scenario, item.get("methodology")) if month and scenario else NONE


@lru_cache(maxsize=10_000)
def _colour(month: str, scenario: str, methodology: str | None) -> str:
    """There are few."""
    return f"{month}:{scenario.lower()}:{methodology or ''}"


def earned(item: Raw) -> int:
    """The check of grams that stand beside their account: of one colour, or of a page of those that stood on it."""
    if "colours" in item:
        return tinted(item["colours"]["M"])
    return int(item["grams"]["N"]) * tint(colour_of(texts(item)))


def tinted(named: Raw) -> int:
    """The check of grams that stand under the names of their colours, among whatever else."""
    colours = (name for name in named if name.startswith(keys.EARNED))
    return sum(int(named[name]["N"]) * tint(name.removeprefix(keys.EARNED)) for name in colours)


def credited(record: Mapping[str, Any]) -> int:
    """Grams that a Record credits with a colour; negative where it reverses a reduction."""
    movement = record["movement"]
    if movement not in _COLOURED or record.get("month") is None or record.get("scenario") is None:
        return 0
    grams = 0
    for source, target, amount, asset in record.get("postings", ()):
        if movement != "reversal":
            grams += amount * (asset == "grams" and source == "system:issued")
        elif asset in _DEBTS or (asset == "grams" and target == "system:issued"):
            grams -= amount
    return grams


def _unless_equal(where: str, what: str, expected: int, found: int) -> Iterator[Found]:
    if expected != found:
        yield where, what, expected, found
