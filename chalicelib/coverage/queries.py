"""A person's debt and certificates, and the certificates of which some grams await recovery."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.statements.queries import unfiled
from chalicelib.certificates.items import Certificate
from chalicelib.coverage.items import Coverage
from chalicelib.coverage.model import CERTIFIED, Flag, UncoveredAnswer, UncoveredParams, allotted, to_answer
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.ledger.lines import of_kinds
from chalicelib.ledger.model import Entry
from chalicelib.table import keys, lists, read

_TOGETHER = 50  # lines whose certificates are read in one request


@dataclass(frozen=True)
class Debtor:
    """The account that owes, what is kept about the flags, and the flags as they should be; as read."""

    account: Account
    coverage: Coverage
    flags: list[Flag]


def debtor(id: str) -> Debtor:
    """Of the person who has, or had, the account. What is kept is read first: whoever changes a flag later is seen."""
    account = accounts.present(id)
    coverage = read.get(keys.coverage(account.counted_as), Coverage) or Coverage()
    debt = account.debt_points + account.debt_grams
    return Debtor(account, coverage, allotted(debt, _certified(account), coverage.reach))


def uncovered(query: Query[UncoveredParams]) -> Page[UncoveredAnswer]:
    """Certificates of which some grams await recovery, the latest first. Those that were recovered meanwhile are left
    out.
    """
    limit = query.params.limit
    found = read.places(lists.CERTIFICATES_UNCOVERED, after=query.position, chunk=limit + 1)
    by_key = {place.key: place for place in read.first(found, limit + 1)}
    kept = read.many(list(by_key), Certificate)
    answers = [to_answer(kept[key]) for key in by_key if kept[key].uncovered_grams]
    positions = [place.position for place in by_key.values()]
    stopped = positions[limit] if len(positions) > limit else None
    return query.page(answers, lambda answer: by_key[keys.certificate(answer.serial)].position, stopped=stopped)


def _certified(account: Account) -> Iterator[tuple[str, Certificate]]:
    """The certificates of the account's person, with the places of their lines, the newest first."""
    holders = read.many([keys.account(keys.holder(id)) for id in sorted(account.lineage - {account.id})], Account)
    lines = merge(*map(_lines, (account, *holders.values())), key=lambda line: line.place, reverse=True)
    while some := list(islice(lines, _TOGETHER)):
        records = read.many([keys.record(line.id) for line in some], Record)
        serials = {line.place: records[keys.record(line.id)].certificate for line in some}
        issued = read.many([keys.certificate(serial) for serial in serials.values() if serial], Certificate)
        for place, serial in serials.items():
            if serial and (certificate := issued.get(keys.certificate(serial))):
                yield place, certificate


def _lines(account: Account) -> Iterator[Entry]:
    """The lines of an account (as read) that a certificate proves, the newest first, filed or not.

    Its totals say how much there is to find: whoever never gave anything away has no statement read.
    """
    waiting = {line.place: line for line in unfiled(account) if line.kind in CERTIFIED}
    left = account.cancelled + account.donated + account.retired + sum(map(_amount, waiting.values()))
    newest = sorted(waiting.values(), key=lambda line: line.place, reverse=True)
    before = ""
    for line in merge(newest, _filed(account) if left else (), key=lambda line: line.place, reverse=True):
        if left <= 0:
            return
        if line.place != before:  # filed since the account was read: found twice
            before, left = line.place, left - _amount(line)
            yield line


def _filed(account: Account) -> Iterator[Entry]:
    return of_kinds(account.holder, CERTIFIED)


def _amount(line: Entry) -> int:
    return -(line.points or line.grams)
