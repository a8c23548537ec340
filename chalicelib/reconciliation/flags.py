"""Flags of certificates by the Records: the latest of who owes bear the debt, and no others (docs/adr/0027).

Debts are few, so the statements of those who owe are read behind the walk through the table. Nothing of what flags
certificates is used: an error there would be found here.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.kernel.record import Record
from chalicelib.supervision.audit.differences import Difference, unless_equal
from chalicelib.supervision.audit.stored import UNREADABLE
from chalicelib.supervision.audit.verdict import Verdict
from chalicelib.table import keys, read
from chalicelib.table.keys import Key
from chalicelib.table.write import Attr

_CERTIFIED = ("cancellation", "donation", "retirement")
_UNDONE = "donation_refund"  # its certificate proves nothing any more
_WHAT = "uncovered_grams"


@dataclass(frozen=True, kw_only=True)
class _Holder:
    """An account, as it is stored. What came before it is of the same person."""

    id: str
    debt_points: int = 0
    debt_grams: int = 0
    formerly: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        return {keys.holder(id) for id in {self.id, *self.formerly, *self.earlier}}

    @property
    def debt(self) -> int:
        return self.debt_points + self.debt_grams


@dataclass(frozen=True)
class _Line:
    id: str
    kind: str
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class _Flagged:
    record: str
    uncovered_grams: int = 0


def differences(verdict: Verdict, aside: Collection[str] = ()) -> Iterator[Difference]:
    """Certificates whose flag is not what the Records make it; not of whom is set ``aside``, or moves meanwhile."""
    known: set[str] = set()
    for name, debt in sorted(verdict.whole.owing.items()):
        holder = read.get(keys.account(name), _Holder)
        if holder is None:
            continue  # a difference of its own
        expected = _borne(debt, _certified(holder.names))
        known |= expected.keys()
        if holder.debt == debt and not holder.names & {*aside}:
            yield from _unless_borne(expected)
    yield from _without_debt(verdict.books.projected.flags.keys() - known, aside)


def certificate_record(name: str) -> str | None:
    """The Record that issued a certificate that differs; None for what is none."""
    serial = name.removeprefix(keys.certificate("").pk)
    kept = read.get(keys.certificate(serial), _Flagged) if serial != name else None
    return kept.record if kept else None


def _certified(names: Collection[str]) -> list[tuple[str, int]]:
    """Serials and grams of all certificates that accounts have by their Records, the latest first."""
    where = Attr("kind").is_in([*_CERTIFIED, _UNDONE])
    lines = [line for name in names for line in read.query(name, keys.ENTRIES, keys.ENTRIES_END, _Line, where=where)]
    undone = {line.reference for line in lines if line.kind == _UNDONE}
    given = {line.id for line in lines if line.kind != _UNDONE}
    latest = sorted(_records(given).values(), key=lambda each: (each.at, each.id), reverse=True)
    return [(each.certificate, _given(each, names, undone)) for each in latest if each.certificate]


def _records(ids: Collection[str]) -> dict[Key, Record]:
    """Those of them that can be read; one that cannot is a difference of its own."""
    found = {}
    for key, row in read.rows([keys.record(id) for id in sorted(ids)]).items():
        with suppress(*UNREADABLE):
            found[key] = row.load(Record)
    return found


def _given(record: Record, names: Collection[str], undone: Collection[str]) -> int:
    if record.id in undone:
        return 0
    return sum(each.amount for each in record.postings if each.source in names and each.asset in ("points", "grams"))


def _borne(debt: int, certified: list[tuple[str, int]]) -> dict[str, int]:
    """What each certificate bears of a debt."""
    borne = {}
    for serial, grams in certified:
        borne[serial] = min(debt, grams)
        debt -= borne[serial]
    return borne


def _unless_borne(expected: Mapping[str, int]) -> Iterator[Difference]:
    kept = read.many([keys.certificate(serial) for serial in expected], _Flagged) if expected else {}
    for serial, grams in expected.items():
        if found := kept.get(keys.certificate(serial)):
            yield from unless_equal(keys.certificate(serial).pk, _WHAT, grams, found.uncovered_grams)


def _without_debt(serials: Collection[str], aside: Collection[str]) -> Iterator[Difference]:
    """Certificates that bear a flag though nobody owes for them; some may have been recovered just now."""
    if not serials:
        return
    moving = {*aside} | _before(aside)
    kept = read.many([keys.certificate(serial) for serial in sorted(serials)], _Flagged)
    records = _records({each.record for each in kept.values()})
    for key, each in kept.items():
        issued = records.get(keys.record(each.record))
        names = {posting.source for posting in issued.postings} if issued else set()
        if not names & moving:
            yield from unless_equal(key.pk, _WHAT, 0, each.uncovered_grams)


def _before(names: Collection[str]) -> set[str]:
    """The accounts that came before these."""
    held = [keys.account(name) for name in names if name.startswith(keys.holder(""))]
    return {name for each in read.many(held, _Holder).values() for name in each.names}
