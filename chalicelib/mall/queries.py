"""The shelf, an offer's terms, orders, and what tills hold."""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import and_

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import Entry
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.mall import terms, windows
from chalicelib.mall.items import Offer, OfferTerms, OrderState, Pointer, Seller, Served, Sums, Till, TillOf
from chalicelib.mall.model import OfferAnswer, OfferParams, OrderParams, Redemption
from chalicelib.mall.transfers import SUM_LANES_MAX
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr

SKIPPED_MAX = 500  # offers outside their time that one page reads past


def offer(id: str) -> OfferAnswer:
    """An offer as the public sees it. Raises NotFound."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None:
        raise NotFound()
    return offer.to_answer(_sold([offer])[id])


def own_offer(caller: Caller, id: str) -> Offer:
    """The caller's own offer. Raises NotFound, also where it is another's."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None or not caller.holds(INSTITUTION, offer.merchant):
        raise NotFound()
    return offer


def seller(id: str) -> Seller | None:
    """An account as the mall sees it, if there is one."""
    return read.get(keys.account(keys.holder(id)), Seller)


def shelf(query: Query[OfferParams]) -> Page[OfferAnswer]:
    """What can be redeemed now, newest first. A merchant's own listing of what it took off is its statement's matter.

    The index does not know an offer's time, so items are read and those outside theirs are skipped. A page that has
    skipped SKIPPED_MAX may be short; its cursor continues behind them.
    """
    params = query.params
    conditions = [Attr("status").eq("on_shelf")]
    conditions += [Attr(name).eq(value) for name in ("category", "merchant") if (value := getattr(params, name))]
    places = read.places(lists.OFFERS, after=query.position, where=reduce(and_, conditions))
    offers, stopped = _in_time(places, params.limit + 1, stamp(query.now))
    sold = _sold(list(offers.values()))
    position = {offer.id: place.position for place, offer in offers.items()}
    answers = [offer.to_answer(sold[offer.id]) for offer in offers.values()]
    return query.page(answers, lambda each: position[each.id], stopped=stopped and stopped.position)


def _in_time(places: Iterator[Place], count: int, now: str) -> tuple[dict[Place, Offer], Place | None]:
    """Up to ``count`` offers that are in their time, each by its place in the list; and where the search stopped
    before it found so many, None if it came to the end of the list.
    """
    fitting: dict[Place, Offer] = {}
    skipped, wanted = 0, count
    while some := read.first(places, wanted):
        offers = read.many([place.key for place in some], Offer)
        for place in some:
            if windows.in_time(offers[place.key], now):
                fitting[place] = offers[place.key]
            else:
                skipped += 1
        if len(fitting) >= count:
            return dict(islice(fitting.items(), count)), None
        if skipped >= SKIPPED_MAX:
            return fitting, some[-1]
        wanted = 100
    return fitting, None


def _sold(offers: Sequence[OfferTerms]) -> dict[str, int]:
    """Units sold of each offer, as projected from the stream."""
    lanes = {
        keys.sums(keys.offer(offer.id).pk, lane): offer.id
        for offer in offers
        for lane in range(min(offer.stripes, SUM_LANES_MAX))
    }
    sold = dict.fromkeys(lanes.values(), 0)
    for key, sums in read.many(list(lanes), Sums).items():
        sold[lanes[key]] += sums.sold
    return sold


def order(caller: Caller, id: str) -> tuple[Redemption, Record]:
    """An order as it stands, and its Record: for its buyer as an individual, its merchant as an institution, and the
    exchange. Raises NotFound.
    """
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "redemption":
        raise NotFound()
    placed = Redemption.model_validate_json(record.answer)
    party = caller.holds(INDIVIDUAL, placed.account) or caller.holds(INSTITUTION, placed.merchant)
    if caller.role != EXCHANGE and not party:
        raise NotFound()
    return _as_it_stands(placed, read.get(keys.order(id), OrderState)), record


def _as_it_stands(placed: Redemption, state: OrderState | None) -> Redemption:
    if state is None:
        return placed
    return placed.model_copy(update={name: getattr(state, name) for name in ("status", "voucher", "note")})


def orders(query: Query[OrderParams]) -> Page[Redemption]:
    """The caller's orders, newest first: the lines of its statement that are redemptions."""
    page: Page[Entry] = accounts.statement(query, kind="redemption")
    return Page(items=_orders([entry.id for entry in page.items]), next_cursor=page.next_cursor)


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
