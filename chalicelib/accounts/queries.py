"""Balances and statements."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from chalicelib.accounts import sheet
from chalicelib.accounts.model import AccountView, Balances, Entry, EntryParams, Totals
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.actions import AccountNotOpen
from chalicelib.ledger.model import lines
from chalicelib.ledger.projection import line_item
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item

TOTAL_NAMES = tuple(Totals.model_fields)
LIVE = ["proposed", "approved", "ended"]  # campaigns that their institution still has to see through
CSV_LINES_MAX = 30_000  # an answer of Lambda holds 6 MB


def own(caller: Caller) -> Item:
    """The caller's account item. Raises AccountNotOpen."""
    item = read.get(keys.account(keys.holder(caller.account)))
    if item is None or not caller.holds(item["kind"], item["id"]):
        raise AccountNotOpen()
    return item


def before_opening(caller: Caller, number: str) -> tuple[Item | None, Item | None]:
    """The caller's account, and who has the number (its hash): the items as of now, None where there is none."""
    account, claim = keys.account(keys.holder(caller.account)), keys.identity(number)
    found = read.many([account, claim])
    return found.get(account), found.get(claim)


@lru_cache(maxsize=10_000)
def person(account: str) -> str:
    """The id by which the person of an account is counted: that of the first account opened with the same number.

    An account never changes its person, so a process asks once. Raises AccountNotOpen, which is never remembered.
    """
    found = read.get(keys.account(keys.holder(account)))
    if found is None:
        raise AccountNotOpen()
    return str(found.get("person", account))


def item(id: str) -> Item:
    """Any account's item. Raises NotFound."""
    found = read.get(keys.account(keys.holder(id)))
    if found is None:
        raise NotFound()
    return found


def promises(account: Item) -> bool:
    """Whether a campaign of an institution (its item, as read) is live that its account does not count.

    Only campaigns of before the counter are not counted. There are no new ones, and none of them comes back to life, so
    what is found here stays true for the transaction that relies on it.
    """
    if account["kind"] != INSTITUTION:
        return False
    live = read.listed(lists.CAMPAIGNS, where=Attr("status").is_in(LIVE))
    found = read.many([keys.Key(each["pk"], each["sk"]) for each in live]).values()
    own = (each for each in found if each["institution"] == account["id"] and "counted" not in each)
    return any(each["status"] in LIVE for each in own)


def view(item: Item) -> AccountView:
    """An account (its item, as read) with its balances (strongly consistent) and totals (seconds behind)."""
    sums = list(read.query(item["pk"], "sums:", "sums:~")) if item["kind"] == INSTITUTION else []
    summed = {name: sum(each.get(name, 0) for each in (item, *sums)) for name in (*TOTAL_NAMES, "gathered")}
    in_tills = max(0, summed["gathered"] - item.get("swept", 0))
    return AccountView(
        **{name: item[name] for name in ("id", "kind", "name", "status", "opened_at")},
        balances=Balances(points=item["points"] + in_tills, grams=item["grams"]),
        totals=Totals(**{name: summed[name] for name in TOTAL_NAMES}),
        credit=None,
    )


def entries(query: Query[EntryParams]) -> Page[Entry]:
    """The statement that its parameters ask for."""
    low, high = period(query.params.from_, query.params.until)
    return statement(query, kind=query.params.kind, low=low, high=high)


def spreadsheet(query: Query[EntryParams]) -> str:
    """The whole period as CSV (RFC 4180), oldest line first. Raises InvalidRequest where one answer cannot hold it."""
    item, kind = own(query.asker), query.params.kind
    low, high = period(query.params.from_, query.params.until)
    found = {each["sk"]: each for each in unfiled(item) if low <= each["sk"] < high and kind in (None, each["kind"])}
    where = Attr("kind").eq(kind) if kind else None
    filed = read.query(item["pk"], low, high, where=where, chunk=1000)
    found |= {each["sk"]: each for each in read.first(filed, CSV_LINES_MAX + 1)}
    if len(found) > CSV_LINES_MAX:
        en, zh = f"Over {CSV_LINES_MAX} lines; shorten the period", f"超过 {CSV_LINES_MAX} 行，请缩短期间"
        raise InvalidRequest.at("/from", en, zh)
    return sheet.written(found[place] for place in sorted(found))


def period(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    """The sort keys around a statement's entries from ``since`` on and before ``until``. Raises InvalidRequest."""
    if since and until and since > until:  # DynamoDB refuses such a range
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    low = keys.entries_at(stamp(since)) if since else keys.ENTRIES
    high = keys.entries_at(stamp(until)) if until else keys.ENTRIES_END
    return low, high


def statement(
    query: Query[Any], *, kind: str | None, low: str = keys.ENTRIES, high: str = keys.ENTRIES_END
) -> Page[Entry]:
    """Lines newest first: those filed by the stream and those not yet filed, each once.

    The account is read before the lines: a line that is filed in between is then found twice, never missed.
    """
    item, limit = own(query.asker), query.params.limit
    before: str = query.position["sk"] if query.position else high
    found: dict[str, Item] = {}
    for each in unfiled(item):
        if low <= each["sk"] < before and kind in (None, each["kind"]):
            found[each["sk"]] = each
    filed = read.query(
        item["pk"],
        low,
        high,
        before=before if query.position else None,
        descending=True,
        where=Attr("kind").eq(kind) if kind else None,
        chunk=100 if kind else limit + 1,
    )
    found |= {each["sk"]: each for each in read.first(filed, limit + 1)}
    newest = sorted(found.values(), key=lambda each: each["sk"], reverse=True)[: limit + 1]
    entries = [Entry.model_validate(each) for each in newest]
    return query.page(entries, lambda entry: {"sk": keys.entry("", entry.at, entry.id).sk})


def unfiled(item: Item) -> Iterator[Item]:
    """Lines of an account (its item, as read) that the stream has not filed yet."""
    for record in read.many([keys.record(each) for each in item.get("unfiled", ())], Record).values():
        for line in lines(record):
            if line.name == item["pk"]:
                yield line_item(line) | {"sk": keys.entry(line.name, line.at, line.id).sk}
