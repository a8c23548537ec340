"""The shelf, an offer's terms, orders, and what tills hold."""

from collections.abc import Iterable, Iterator, Sequence

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import Entry
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.mall import terms
from chalicelib.mall.items import Offer, OfferTerms, OrderState, Pointer, Sale, Seller, Served, Sums, Till, TillOf
from chalicelib.mall.model import OfferAnswer
from chalicelib.mall.orders import OrderParams, Redemption
from chalicelib.mall.transfers import SUM_LANES_MAX
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr

SCANNED_MAX = 500  # orders that one page of a filtered list looks at


def offer(id: str) -> OfferAnswer:
    """An offer as the public sees it. Raises NotFound."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None:
        raise NotFound()
    return offer.to_answer(sold([offer])[id])


def own_offer(caller: Caller, id: str) -> Offer:
    """The caller's own offer. Raises NotFound, also where it is another's."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None or not caller.holds(INSTITUTION, offer.merchant):
        raise NotFound()
    return offer


def seller(id: str) -> Seller | None:
    """An account as the mall sees it, if there is one."""
    return read.get(keys.account(keys.holder(id)), Seller)


def sold(offers: Sequence[OfferTerms]) -> dict[str, int]:
    """Units sold of each offer, as projected from the stream."""
    lanes = {
        keys.sums(keys.offer(offer.id).pk, lane): offer.id
        for offer in offers
        for lane in range(min(offer.stripes, SUM_LANES_MAX))
    }
    units = dict.fromkeys(lanes.values(), 0)
    for key, sums in read.many(list(lanes), Sums).items():
        units[lanes[key]] += sums.sold
    return units


def order(caller: Caller, id: str) -> tuple[Redemption, Record]:
    """An order as it stands, and its Record: for its buyer as an individual, its merchant as an institution, and the
    exchange. Raises NotFound.
    """
    order, record = _order(id)
    party = caller.holds(INDIVIDUAL, order.account) or caller.holds(INSTITUTION, order.merchant)
    if caller.role != EXCHANGE and not party:
        raise NotFound()
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
    return Sale(order, record, in_tills(record), terms.of(order.offer), person)


def _as_it_stands(placed: Redemption, state: OrderState | None) -> Redemption:
    if state is None:
        return placed
    return placed.model_copy(update={name: getattr(state, name) for name in ("status", "voucher", "note", "reason")})


def orders(query: Query[OrderParams]) -> Page[Redemption]:
    """The caller's orders, newest first: the entries of its statement that are redemptions.

    The statement does not know how an order stands, so a page of one status looks at up to SCANNED_MAX entries. It may
    be short then; its cursor continues behind them.
    """
    status, limit = query.params.status, query.params.limit
    if status is None:
        page = _placed(query)
        return Page(items=_orders([entry.id for entry in page.items]), next_cursor=page.next_cursor)
    step = query._replace(params=query.params.model_copy(update={"limit": 100}))
    some: list[Redemption] = []
    for _ in range(SCANNED_MAX // 100):
        page = _placed(step)
        some += [each for each in _orders([entry.id for entry in page.items]) if each.status == status]
        if page.next_cursor is None or len(some) > limit:
            return query.page(some, _place)
        step = step._replace(position=_place(page.items[-1]))
    return query.page(some, _place, stopped=step.position)


def _placed(query: Query[OrderParams]) -> Page[Entry]:
    low, high = accounts.period(query.params.from_, query.params.until)
    return accounts.statement(query, kind="redemption", low=low, high=high)


def _place(order: Redemption | Entry) -> dict[str, str]:
    """Where an order stands in the statement of either party."""
    return {"sk": keys.entry("", order.at, order.id).sk}


def _orders(ids: Sequence[str]) -> list[Redemption]:
    rows = read.rows([key(id) for id in ids for key in (keys.record, keys.order)])
    placed = [Redemption.model_validate_json(rows[keys.record(id)].load(Record).answer) for id in ids]
    states = {id: rows[keys.order(id)].load(OrderState) for id in ids if keys.order(id) in rows}
    return [_as_it_stands(each, states.get(each.id)) for each in placed]


def in_tills(record: Record) -> dict[str, int]:
    """Points in the tills of a redemption's Record, as of now."""
    tills = {posting.destination for posting in record.postings if posting.asset == "points"}
    return {key.pk: till.points for key, till in read.many([keys.account(till) for till in tills], Till).items()}


def tills_to_sweep() -> Iterator[TillOf]:
    """Every till that holds points, over all offers, on the shelf or off."""
    return _holding(place.key.pk.removeprefix(keys.offer("").pk) for place in read.places(lists.OFFERS))


def tills_of(merchant: str) -> Iterator[TillOf]:
    """The same for the offers of one merchant, strongly consistent."""
    return _holding(pointer.offer for pointer in _pointers(merchant))


def offers_of(merchant: str) -> Iterator[Offer]:
    """A merchant's offers, strongly consistent."""
    pointers = _pointers(merchant)
    while some := read.first(pointers, 100):
        yield from read.many([keys.offer(pointer.offer) for pointer in some], Offer).values()


def _pointers(merchant: str) -> Iterator[Pointer]:
    first, last = keys.shop(merchant, ""), keys.shop(merchant, "~")
    return read.query(first.pk, first.sk, last.sk, Pointer)


def _holding(offers: Iterable[str]) -> Iterator[TillOf]:
    for id in offers:
        offer = terms.of(id)
        for key, till in read.many([keys.account(name) for name in offer.tills], Till).items():
            if till.points:
                yield TillOf(key.pk, till, offer.merchant)


def ended_events(at: str) -> Iterator[str]:
    """Merchants whose event was over at ``at``, and who are not yet known to have served all orders."""
    over = Attr("merchant.event.ends_at").lte(at) & Attr("merchant.settled").not_exists()
    return (place.key.pk.removeprefix(keys.holder("")) for place in read.places(lists.MERCHANTS, where=over))


def owes(merchant: str, at: str) -> bool:
    """Whether a merchant has orders to serve, points in its tills, or anything that could still be sold at ``at``.

    Strongly consistent and exact: a till counts its orders in the transaction of the sale. What was fulfilled is read
    first, so that nothing is counted as fulfilled that is not yet counted as sold.
    """
    return any(_busy(offer, at) for offer in offers_of(merchant))


def _busy(offer: Offer, at: str) -> bool:
    served = read.many([keys.served(till) for till in offer.tills], Served)
    tills = read.many([keys.account(till) for till in offer.tills], Till).values()
    orders = sum(till.orders for till in tills) - sum(each.orders for each in served.values())
    return orders > 0 or any(till.points or (till.status == "on_shelf" and till.ends_at > at) for till in tills)


def members(sub_platform: str) -> set[str]:
    """The merchants beneath a sub-platform; eventually consistent."""
    beneath = read.places(lists.MERCHANTS, where=Attr("merchant.sub_platform").eq(sub_platform))
    return {place.key.pk.removeprefix(keys.holder("")) for place in beneath}


def orders_due(at: str) -> Iterator[str]:
    """Orders that had to be fulfilled by ``at``, the longest overdue first; some are fulfilled, or refunded."""
    for place in read.places(lists.ORDERS_DUE, descending=False):
        if place.listing.rank > at:
            return
        yield place.key.pk.removeprefix(keys.due("").pk)
