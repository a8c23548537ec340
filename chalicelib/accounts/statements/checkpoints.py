"""What an account held at an instant: the last checkpoint before it, and the lines since (docs/adr/0038).

Lines keep no balance: they are filed in any order. So sums of all lines before a time are kept now and then, once lines
of that time can no longer be filed. What is filed later all the same (``projection.LATE``) is counted on the account: a
checkpoint of before counts no more, and the next Records of the account make new ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

from pydantic import Field

from chalicelib.accounts.model import AccountView, BalancesAt, Reasoned
from chalicelib.accounts.statements.queries import unfiled_records
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.fields import Moment, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive
from chalicelib.ledger import model as ledger
from chalicelib.ledger.account import Account
from chalicelib.ledger.projection import LATE
from chalicelib.table import keys, read
from chalicelib.table.write import Attr, update

SETTLED = 2 * LATE  # what is filed of an earlier time is late
LINES_MIN, LINES_MAX = 100, 2000  # lines that a checkpoint adds to the one before: a page of DynamoDB holds some 4000
RESERVED_MAX = 400  # notes of what a person reserved that one request meets before the last checkpoint
STEPS_MAX = 20  # checkpoints at once: an account that has none yet catches up in turns
_SAMPLED = frozenset(f"a{letter}" for letter in "abcd")  # beginnings of ids: one Record in 256


class Instant(Params):
    """As of when balances are asked for."""

    at: Annotated[
        Moment | None, Field(description="An instant, RFC 3339 with any offset (write + as %2B): what was held then")
    ] = None


class ReasonedInstant(Reasoned, Instant):
    """Why somebody else's account is read, and as of when."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What lines add up to."""

    points: int = 0
    grams: int = 0
    debt_points: int = 0
    debt_grams: int = 0


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Sums):
    """The sums of all lines before ``until``, and the points that holds and draws reserved then. ``late``: the
    account's count of late lines when it was made.
    """

    until: str
    late: int
    held: int = 0


@dataclass(frozen=True, kw_only=True)
class _Reserved:
    """By how much what is reserved changed, beside the checkpoints and in the order of time."""

    sk: str
    reserved: int


class _Known(NamedTuple):
    """The last checkpoint before a time, if there is one, and what reserved points since then, by Record."""

    checkpoint: Checkpoint | None
    since: dict[str, int]

    @property
    def held(self) -> int:
        return (self.checkpoint.held if self.checkpoint else 0) + sum(self.since.values())


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line, as far as it is added."""

    id: str
    at: str
    points: int = 0
    grams: int = 0
    debt_points: int | None = None
    debt_grams: int | None = None

    in_full = staticmethod(ledger.Entry.in_full)


def with_balances(view: AccountView, account: Account, query: Query[Instant]) -> AccountView:
    """``view`` with what the account (as read) held at the instant that is asked for. Raises InvalidRequest."""
    at = query.params.at
    return view.model_copy(update={"balances_at": balances(account, at, query.now)}) if at else view


def balances(account: Account, at: datetime, now: datetime) -> BalancesAt:
    """What an account (as read) held at a time: two reads. A merchant's earnings of the last seconds may be missing.

    One read more while the stream is behind, and for each 4000 lines since the last checkpoint. Raises InvalidRequest.
    """
    if at > now:
        raise InvalidRequest.at("/at", "Must not be in the future", "不能晚于当前时间")
    moment, records = stamp(at), unfiled_records(account)
    known = _latest(account, moment)
    low, high = _after(known.checkpoint), f"{keys.entries_at(moment)}:~"
    unfiled = (ledger.entries(each).get(account.holder) for each in records)
    found: dict[str, ledger.Entry | _Line] = {each.id: each for each in unfiled if each and low <= each.place < high}
    found |= {each.id: each for each in read.query(account.holder, low, high, _Line, chunk=2 * LINES_MAX)}
    if moment < account.opened_at and not found and known.checkpoint is None:
        raise InvalidRequest.at("/at", "Must not be earlier than opened_at", "不能早于开户时间")
    known.since.update(_unfiled_reserved(account, records, moment))
    return BalancesAt(at=moment, **vars(_sum(known.checkpoint, found.values())), held_points=known.held)


def _unfiled_reserved(account: Account, records: Iterable[Record], moment: str) -> Iterator[tuple[str, int]]:
    for record in records:
        found = ledger.reserved(record)
        if found and found[0] == account.holder and record.at <= moment:
            yield record.id, found[1]


def keep_checkpoints(records: Sequence[Record]) -> None:
    """Of one Record in 256, the accounts that it has lines of get a checkpoint, where there are lines enough."""
    sampled = [each for each in records if each.id[:2] in _SAMPLED]
    names = {name for record in sampled for name in ledger.entries(record)}
    accounts = read.many([keys.account(name) for name in sorted(names)], Account) if names else {}
    for account in accounts.values():
        keep(account, datetime.now(UTC))


def keep(account: Account, now: datetime) -> None:
    """Checkpoints of an account (as read before its lines are) up to now. Again: nothing new."""
    end = stamp(now - SETTLED)
    known = _latest(account, end).checkpoint
    for _ in range(STEPS_MAX):
        lines = read.first(_lines(account, known, end), LINES_MAX)
        until = lines[-1].at if len(lines) == LINES_MAX else end
        counted = [each for each in lines if each.at < until]
        if len(counted) < LINES_MIN:
            return
        held = (known.held if known else 0) + _reserved(account, known, until)
        known = Checkpoint(until=until, late=account.late, held=held, **vars(_sum(known, counted)))
        derive(update(keys.checkpoint(account.holder, until), assign=vars(known)))


def _lines(account: Account, known: Checkpoint | None, end: str) -> Iterator[_Line]:
    return read.query(account.holder, _after(known), keys.entries_at(end), _Line, chunk=LINES_MAX)


def _latest(account: Account, until: str) -> _Known:
    """One read: what reserved points stands among the checkpoints."""
    place, low = keys.checkpoint(account.holder, f"{until}:~"), keys.checkpoint(account.holder, "0").sk
    valid = Attr("late").eq(account.late) & Attr("held").exists() | Attr("reserved").exists()
    since, chunk = dict[str, int](), RESERVED_MAX if account.kind == INDIVIDUAL else 20
    for row in read.partition(place.pk, low, place.sk, descending=True, where=valid, chunk=chunk):
        if "reserved" not in row.attributes:
            return _Known(row.load(Checkpoint), since)
        since[row.key.sk.rpartition(":")[2]] = row.load(_Reserved).reserved
    return _Known(None, since)


def _reserved(account: Account, known: Checkpoint | None, until: str) -> int:
    """By how much what is reserved changed since a checkpoint and before a time."""
    low, high = (keys.checkpoint(account.holder, each) for each in (known.until if known else "0", until))
    where = Attr("reserved").exists()
    return sum(each.reserved for each in read.query(low.pk, low.sk, high.sk, _Reserved, where=where, chunk=LINES_MAX))


def _after(known: Checkpoint | None) -> str:
    return keys.entries_at(known.until) if known else keys.ENTRIES


def _sum(known: Sums | None, lines: Iterable[ledger.Entry | _Line]) -> Sums:
    names = Sums.__dataclass_fields__
    sums = Counter({name: getattr(known, name) for name in names} if known else {})
    for line in lines:
        sums.update({name: getattr(line, name) or 0 for name in names})
    return Sums(**sums)
