"""Reductions as they stand, and whom they are credited to."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from chalicelib.accounts import queries as accounts
from chalicelib.errors import NotFound
from chalicelib.grants.queries import active_for_report
from chalicelib.kernel.caller import BUREAU, INSTITUTION, Caller
from chalicelib.kernel.record import Record
from chalicelib.ledger.actions import AccountNotOpen
from chalicelib.reductions.items import Recipient, Reduction, ReductionState
from chalicelib.reductions.model import ReductionAnswer, Trip
from chalicelib.table import keys, read

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


def credited(caller: Caller, trip: Trip, scenario: str) -> Recipient:
    """Whom a trip is credited to: the account that it names, or that of the grant. Raises InvalidRequest."""
    named = trip.named
    if not trip.grant:
        return recipient(named)
    grant = active_for_report(caller, named, scenario, trip.occurred_at)
    if grant.person is None:  # an older grant
        return replace(recipient(grant.account), named="grant")
    return Recipient(grant.account, person=grant.person, named="grant")


def recipients(accounts: Iterable[str]) -> dict[str, Recipient]:
    """The same for many accounts at once."""
    names = {keys.account(keys.holder(account)): account for account in accounts}
    found = read.many(list(names), Recipient)
    return {id: _counted(found[key]) if key in found else Recipient(id) for key, id in names.items()}


def _counted(found: Recipient) -> Recipient:
    """An account without ``person`` is its own."""
    return found if found.person else replace(found, person=found.id)


def reduction(caller: Caller, id: str) -> Reduction:
    """A reduction as it stands. Operators see what they reported, holders what they are credited. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or not is_report(record):
        raise NotFound()
    [found] = as_they_stand([record])
    recipient = found.recipient
    of_institution = recipient.kind == INSTITUTION
    holds = caller.holds(INSTITUTION, recipient.id) if of_institution else accounts.is_of(caller, recipient.id)
    if not caller.reads_as(BUREAU) and not caller.made(record) and not holds:
        raise NotFound()
    return found


def to_answer(caller: Caller, reduction: Reduction) -> ReductionAnswer:
    """What ``caller`` sees: officials also the account behind a grant, which the operator never learns."""
    if caller.reads_as(BUREAU):
        return reduction.answer.model_copy(update={"account": reduction.recipient.id})
    return reduction.answer


def is_report(record: Record) -> bool:
    """Whether ``record`` reported a reduction: one that confirms it later answers with the report's id, and refers to
    it only where it credits something.
    """
    if record.kind not in KINDS or record.scenario is None:
        return False
    reported = record.reference or json.loads(record.answer)["id"]
    return bool(reported == record.id)


def as_they_stand(records: Iterable[Record]) -> list[Reduction]:
    """The reductions that ``records`` reported, as of now. Their states were written in the same transactions."""
    reported = [as_reported(record) for record in records]
    states = read.many([each.key for each in reported], ReductionState)
    return [each.as_in(states[each.key]) for each in reported]


def as_reported(record: Record) -> Reduction:
    """The reduction that ``record`` reported, as it was then."""
    return Reduction(ReductionAnswer.model_validate_json(record.answer), record)
