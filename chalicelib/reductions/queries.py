"""Reductions as they stand, and whom they are credited to."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import BUREAU, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.actions import AccountNotOpen
from chalicelib.reductions.items import Recipient, ReductionState
from chalicelib.reductions.model import Reduction, ReductionAnswer, ReductionParams
from chalicelib.table import keys, lists, read

KINDS = ("reduction_reported", "reduction_confirmed")


def recipient(account: str) -> Recipient:
    """Whom a reduction for ``account`` is credited to. A process asks once: what it answers never changes."""
    try:
        return _known(account)
    except AccountNotOpen:  # which is never remembered
        return Recipient(account)


@lru_cache(maxsize=10_000)
def _known(account: str) -> Recipient:
    found = read.get(keys.account(keys.holder(account)), Recipient)
    if found is None:
        raise AccountNotOpen()
    return _counted(found)


def recipients(accounts: Iterable[str]) -> dict[str, Recipient]:
    """The same for many accounts at once."""
    names = {keys.account(keys.holder(account)): account for account in accounts}
    found = read.many(list(names), Recipient)
    return {id: _counted(found[key]) if key in found else Recipient(id) for key, id in names.items()}


def _counted(found: Recipient) -> Recipient:
    """An account without ``person`` is its own."""
    return found if found.person else replace(found, person=found.id)


def reduction(caller: Caller, id: str) -> Reduction:
    """A reduction as it stands. Operators see what they reported. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind not in KINDS or record.scenario is None:
        raise NotFound()
    if not caller.reads_as(BUREAU) and not caller.made(record):
        raise NotFound()
    [found] = as_they_stand([record])
    return found


def as_they_stand(records: Iterable[Record]) -> list[Reduction]:
    """The reductions that ``records`` reported, as of now. Their states were written in the same transactions."""
    reported = [Reduction(ReductionAnswer.model_validate_json(record.answer), record) for record in records]
    states = read.many([each.key for each in reported], ReductionState)
    return [each.as_in(states[each.key]) for each in reported]


def waiting(query: Query[ReductionParams]) -> Page[ReductionAnswer]:
    """Reductions that wait for confirmation, oldest first."""
    limit = query.params.limit + 1
    listed = read.places(lists.REDUCTIONS_REPORTED, after=query.position, descending=False, chunk=limit)
    found = read.first(listed, limit)
    position = {place.listing.rank.rpartition(":")[2]: place.position for place in found}
    records = read.many([keys.record(id) for id in position], Record)
    reductions = as_they_stand(records[keys.record(id)] for id in position)
    return query.page([each.answer for each in reductions], lambda answer: position[answer.id])
