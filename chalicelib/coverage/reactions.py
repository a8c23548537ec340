"""What follows from the Records that change a debt."""

import random
from collections.abc import Sequence

from chalicelib.coverage import actions, queries
from chalicelib.coverage.actions import Moved
from chalicelib.coverage.model import Flags, debtors, pages
from chalicelib.coverage.queries import Debtor
from chalicelib.deadline import pause
from chalicelib.errors import Contended
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import perform
from chalicelib.table import keys

ATTEMPTS_MAX = 10  # then the stream brings the Record again


def flag_uncovered(records: Sequence[Record]) -> None:
    """Flag the certificates of those whose debts ``records`` changed, by what they owe as of now.

    So the order of Records does not count, nor how often they come. Raises Contended where others are in the way.
    """
    causes = {account: record.id for record in records for account in debtors(record)}
    for account, cause in causes.items():
        _follow(account, cause)


def _follow(account: str, cause: str) -> None:
    for attempt in range(ATTEMPTS_MAX):
        try:
            return _flag(queries.debtor(account), cause)
        except Moved:
            pause(random.uniform(0, min(0.3, 0.005 * 2**attempt)))
    raise Contended()


def _flag(debtor: Debtor, cause: str) -> None:
    """Change what has to change, page by page; each page on condition that the one before it was the latest change."""
    turn = debtor.coverage.turn
    for flags in pages(debtor.flags, debtor.coverage.reach):
        turn = _page(debtor, flags, turn, cause)


def _page(debtor: Debtor, flags: Flags, turn: str | None, cause: str) -> str:
    """The Record of this change: a turn is followed by one other, whoever makes it. Raises Moved, Contended."""
    record = keys.digest("coverage", debtor.account.counted_as, turn or "")
    done = perform(record, lambda command: actions.flag(command, debtor, flags, turn=turn, cause=cause))
    if done.replayed:  # by somebody else, perhaps from another debt
        raise Moved()
    return record
