"""The shelf, an offer's terms, orders, and what tills hold."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import and_

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.model import EntryAnswer
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.mall import terms, windows
from chalicelib.mall.model import Offer, OfferParams, OrderParams, Redemption, public
from chalicelib.mall.transfers import SUM_LANES_MAX
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item

SKIPPED_MAX = 500  # offers outside their time that one page reads past


def offer(id: str) -> Offer:
    """An offer as the public sees it. Raises NotFound."""
    item = read.get(keys.offer(id))
    if item is None:
        raise NotFound()
    return public(item | {"sold": _sold([item])[id]})


def own_offer(caller: Caller, id: str) -> Item:
    """The caller's own offer. Raises NotFound, also where it is another's."""
    item = read.get(keys.offer(id))
    if item is None or not caller.holds(INSTITUTION, item["merchant"]):
        raise NotFound()
    return item


def shelf(query: Query[OfferParams]) -> Page[Offer]:
    """What can be redeemed now, newest first. A merchant's own listing of what it took off is its statement's matter.

    The index does not know an offer's time, so items are read and those outside theirs are skipped. A page that has
    skipped SKIPPED_MAX may be short; its cursor goes on behind them.
    """
    params = query.params
    conditions = [Attr("status").eq("on_shelf")]
    conditions += [Attr(name).eq(value) for name in ("category", "merchant") if (value := getattr(params, name))]
    listed = read.listed(lists.OFFERS, after=query.position, where=reduce(and_, conditions))
    found, stopped = _in_time(listed, params.limit + 1, stamp(query.now))
    sold = _sold([item for _, item in found])
    places = {item["id"]: {part: place[part] for part in ("pk", "sk", "list", "rank")} for place, item in found}
    offers = [public(item | {"sold": sold[item["id"]]}) for _, item in found]
    return query.page(offers, lambda each: places[each.id], stopped=stopped)


def _in_time(listed: Iterator[Item], count: int, now: str) -> tuple[list[tuple[Item, Item]], Item | None]:
    """Up to ``count`` offers that are in their time, each with its place in the list; and where the search stopped
    before it found so many, None if it came to the end of the list.
    """
    found: list[tuple[Item, Item]] = []
    skipped, wanted = 0, count
    while places := read.first(listed, wanted):
        items = read.many([keys.offer(each["pk"].removeprefix("offer:")) for each in places])
        pairs = [(place, items[keys.Key(place["pk"], place["sk"])]) for place in places]
        fitting = [pair for pair in pairs if windows.in_time(pair[1], now)]
        found, skipped = found + fitting, skipped + len(pairs) - len(fitting)
        if len(found) >= count:
            return found[:count], None
        if skipped >= SKIPPED_MAX:
            return found, {part: places[-1][part] for part in ("pk", "sk", "list", "rank")}
        wanted = 100
    return found, None


def _sold(items: list[Item]) -> dict[str, int]:
    """Units sold of each offer, as projected from the stream."""
    lanes = {
        keys.sums(keys.offer(item["id"]).pk, lane): item["id"]
        for item in items
        for lane in range(min(item["stripes"], SUM_LANES_MAX))
    }
    sold = dict.fromkeys(lanes.values(), 0)
    for key, sums in read.many(list(lanes)).items():
        sold[lanes[key]] += sums.get("sold", 0)
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
    if not caller.reads_as(EXCHANGE) and not party:
        raise NotFound()
    return _as_it_stands(placed, read.get(keys.order(id))), record


def _as_it_stands(placed: Redemption, state: Item | None) -> Redemption:
    if state is None:
        return placed
    return placed.model_copy(update={name: state[name] for name in ("status", "voucher", "note")})


def orders(query: Query[OrderParams]) -> Page[Redemption]:
    """The caller's orders, newest first: the lines of its statement that are redemptions."""
    page: Page[EntryAnswer] = accounts.statement(query, kind="redemption")
    ids = [entry.id for entry in page.items]
    found = read.many([key(id) for id in ids for key in (keys.record, keys.order)])
    placed = [Redemption.model_validate_json(found[keys.record(id)]["answer"]) for id in ids]
    items = [_as_it_stands(each, found.get(keys.order(each.id))) for each in placed]
    return Page(items=items, next_cursor=page.next_cursor)


def in_tills(record: Record) -> dict[str, int]:
    """Points in the tills of a redemption's Record, as of now."""
    tills = {posting.destination for posting in record.postings if posting.asset == "points"}
    return {key.pk: item["points"] for key, item in read.many([keys.account(till) for till in tills]).items()}


def tills_to_sweep() -> Iterator[tuple[str, Item, str]]:
    """``(till, item, merchant)`` of every till that holds points, over all offers, on the shelf or off."""
    return _holding(listed["pk"].removeprefix("offer:") for listed in read.listed(lists.OFFERS))


def tills_of(merchant: str) -> Iterator[tuple[str, Item, str]]:
    """The same for the offers of one merchant, strongly consistent."""
    shop = keys.holder(merchant)
    return _holding(each["offer"] for each in read.query(shop, "offer:", "offer:~"))


def offers_of(merchant: str) -> Iterator[Item]:
    """The items of a merchant's offers, strongly consistent."""
    pointers = read.query(keys.holder(merchant), "offer:", "offer:~")
    while ids := [each["offer"] for each in read.first(pointers, 100)]:
        yield from read.many([keys.offer(id) for id in ids]).values()


def _holding(offers: Iterable[str]) -> Iterator[tuple[str, Item, str]]:
    for id in offers:
        offered = terms.of(id)
        for key, till in read.many([keys.account(name) for name in offered.tills]).items():
            if till["points"]:
                yield key.pk, till, offered.merchant
