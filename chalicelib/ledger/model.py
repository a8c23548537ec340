"""Transfers: how value moves. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.kernel.record import Posting, Record
from chalicelib.table import keys

__all__ = ["GRAMS", "POINTS", "Entry", "Posting", "Transfer", "entries", "has_item", "units"]

POINTS, GRAMS = "points", "grams"
DEBT = {POINTS: "debt_points", GRAMS: "debt_grams"}  # a debt in an asset is an asset of its own (debts.py)

_STATED = (POINTS, GRAMS, *DEBT.values())  # the assets that statements show

# Every kind of Transfer. Those that a holder's statement can show are the kinds of its lines.
Shown = Literal[
    "conversion",
    "redemption",
    "refund",
    "cancellation",
    "donation",
    "donation_refund",
    "buy_back",
    "retirement",
    "sweep",
    "hold",
    "capture",
    "release",
    "draw_entry",
    "draw_return",
    "record",
    "reversal",
    "account_transfer",
    "inheritance",
    "ex_officio_cancellation",
]
Movement = Literal[Shown, "stocking", "campaign_closing"]


def units(offer: str) -> str:
    """Stock of one offer is an asset of its own."""
    return f"units:{offer}"


@dataclass(frozen=True)
class Transfer:
    """Postings that happen together or not at all. ``kind`` is the movement's name in statements."""

    kind: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        if any(posting.amount <= 0 or posting.source == posting.destination for posting in self.postings):
            raise ValueError("a posting moves a positive amount between two accounts")

    def reverse(self, kind: str) -> "Transfer":
        """The Transfer that undoes this one; nothing is ever deleted."""
        turned = (Posting(each.destination, each.source, each.amount, each.asset) for each in self.postings)
        return Transfer(kind, tuple(turned))

    def changes(self) -> dict[str, dict[str, int]]:
        """Net change by account name and balance attribute; system accounts included."""
        net: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for source, destination, amount, asset in self.postings:
            attribute = asset.partition(":")[0]
            net[source][attribute] -= amount
            net[destination][attribute] += amount
        return {name: {asset: delta for asset, delta in deltas.items() if delta} for name, deltas in net.items()}


def has_item(name: str) -> bool:
    """System accounts have no item: their sums are projected."""
    return not name.startswith("system:")


def giver(record: Record) -> str:
    """The id of the account that gives, of a Record whose first posting comes from a holder's."""
    return record.postings[0].source.removeprefix(keys.holder(""))


_RESERVING = (keys.hold(""), keys.draw_entry(""))


def reserved(record: Record) -> tuple[str, int] | None:
    """Whose points a Record reserves, or lets go, and how many; None where it does neither."""
    change, names = 0, list[str]()
    for source, destination, amount, _ in record.postings:
        change += amount * (destination.startswith(_RESERVING) - source.startswith(_RESERVING))
        if destination.startswith(_RESERVING):
            names.append(source)
        elif source.startswith(_RESERVING):
            names.append(record.payer or destination)
    return (names[0], change) if names else None


def unbought(record: Record) -> int:
    """Points of a refund for which the merchant gave grams: the buy-back of as many is undone (docs/adr/0025)."""
    if record.movement != "refund":
        return 0
    return sum(each.amount for each in record.postings if each.asset == GRAMS and each.destination == keys.POOL)


@dataclass(frozen=True)
class Entry:
    """A line of an account's statement: signed amounts from its view. ``id`` is that of the Record.

    ``debt_…`` grows by a reversal and falls by repayment, None where it stays; what was repaid is not in ``points`` and
    ``grams``.
    """

    id: str
    at: str
    kind: str
    points: int
    grams: int
    counterparty: str
    reference: str
    swept_points: int = 0
    debt_points: int | None = None
    debt_grams: int | None = None

    @staticmethod
    def in_full(item: Mapping[str, Any]) -> Mapping[str, Any]:
        """What ``item`` leaves out because it follows from its key, or is nothing."""
        if "id" in item:
            return item
        at, _, id = item["sk"].removeprefix(keys.ENTRIES).rpartition(":")
        return {"id": id, "at": at, "reference": id, "points": 0, "grams": 0, **item}

    @property
    def repaid(self) -> int:
        """Points of this movement that repaid a debt. One that moved to another account of its person is not repaid."""
        return 0 if self.kind == "account_transfer" else max(0, -(self.debt_points or 0))

    @property
    def place(self) -> str:
        """Its sort key in the statement, whichever account's it is."""
        return keys.entry("", self.at, self.id).sk

    def short(self) -> dict[str, Any]:
        """The attributes of the line of a trip, which is named by its own Record; see ``in_full``."""
        return {"kind": self.kind, "points": self.points, "counterparty": self.counterparty}


def entries(record: Record) -> dict[str, Entry]:
    """The statement lines that a Record leaves, by the name of each holder it touches.

    What a till earns belongs to the statement of the merchant that keeps it (``holder`` on the Record), so a sweep
    from till to merchant changes nothing there but is shown.
    """
    net: dict[str, Counter[str]] = defaultdict(Counter)
    other: dict[str, str] = {}
    for source, destination, amount, asset in record.postings:
        if asset in _STATED:
            giver, taker = _owner(source, record), _owner(destination, record)
            for name, opposite, signed in ((giver, taker, -amount), (taker, giver, amount)):
                net[name][asset] += signed
                other.setdefault(name, opposite)  # what is repaid comes last
    movement = record.movement or ""
    parties = [name for name in net if name.startswith("account:")]
    if len(parties) == 2:  # also where the pool stands between them
        other |= dict(zip(parties, reversed(parties), strict=True))
    return {
        name: Entry(
            id=record.id,
            at=record.at,
            kind=movement,
            points=deltas[POINTS],
            grams=deltas[GRAMS],
            debt_points=deltas[DEBT[POINTS]] or None,
            debt_grams=deltas[DEBT[GRAMS]] or None,
            counterparty=_counterparty(name, other[name], record),
            reference=record.reference or record.hold or record.id,
            swept_points=sum(posting.amount for posting in record.postings) if movement == "sweep" else 0,
        )
        for name, deltas in net.items()
        if name.startswith("account:")
    }


def _counterparty(name: str, other: str, record: Record) -> str:
    """Who stands in a line. Of a hold, the person sees the merchant and the merchant the hold: never her account."""
    if record.hold:
        return keys.hold(record.hold) if name == record.holder else str(record.holder).removeprefix("account:")
    if record.payer and name == record.holder:  # a draw: her points were in the entry
        return record.postings[0].source
    named = record.counterparty or record.scenario  # a reversal names its scenario alone
    return named if named and not other.startswith("account:") else other.removeprefix("account:")


def _owner(name: str, record: Record) -> str:
    return str(record.holder) if name.startswith("offer:") else name
