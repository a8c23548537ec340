"""Orders as they stand: for their parties, and for the schedule."""

from collections.abc import Iterator, Sequence

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.statements import queries as statements
from chalicelib.accounts.statements.entries import EntryAnswer
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query, standing_as, unseal
from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.mall import transfers
from chalicelib.mall.items import OrderState, Sale, Till
from chalicelib.mall.offers import memory
from chalicelib.mall.orders import OrderParams, Redemption
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr

_AT = len("2026-01-31T08:00:00.000Z")
SCANNED_MAX = 500  # orders that one page of a filtered list looks at


def order(caller: Caller, id: str) -> tuple[Redemption, Record]:
    """An order as it stands, and its Record: for its buyer as an individual, its merchant as an institution, and the
    exchange. Raises NotFound.
    """
    order, record = _order(id)
    party = caller.holds(INSTITUTION, order.merchant) or accounts.is_of(caller, order.account)
    if not caller.reads_as(EXCHANGE) and not party:
        raise NotFound()
    if order.vouchers and not party:  # whoever knows a code can use it
        order = order.model_copy(update={"voucher": None, "vouchers": []})
    return order, record


def sale(caller: Caller, id: str) -> Sale:
    """The same, with what a refund needs to know. Raises NotFound."""
    return _sale(*order(caller, id))


def due(id: str) -> Sale:
    """The same for the schedule, which is no party. Raises NotFound."""
    return _sale(*_order(id))


def _order(id: str) -> tuple[Redemption, Record]:
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "redemption":
        raise NotFound()
    placed = Redemption.model_validate_json(record.answer)
    return _as_it_stands(placed, read.get(keys.order(id), OrderState)), record


def _sale(order: Redemption, record: Record) -> Sale:
    person = accounts.person(order.account) if record.limited else order.account
    tills, buyer = _read_with(order, record)
    pooled = any(till.codes is not None for till in tills.values())
    in_tills = {name: till.points for name, till in tills.items()}
    short = transfers.swept(record, in_tills)
    merchant = accounts.present(order.merchant) if short else None
    return Sale(order, record, in_tills, memory.terms(order.offer), person, accounts.payee(buyer), pooled, merchant)


def _as_it_stands(placed: Redemption, state: OrderState | None) -> Redemption:
    if state is None:
        return placed
    changes = {name: getattr(state, name) for name in ("status", "note", "reason")}
    return placed.model_copy(update=changes | {"voucher": state.voucher or placed.voucher})


def orders(query: Query[OrderParams]) -> Page[Redemption]:
    """The caller's orders, newest first: the entries of its statement that are redemptions.

    The statement does not know how an order stands, so a page of one status looks at up to SCANNED_MAX entries. It may
    be short then; its cursor continues behind them.
    """
    status, limit = query.params.status, query.params.limit
    if status is None:
        page = _statement(query)
        return standing_as(
            page, Page(items=as_they_stand([entry.id for entry in page.items]), next_cursor=page.next_cursor)
        )
    step = query._replace(params=query.params.model_copy(update={"limit": 100}))
    some: list[Redemption] = []
    for _ in range(SCANNED_MAX // 100):
        page = _statement(step)
        some += [each for each in as_they_stand([entry.id for entry in page.items]) if each.status == status]
        if page.next_cursor is None or len(some) > limit:
            return query.page(some, _place)
        step = step._replace(position=unseal(page.next_cursor, step.binding))
    return query.page(some, _place, stopped=step.position)


def _statement(query: Query[OrderParams]) -> Page[EntryAnswer]:
    low, high = statements.period(query.params.from_, query.params.until)
    return statements.statement(query, kind="redemption", low=low, high=high)


def _place(order: Redemption | EntryAnswer) -> dict[str, str]:
    """Where an order stands in the statement of either party."""
    return {"sk": keys.entry("", order.at, order.id).sk}


def as_they_stand(ids: Sequence[str]) -> list[Redemption]:
    """The orders with these ids, as of now."""
    rows = read.rows([key(id) for id in ids for key in (keys.record, keys.order)])
    placed = [Redemption.model_validate_json(rows[keys.record(id)].load(Record).answer) for id in ids]
    states = {id: rows[keys.order(id)].load(OrderState) for id in ids if keys.order(id) in rows}
    return [_as_it_stands(each, states.get(each.id)) for each in placed]


def _read_with(order: Redemption, record: Record) -> tuple[dict[str, Till], Account]:
    """The tills of a redemption's Record and its buyer's account, as of now: one request."""
    names, buyer = {each.destination for each in transfers.paid(record)}, keys.account(keys.holder(order.account))
    rows = read.rows([*map(keys.account, names), buyer])
    return {name: rows[keys.account(name)].load(Till) for name in names}, rows[buyer].load(Account)


def late_of(merchant: str, at: str) -> Iterator[str]:
    """By when a merchant's orders had to be fulfilled that still wait at ``at``, the longest overdue first."""
    where, between = Attr("merchant").eq(merchant), ("!", f"{at}:~")
    overdue = read.places(lists.ORDERS_DUE, between=between, descending=False, where=where)
    while some := read.first(overdue, 100):
        keys_of = {place: keys.order(place.key.pk.removeprefix(keys.due("").pk)) for place in some}
        settled = read.many(list(keys_of.values()), OrderState)
        yield from (place.listing.rank[:_AT] for place, key in keys_of.items() if key not in settled)
