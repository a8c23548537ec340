"""Grams by colour, as projected from the stream: seconds behind. And the mixes of closed months, which stay."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib import shanghai
from chalicelib.errors import NotFound
from chalicelib.kernel.fields import Page, Paged
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.provenance.mix import MonthMix
from chalicelib.provenance.model import Colour, Coloured, ColoursPage, Flow, UseAnswer, coloured, to_use
from chalicelib.table import keys, read


@dataclass(frozen=True)
class _Grams:
    grams: int


@dataclass(frozen=True)
class _Month:
    month: str


class Place(NamedTuple):
    """Where a Record's ``grams`` are among all uses of a month or campaign: behind ``before``, of ``whole``."""

    before: int
    grams: int
    whole: int


def earned(account: Account, since: str, until: str) -> list[Coloured]:
    """What an account (as read) got in the months from ``since`` to ``until``, both included; a colour may come twice.

    A page that was written since it was read holds what still stands on it: such pages are left out.
    """
    found = coloured(account.colours)
    for row in read.partition(account.holder, keys.earned_in(since), keys.EARNED + "~"):
        if "colours" not in row.attributes:
            found.append(row.load(Coloured))
        elif (page := row.load(ColoursPage)).folded <= account.folded:
            found += coloured(page.colours)
    return [each for each in found if since <= each.month <= until]


def flows(month: str) -> dict[Colour, Flow]:
    """What a month's Records issued and reversed of each colour, over all accounts."""
    issued: Counter[Colour] = Counter()
    back: Counter[Colour] = Counter()
    for pk in keys.colours_in(month):
        for lane in read.query(pk, "!", "~", Flow):
            issued[lane.colour] += lane.issued
            back[lane.colour] += lane.reversed
    return {each: Flow(**each._asdict(), issued=issued[each], reversed=back[each]) for each in issued}


def used(of: str) -> int:
    """Grams of all uses of a month or campaign."""
    return sum(each.grams for each in read.query(keys.used_in(of), "!", "~", _Grams, chunk=1024))


def uses(of: str, *, behind: str = "") -> Iterator[str]:
    """The Records of all uses of a month or campaign by id, those up to ``behind`` left out."""
    for begins in read.partition(keys.used_in(of), behind[:2] or "!", "~", chunk=1024):
        pk = keys.used(of, begins.key.sk).pk
        before = behind if behind.startswith(begins.key.sk) else None
        yield from (row.key.sk for row in read.partition(pk, "!", "~", before=before or None))


def retired(query: Query[Paged], month: str) -> Page[UseAnswer]:
    """What the Records of a month retired, by their ids; seconds behind. Raises NotFound for what is no month."""
    if not shanghai.is_month(month):
        raise NotFound()
    behind = query.position["id"] if query.position else ""
    ids = read.first(uses(month, behind=behind), query.params.limit + 1)
    records = read.many([keys.record(each) for each in ids], Record)
    return query.page([to_use(records[keys.record(each)]) for each in ids], lambda each: {"id": each.id})


def place(of: str, record: str) -> Place | None:
    """Where a Record is among these uses, by the order of ids; None where it is none of them (or not yet)."""
    own = read.get(keys.used(of, record), _Grams)
    if own is None:
        return None
    at = keys.used(of, record)
    until = sum(each.grams for each in read.query(at.pk, "!", at.sk, _Grams, chunk=1000))
    sums = {row.key.sk: row.load(_Grams).grams for row in read.partition(keys.used_in(of), "!", "~", chunk=1024)}
    before = sum(grams for begins, grams in sums.items() if begins < keys.used_sum(of, record).sk)
    return Place(before + until - own.grams, own.grams, sum(sums.values()))


def mix(month: str) -> MonthMix | None:
    """The month's mix; None where it is not made yet."""
    return read.get(keys.mix(month), MonthMix)


def latest_mix(before: str) -> MonthMix | None:
    """The last mix that was made of a month before this one."""
    pk, low = keys.mix("!")
    found = read.first(read.query(pk, low, before, MonthMix, descending=True, chunk=2), 2)
    return next((each for each in found if each.month < before), None)


def first_month() -> str | None:
    """The month of the scheme's first Record that moved value."""
    months = read.first(read.query(*keys.months("!", "~"), _Month, chunk=1), 1)
    return months[0].month if months else None
