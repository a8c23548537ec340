"""Statements: pages of entries, and the same as a spreadsheet."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from chalicelib.accounts.queries import all_of, item, readable
from chalicelib.accounts.statements import sheet
from chalicelib.accounts.statements.entries import EntryAnswer, EntryParams, OwnEntryParams, to_entry
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import ANSWER_BYTES_MAX, Query, weight
from chalicelib.kernel.record import Record
from chalicelib.ledger import lines
from chalicelib.ledger import model as ledger
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import Entry
from chalicelib.table import keys, read
from chalicelib.table.lists import Budget

CSV_LINES_MAX = 30_000  # that are read; some 16,000 of the usual length fit into one answer


def chosen(query: Query[OwnEntryParams]) -> Account:
    """The caller's account, or the earlier one of hers that the parameters name. Raises AccountNotOpen, NotFound."""
    own, asked = readable(query.asker), query.params.account
    if asked in (None, own.id):
        return own
    if asked not in own.lineage:
        raise NotFound()
    return item(asked)


def entries(query: Query[EntryParams], account: Account) -> Page[EntryAnswer]:
    """The statement of an account (as read) that the parameters ask for. Raises InvalidRequest for a wrong period."""
    low, high = period(query.params.from_, query.params.until)
    return _statement(query, [account], query.params.kind, low, high)


def spreadsheet(query: Query[OwnEntryParams]) -> str:
    """The whole period as CSV (RFC 4180), oldest line first. Raises InvalidRequest where one answer cannot hold it."""
    account, kind = chosen(query), query.params.kind
    low, high = period(query.params.from_, query.params.until)
    found = {each.place: each for each in unfiled(account) if low <= each.place < high and kind in (None, each.kind)}
    budget = Budget(CSV_LINES_MAX // 1000 + 1)
    filed = _filed(account, kind, low, high, descending=False, chunk=1000, budget=budget)
    found |= {each.place: each for each in read.first(filed, CSV_LINES_MAX + 1)}
    if len(found) > CSV_LINES_MAX or budget.stopped:
        en, zh = f"Over {CSV_LINES_MAX} lines; shorten the period", f"超过 {CSV_LINES_MAX} 行，请缩短期间"
        raise InvalidRequest.at("/from", en, zh)
    text = sheet.written(found[place] for place in sorted(found))
    if weight(text) > ANSWER_BYTES_MAX:
        en, zh = "Longer than one answer may be; shorten the period", "内容超过单次应答上限，请缩短期间"
        raise InvalidRequest.at("/from", en, zh)
    return text


def period(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The sort keys around a statement's entries from ``since`` on and before ``until``. Raises InvalidRequest."""
    if since and until and since > until:  # DynamoDB refuses such a range
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    low = keys.entries_at(stamp(since)) if since else keys.ENTRIES
    high = keys.entries_at(stamp(until)) if until else keys.ENTRIES_END
    return low, high


def statement(
    query: Query[Any], *, kind: str, low: str = keys.ENTRIES, high: str = keys.ENTRIES_END
) -> Page[EntryAnswer]:
    """Lines of one kind of the caller's statements, of a ``period``: what the holder did under all accounts that she
    ever had. No Record leaves a line of such a kind in two of them. Raises AccountNotOpen.
    """
    return _statement(query, all_of(readable(query.asker)), kind, low, high)


def _statement(
    query: Query[Any], accounts: Sequence[Account], kind: str | None, low: str, high: str
) -> Page[EntryAnswer]:
    """Lines newest first: those filed by the stream and those not yet filed, each once.

    The accounts were read before the lines: a line that is filed in between is then found twice, never missed. Lines of
    another kind cost a page at most its Budget: it ends early then, and what is not filed yet waits for its place.
    """
    limit, budget = query.params.limit, Budget()
    before: str = query.position["sk"] if query.position else high
    after = before if query.position else None
    found, stopped = dict[str, Entry](), low
    for account in accounts:
        lines = (each for each in unfiled(account) if low <= each.place < before and kind in (None, each.kind))
        found |= {each.place: each for each in lines}
        share = budget.share()
        filed = _filed(account, kind, low, high, before=after, chunk=limit + 1, budget=share)
        found |= {each.place: each for each in read.first(filed, limit + 1)}
        stopped = max(stopped, share.stopped["sk"]) if share.stopped else stopped
    newest = [to_entry(found[place]) for place in sorted(found, reverse=True)[: limit + 1] if place >= stopped]
    position = {"sk": stopped} if stopped != low else None
    return query.page(newest, lambda entry: {"sk": keys.entry("", entry.at, entry.id).sk}, stopped=position)


def _filed(account: Account, kind: str | None, low: str, high: str, **options: Any) -> Iterator[Entry]:
    if kind is None:
        return read.query(account.holder, low, high, Entry, **({"descending": True} | options))
    return lines.of_kinds(account.holder, [kind], low, high, sells=account.kind == INSTITUTION, **options)


def unfiled(account: Account) -> Iterator[Entry]:
    """Lines of an account (as read) that the stream has not filed yet."""
    for record in unfiled_records(account):
        if entry := ledger.entries(record).get(account.holder):
            yield entry


def unfiled_records(account: Account) -> list[Record]:
    """What the stream has not filed yet of an account (as read)."""
    return list(read.many([keys.record(each) for each in account.unfiled], Record).values())
