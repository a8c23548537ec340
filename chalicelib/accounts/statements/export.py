"""Everything that is kept about a caller, for itself."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.accounts.model import SHOWN, AccountView
from chalicelib.accounts.queries import readable, view
from chalicelib.accounts.statements.queries import unfiled
from chalicelib.credit import queries as credit
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.kernel.fields import Answer, Listed, Paged, Time, example
from chalicelib.kernel.query import Query, standing_as
from chalicelib.kernel.record import Record
from chalicelib.ledger import lines
from chalicelib.ledger.account import Account
from chalicelib.ledger.model import Entry
from chalicelib.table import keys, read
from chalicelib.table.row import Row, dump

_FIRST, _LAST = " ", "~~"  # around every sort key
_COUNTED = ("purchases:", "usage:")  # by person, in the partition of her first account


class Request(Answer):
    """A request that moved something of the caller's: whose role asked, for what, and what was answered."""

    kind: str
    at: Time
    role: str
    answer: dict[str, Any]


class Kept(Answer):
    """One thing that is kept, with the request that made it and, of an order or a dispute, how it stands.

    ``place`` is its name among the caller's things: ``entry:…`` a line of the statement, ``usage:…`` grams of a day,
    ``reduction:…`` a reported reduction, ``purchases:…`` units of an offer, ``grant:…`` a grant, ``account`` the
    account itself, ``reading:…`` that exchange, bureau or auditor read it: when, in which role and why,
    ``procedure:…`` a step of a procedure about it, ``ward:…`` a child that the caller has consented for,
    ``message:…`` a message, ``dispute:…`` a dispute of the caller's own, ``disputed:…`` one that a merchant answers.
    What stood beside an account that this one came after, by a procedure or not, stands here, too.
    """

    place: str
    kept: dict[str, Any]
    request: Request | None
    order: dict[str, Any] | None
    dispute: dict[str, Any] | None = None


class Export(Listed):
    """A page of everything that is kept about the caller; of its number that is a keyed hash, which is not shown."""

    model_config = example(
        login="alice",
        account=SHOWN,
        items=[
            {"place": "usage:metro:2026-01-31", "kept": {"grams": 887}, "request": None, "order": None, "dispute": None}
        ],
        next_cursor=None,
    )

    login: str
    account: AccountView
    items: list[Kept]
    next_cursor: str | None


def page(query: Query[Paged]) -> Export:
    """The items of the caller's own partition, whatever they are: what is added there one day is shown that day.
    What is counted for the person stands beside them, even where an earlier account of hers keeps it.

    Lines that are not filed yet stand among the filed ones, as in the statement. Raises AccountNotOpen.
    """
    account, limit = readable(query.asker), query.params.limit
    after: str = query.position["sk"] if query.position else _FIRST
    found = {entry.place: dump(entry) for entry in unfiled(account) if entry.place > after}
    found |= dict(_trips(account, after, limit + 2))
    for walk in _walks(account, after, limit + 2):  # one more: where a page begins was answered before
        found |= {row.key.sk: _attributes(row) for row in walk if row.key.sk != after}
    places = sorted(found)[: limit + 1]
    requests, orders = _behind(places)
    disputes = _disputes(places)
    items = [
        Kept(
            place=each,
            kept=_plain(found[each]),
            request=requests.get(each),
            order=orders.get(each),
            dispute=disputes.get(each),
        )
        for each in places
    ]
    paged = query.page(items, lambda kept: {"sk": kept.place})
    own_view = view(account, credit.of(account, query.now))
    answer = Export(login=query.asker.sub, account=own_view, items=paged.items, next_cursor=paged.next_cursor)
    return standing_as(paged, answer)


def _walks(account: Account, after: str, count: int) -> Iterator[list[Row]]:
    """The next ``count`` items from ``after`` on: the account's, and what is counted for its person elsewhere."""
    places = [(name, _FIRST, _LAST) for name in account.holders]  # the own comes last: of two at one place it is shown
    if account.person:
        places += [(keys.holder(account.person), kind, f"{kind}~") for kind in _COUNTED]
    for pk, low, high in places:
        if after < high:
            yield read.first(read.partition(pk, max(low, after), high, chunk=count), count)


def _trips(account: Account, after: str, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The next trips that were converted at once: their lines are their pointers, too (docs/adr/0056)."""
    low, high = keys.reported("", "").sk, keys.reported("", "~").sk
    if account.kind != INDIVIDUAL or after >= high:
        return
    first = keys.entries_at(after.removeprefix(low) if after > low else "")
    for name in account.holders:
        walk = lines.of_kinds(name, ["conversion"], first, descending=False, chunk=count)
        for each in read.first((each for each in walk if each.reference == each.id), count):
            place = keys.reported("", f"{each.at}:{each.id}").sk
            if place > after:
                yield place, {"reduction": each.id, "scenario": keys.scenario_code(each.counterparty)}


def _attributes(row: Row) -> dict[str, Any]:
    """All that is kept, of a line also what only its key tells."""
    return (dump(row.load(Entry)) if keys.entry_record(row.key.sk) else {}) | row.attributes


def _behind(places: Iterable[str]) -> tuple[dict[str, Request], dict[str, dict[str, Any]]]:
    """The requests behind statement lines, and how those that are orders stand, by place."""
    ids = {id: place for place in places if (id := keys.entry_record(place))}
    records = read.many([keys.record(id) for id in ids], Record).values()
    orders = read.rows([keys.order(each.id) for each in records if each.kind == "redemption"])
    requests = {ids[each.id]: _request(each) for each in records}
    return requests, {ids[key.pk.partition(":")[2]]: row.attributes for key, row in orders.items()}


def _disputes(places: Iterable[str]) -> dict[str, dict[str, Any]]:
    """How the disputes stand that pointers name, by place; without the parties, of whom the caller is one."""
    pointers = {place: keys.pointed_dispute(place) for place in places}
    ids = {place: id for place, id in pointers.items() if id}
    rows = read.rows([keys.dispute(id) for id in ids.values()])
    hidden = {"account", "operator", "category"}
    without = {
        key: {name: value for name, value in row.attributes.items() if name not in hidden} for key, row in rows.items()
    }
    return {place: without[keys.dispute(id)] for place, id in ids.items() if keys.dispute(id) in without}


def _request(record: Record) -> Request:
    return Request(kind=record.kind, at=record.at, role=record.role, answer=json.loads(record.answer))


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What an item holds, without the hash of a number."""
    return {name: value for name, value in attributes.items() if name != "identity"}
