"""What the stream makes of Records: statement lines and account totals."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib import lanes
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Record
from chalicelib.ledger import lines, model
from chalicelib.ledger.model import GRAMS, POINTS, Entry, unbought
from chalicelib.table import keys
from chalicelib.table.write import Write, present, put, update

LATE = timedelta(minutes=5)  # a Record that is filed so long after its own time counts as late, see accounts
HOLDER_LANES = 4  # a merchant's totals move with every sale: lanes keep consumers from colliding

# A movement counts towards one total of its account, with this sign of the line's points (or grams).
TOTALS = {
    "conversion": ("earned", POINTS, 1),
    "record": ("recorded", GRAMS, 1),
    "redemption": ("redeemed", POINTS, -1),
    "refund": ("redeemed", POINTS, -1),
    "cancellation": ("cancelled", POINTS, -1),
    "donation": ("donated", POINTS, -1),
    "donation_refund": ("returned", POINTS, 1),
    "buy_back": ("bought_back", POINTS, -1),
    "retirement": ("retired", GRAMS, -1),
    "reversal": ("earned", POINTS, 1),
}


def entries(records: Sequence[Record]) -> list[Write]:
    """File each Record: put its lines (once: they mark it as projected), copy those of rare kinds, note what it
    reserves, move totals, clear ``unfiled``. A Record that has ``summed`` moves no totals; ``clear`` follows.

    Lines that are filed ``LATE`` are counted on their accounts: sums of statements that were kept before lack them.
    """
    puts: list[Write] = []
    copies: list[Write | None] = []
    unfiled: dict[str, set[str]] = defaultdict(set)
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        if not (found := model.entries(record)):  # no holder's statement shows it: a mark stands in for a line
            puts.append(put(keys.filed(record.id), {"id": record.id}))
        for name, entry in found.items():
            puts.append(put(keys.entry(name, entry.at, entry.id), entry.short() if record.form else entry))
            copies.append(lines.copy(name, entry))
            if name == record.holder:
                sums[name].update(_earned(record, name, entry))
            for counted, total, amount in _counted(record, name, entry):
                totals[counted][total] += amount
        copies.append(lines.reservation(record))
        for name in () if record.summed else _remembering(record):
            unfiled[name].add(record.id)
    lane = lanes.mine(HOLDER_LANES)
    accounts = [
        update(
            keys.account(name), add=_moved(totals[name]), discard={"unfiled": unfiled[name]} if unfiled[name] else {}
        )
        for name in sorted(unfiled.keys() | totals.keys())
        if unfiled[name] or _moved(totals[name])
    ]
    merchants = [update(keys.sums(name, lane), add=_moved(sums[name])) for name in sums if _moved(sums[name])]
    return puts + accounts + merchants + [copy for copy in copies if copy]


def clear(records: Sequence[Record]) -> list[Write]:
    """Accounts no longer remember Records that moved their own sums, once these are filed. Again: nothing changes."""
    filed: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for name in _remembering(record) if record.summed else ():
            filed[name].add(record.id)
    return [update(keys.account(name), discard={"unfiled": ids}, require=present()) for name, ids in filed.items()]


def _counted(record: Record, name: str, entry: Entry) -> Iterator[tuple[str, str, int]]:
    """What a line adds to a person's totals (or an institution's own): account name, total, amount."""
    if late := record.at < stamp(datetime.now(UTC) - LATE):
        yield name, "late", 1
    if record.summed:
        return
    if name != record.holder and entry.kind in TOTALS and not record.payer:
        total, asset, sign = TOTALS[entry.kind]
        yield record.owner or name, total, sign * (entry.points + entry.repaid if asset == POINTS else entry.grams)
    if entry.kind == "reversal" and entry.grams:  # an institution's
        yield name, "recorded", entry.grams
    if entry.repaid:  # a debt repaid was earned by nobody
        yield name, "earned", -entry.repaid
    if name == record.holder and record.payer:  # a capture, a draw: the points left her balance when they were held
        yield record.payer, "redeemed", entry.points
        if late:  # her statement may have no line of it
            yield record.payer, "late", 1


def _remembering(record: Record) -> set[str]:
    """The accounts whose item holds this Record as unfiled: those whose balance its postings changed."""
    return {name for posting in record.postings for name in posting[:2] if name.startswith("account:")}


def _earned(record: Record, name: str, entry: Entry) -> dict[str, int]:
    """A merchant's earnings, and the part of them that its tills gathered (sweeps move that part, see accounts). A
    refund in grams takes back earnings that were bought back.
    """
    gathered = 0
    for source, destination, amount, asset in record.postings:
        if asset == POINTS and name not in (source, destination):
            gathered += amount if destination.startswith("offer:") else -amount if source.startswith("offer:") else 0
    undone = unbought(record)
    return {"earned": entry.points - undone, "gathered": gathered, "bought_back": -undone}


def _moved(counter: Counter[str]) -> dict[str, int]:
    return {name: amount for name, amount in counter.items() if amount}
