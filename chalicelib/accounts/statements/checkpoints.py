"""What an account held at an instant: the last checkpoint before it, and the lines since (docs/adr/0038).

Lines keep no balance: they are filed in any order. So sums of all lines before a time are kept now and then, once lines
of that time can no longer be filed. What is filed later all the same (``projection.LATE``) is counted on the account: a
checkpoint of before counts no more, and the next Records of the account make new ones.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from chalicelib.accounts.model import AccountView, BalancesAt, Reasoned
from chalicelib.accounts.statements.queries import unfiled
from chalicelib.errors import InvalidRequest
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
    """The sums of all lines before ``until``. ``late``: the account's count of late lines when it was made."""

    until: str
    late: int


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A line, as far as it is added."""

    id: str
    at: str
    points: int = 0
    grams: int = 0
    debt_points: int | None = None
    debt_grams: int | None = None


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
    moment = stamp(at)
    known = _latest(account, moment)
    low, high = _after(known), f"{keys.entries_at(moment)}:~"
    found: dict[str, ledger.Entry | _Line] = {each.id: each for each in unfiled(account) if low <= each.place < high}
    found |= {each.id: each for each in read.query(account.holder, low, high, _Line, chunk=2 * LINES_MAX)}
    if moment < account.opened_at and not found and known is None:
        raise InvalidRequest.at("/at", "Must not be earlier than opened_at", "不能早于开户时间")
    return BalancesAt(at=moment, **vars(_sum(known, found.values())))


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
    known = _latest(account, end)
    for _ in range(STEPS_MAX):
        lines = read.first(_lines(account, known, end), LINES_MAX)
        until = lines[-1].at if len(lines) == LINES_MAX else end
        counted = [each for each in lines if each.at < until]
        if len(counted) < LINES_MIN:
            return
        known = Checkpoint(until=until, late=account.late, **vars(_sum(known, counted)))
        derive(update(keys.checkpoint(account.holder, until), assign=vars(known)))


def _lines(account: Account, known: Checkpoint | None, end: str) -> Iterator[_Line]:
    return read.query(account.holder, _after(known), keys.entries_at(end), _Line, chunk=LINES_MAX)


def _latest(account: Account, until: str) -> Checkpoint | None:
    place, low = keys.checkpoint(account.holder, until), keys.checkpoint(account.holder, "0").sk
    valid = Attr("late").eq(account.late)
    return next(read.query(place.pk, low, place.sk, Checkpoint, descending=True, where=valid, chunk=20), None)


def _after(known: Checkpoint | None) -> str:
    return keys.entries_at(known.until) if known else keys.ENTRIES


def _sum(known: Sums | None, lines: Iterable[ledger.Entry | _Line]) -> Sums:
    names = Sums.__dataclass_fields__
    sums = Counter({name: getattr(known, name) for name in names} if known else {})
    for line in lines:
        sums.update({name: getattr(line, name) or 0 for name in names})
    return Sums(**sums)
