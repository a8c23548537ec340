"""Orders of all merchants: of one by its statement, of all by the lists of their days."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.entries import EntryParams
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.mall.orders import Redemption
from chalicelib.mall.redemptions import order_book
from chalicelib.supervision.model import LANES, OrderPointer, SupervisedOrderAnswer, SupervisedOrderParams
from chalicelib.table import keys, read

DAYS, DAYS_MAX = 31, 366
STEP = 100
SCANNED_MAX = 500  # orders that one page looks at
DAYS_A_PAGE_MAX = 93  # days that one page looks at: each asks as many lists as there are lanes

Place = tuple[str, str]  # the time of the sale, and the order's id


def orders(query: Query[SupervisedOrderParams]) -> Page[SupervisedOrderAnswer]:
    """Orders, newest first. A page that looked at too much may be short; its cursor continues. Raises NotFound,
    InvalidRequest.
    """
    if query.params.merchant:
        return _of_merchant(query, query.params.merchant)
    return _of_all(query)


def to_answer(order: Redemption) -> SupervisedOrderAnswer:
    """An order without its buyer."""
    return SupervisedOrderAnswer(**order.model_dump(include=set(SupervisedOrderAnswer.model_fields)))


def _place(order: SupervisedOrderAnswer) -> dict[str, str]:
    return {"at": order.at, "id": order.id}


def _fitting(query: Query[SupervisedOrderParams], ids: list[str]) -> list[SupervisedOrderAnswer]:
    status = query.params.status
    return [to_answer(each) for each in order_book.as_they_stand(ids) if status in (None, each.status)]


# of one merchant


def _of_merchant(query: Query[SupervisedOrderParams], merchant: str) -> Page[SupervisedOrderAnswer]:
    """The lines of its statement that are redemptions."""
    account, limit = accounts.item(merchant), query.params.limit
    asked: dict[str, Any] = {"kind": "redemption", "limit": STEP if query.params.status else min(STEP, limit + 1)}
    params = EntryParams.model_validate(asked | {"from": query.params.from_, "until": query.params.until})
    at = _statement_place(query.position)
    found: list[SupervisedOrderAnswer] = []
    for _ in range(SCANNED_MAX // STEP):
        page = statements.entries(Query(query.caller, params, at, query.binding, query.now), account)
        found += _fitting(query, [entry.id for entry in page.items])
        if page.next_cursor is None or len(found) > limit:
            return query.page(found, _place)
        last = page.items[-1]
        stopped = {"at": last.at, "id": last.id}
        at = _statement_place(stopped)
    return query.page(found, _place, stopped=stopped)


def _statement_place(position: dict[str, Any] | None) -> dict[str, str] | None:
    return {"sk": keys.entry("", position["at"], position["id"]).sk} if position else None


# of all merchants


def period(params: SupervisedOrderParams, now: datetime) -> tuple[datetime, datetime]:
    """The time that is looked at. Raises InvalidRequest where it is none, or too long."""
    until = params.until or now + timedelta(seconds=1)
    since = params.from_ or until - timedelta(days=DAYS)
    if since > until:
        raise InvalidRequest.at("/until", "Must not be earlier than from", "不能早于 from")
    if until - since > timedelta(days=DAYS_MAX):
        raise InvalidRequest.at(
            "/from", f"At most {DAYS_MAX} days without a merchant", f"未指定权益方时，期间最长 {DAYS_MAX} 天"
        )
    return since, until


def _of_all(query: Query[SupervisedOrderParams]) -> Page[SupervisedOrderAnswer]:
    since, until = period(query.params, query.now)
    low, high = (stamp(since), ""), _before(query.position, until)
    found: list[SupervisedOrderAnswer] = []
    first_day = max(datetime.fromisoformat(high[0]) - timedelta(days=DAYS_A_PAGE_MAX), since)
    places = islice(_places(max(low, (stamp(first_day), "")), high), SCANNED_MAX)
    seen, last = 0, high
    while some := list(islice(places, STEP if query.params.status else query.params.limit + 1)):
        found += _fitting(query, [id for _, id in some])
        seen, last = seen + len(some), some[-1]
        if len(found) > query.params.limit:
            return query.page(found, _place)
    if seen == SCANNED_MAX:
        return query.page(found, _place, stopped={"at": last[0], "id": last[1]})
    more = {"at": stamp(first_day), "id": ""} if first_day > since else None
    return query.page(found, _place, stopped=more)


def _before(position: dict[str, Any] | None, until: datetime) -> Place:
    return (position["at"], position["id"]) if position else (stamp(until), "")


def _places(low: Place, high: Place) -> Iterator[Place]:
    """Orders from ``low`` on and before ``high``, newest first, over the days and the lists of each."""
    day = datetime.fromisoformat(high[0]).astimezone(UTC)
    while f"{day:%Y-%m-%d}" >= low[0][:10]:
        lanes = [_lane(f"{day:%Y-%m-%d}", lane, low, high) for lane in range(LANES)]
        yield from heapq.merge(*lanes, reverse=True)
        day -= timedelta(days=1)


def _lane(day: str, lane: int, low: Place, high: Place) -> Iterable[Place]:
    first, last = keys.order_on(day, lane, *low), keys.order_on(day, lane, *high)
    pointers = read.partition(first.pk, first.sk, last.sk, before=last.sk, descending=True)
    return ((row.key.sk.removesuffix(f":{id}"), id) for row in pointers for id in [row.load(OrderPointer).id])
