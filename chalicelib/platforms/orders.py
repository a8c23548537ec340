"""Orders of all members of a sub-platform: their statements, merged. No person's id is in them, and no voucher."""

import heapq
from collections.abc import Iterator
from itertools import islice

from chalicelib.accounts.statements import queries as statements
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.ledger.model import Entry
from chalicelib.mall.redemptions import order_book
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.members import Membership
from chalicelib.platforms.model import MemberOrderParams
from chalicelib.platforms.queries import visible
from chalicelib.supervision.model import SupervisedOrderAnswer
from chalicelib.supervision.orders import to_answer
from chalicelib.table import keys, read
from chalicelib.table.write import Attr

STEP = 100
SCANNED_MAX = 500  # orders that one page of one status looks at
CHUNK = 25  # entries of each member that one question reads


def orders(query: Query[MemberOrderParams], id: str) -> Page[SupervisedOrderAnswer]:
    """Orders, newest first, of the time in which each merchant was a member. A page of one status may be short; its
    cursor continues. Raises NotFound, InvalidRequest.
    """
    places = _places(query, visible(query.asker, id))
    status, limit, scanned = query.params.status, query.params.limit, 0
    found: list[SupervisedOrderAnswer] = []
    while some := list(islice(places, STEP if status else limit + 1)):
        ids = [str(keys.entry_record(place)) for place in some]
        found += [to_answer(each) for each in order_book.as_they_stand(ids) if status in (None, each.status)]
        scanned += len(some)
        if len(found) > limit:
            break
        if scanned >= SCANNED_MAX:
            return query.page(found, _position, stopped={"place": some[-1]})
    return query.page(found, _position)


def _position(order: SupervisedOrderAnswer) -> dict[str, str]:
    return {"place": keys.entry("", order.at, order.id).sk}


def _places(query: Query[MemberOrderParams], sub_platform: str) -> Iterator[str]:
    """The entries of all members' statements that are sales, newest first."""
    low, high = statements.period(query.params.from_, query.params.until)
    before = query.position["place"] if query.position else keys.ENTRIES_END
    asked = query.params.merchant
    members = [merchants.membership(sub_platform, asked)] if asked else merchants.memberships(sub_platform)
    walks = [_sales(each, low, min(high, before)) for each in members]
    return (place for place in heapq.merge(*walks, reverse=True) if place < before)


def _sales(member: Membership, low: str, high: str) -> Iterator[str]:
    """Of one member, while it was one."""
    low = max(low, keys.entries_at(member.since))
    high = min(high, keys.entries_at(member.until)) if member.until else high
    if low > high:
        return
    sales = Attr("kind").eq("redemption")
    walk = read.query(keys.holder(member.merchant), low, high, Entry, where=sales, descending=True, chunk=CHUNK)
    yield from (each.place for each in walk)
