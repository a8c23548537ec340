"""The shelf, an offer's terms, orders, and what tills hold."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import cast

from chalicelib.draws import queries as draws
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.kernel.fields import stamp
from chalicelib.mall.items import Offer, OfferTerms, Pointer, Till, TillOf
from chalicelib.mall.model import OfferAnswer, OfferView, StockAt
from chalicelib.mall.notes import Note, Served, StockChange, Sums
from chalicelib.mall.offers import windows
from chalicelib.mall.offers.sellers import Seller
from chalicelib.mall.pools import Codes, HandOut, KnownCodes
from chalicelib.mall.transfers import SUM_LANES_MAX
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, ConditionBase

_PAGE = 10_000  # sums of days, or of minutes: a request holds five years, or a day


def find_offer(id: str) -> Offer | None:
    """An offer as it stands, if there is one."""
    return read.get(keys.offer(id), Offer)


def offer(id: str) -> OfferAnswer:
    """An offer as the public sees it. Raises NotFound."""
    offer = find_offer(id)
    if offer is None:
        raise NotFound()
    return offer.to_answer(units_sold([offer])[id])


def offer_at(id: str, at: datetime, now: datetime) -> OfferView:
    """The same, with its stock as of the beginning of a minute: two reads more. Raises NotFound, InvalidRequest."""
    if at > now:
        raise InvalidRequest.at("/at", "Must not be in the future", "不能晚于当前时间")
    current, minute = offer(id), stamp(at)[:16]
    pk, today, moment = keys.stock_in(id, minute, "").pk, f"day:{minute[:10]}", f"minute:{minute}"
    known = [
        *read.query(pk, "day:", today, StockChange, chunk=_PAGE),
        *read.query(pk, f"minute:{minute[:10]}", moment, StockChange, chunk=_PAGE),
    ]
    if not any(each.first for each in known):
        en = "Its stock was not kept yet at that time, or the offer was not made yet"
        raise InvalidRequest.at("/at", en, "该时间权益尚未发布，或尚无库存记录")
    stock = max(0, sum(each.units for each in known))
    return OfferView(**current.model_dump(), stock_at=StockAt(at=f"{minute}:00.000Z", stock=stock))


def own_offer(caller: Caller, id: str) -> Offer:
    """The caller's own offer. Raises NotFound, also where it is another's."""
    offer = read.get(keys.offer(id), Offer)
    if offer is None or not caller.holds(INSTITUTION, offer.merchant):
        raise NotFound()
    return offer


def offer_by_sku(merchant: str, sku: str) -> Offer | None:
    """The offer that a merchant's own code names, if it names one."""
    pointer = read.get(keys.sku(merchant, sku), Pointer)
    return read.get(keys.offer(pointer.offer), Offer) if pointer else None


def seller(id: str) -> Seller | None:
    """An account as the mall sees it, if there is one."""
    return read.get(keys.account(keys.holder(id)), Seller)


def units_sold(offers: Sequence[OfferTerms]) -> dict[str, int]:
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


def tills_by_name(names: Iterable[str]) -> dict[str, Till]:
    """Tills, as of now."""
    return {key.pk: till for key, till in read.many([keys.account(name) for name in names], Till).items()}


def hand_out(units: Mapping[str, int]) -> dict[str, HandOut]:
    """Tills with codes as they stand, and the next codes of each: as many as ``units`` asks of it."""
    return {name: HandOut(till, _next_codes(name, till, units[name])) for name, till in tills_by_name(units).items()}


def _next_codes(name: str, till: Till, quantity: int) -> tuple[str, ...]:
    """A till hands out its codes in order, so the first unsold one has the number of those that are sold."""
    if till.codes is None or till.units < quantity:
        return ()
    begin = till.codes - till.units
    low, high = keys.codes(name, 0), keys.codes(name, begin + quantity - 1)
    codes: dict[int, str] = {}
    for some in read.query(low.pk, low.sk, high.sk, Codes, descending=True, chunk=2):
        codes |= dict(enumerate(some.codes, some.first))
        if some.first <= begin:
            break
    return tuple(codes[number] for number in range(begin, begin + quantity))


def known_codes(offer: str, parts: int) -> dict[int, KnownCodes]:
    """Hashes of all codes that an offer ever had, by part."""
    found = read.many([keys.known_codes(offer, part) for part in range(parts)], KnownCodes)
    return {part: found.get(keys.known_codes(offer, part), KnownCodes()) for part in range(parts)}


def holding(offers: Sequence[str]) -> Iterator[TillOf]:
    """The tills of ``offers`` that hold points, on the shelf or off."""
    terms = read.many([keys.offer(id) for id in offers], OfferTerms).values()
    merchants = {name: each.merchant for each in terms for name in each.tills}
    return (TillOf(name, till, merchants[name]) for name, till in tills_by_name(merchants).items() if till.points)


def holding_among(names: Sequence[str]) -> Iterator[TillOf]:
    """Those of the tills ``names`` that hold points."""
    tills = {name: till for name, till in tills_by_name(names).items() if till.points}
    offers = {name: keys.Key(name.rpartition("/")[0], "offer") for name in tills}
    terms = read.many(list(offers.values()), OfferTerms)
    return (TillOf(name, till, terms[offers[name]].merchant) for name, till in tills.items())


def tills_of(merchant: str, until: float) -> Iterator[TillOf]:
    """The tills of one merchant that hold points, as found until ``until`` (time.monotonic); strongly consistent."""
    pointers = _pointers(merchant)
    while time.monotonic() <= until and (some := read.first(pointers, 100)):
        yield from holding([pointer.offer for pointer in some])


def offers_of(merchant: str) -> Iterator[Offer]:
    """A merchant's offers, strongly consistent."""
    return _named(_pointers(merchant))


def offers_at(event: str) -> Iterator[Offer]:
    """The offers of an event that runs beside its merchant's mode, strongly consistent."""
    first, last = keys.event_offer(event, ""), keys.event_offer(event, "~")
    return _named(read.query(first.pk, first.sk, last.sk, Pointer))


def _named(pointers: Iterator[Pointer]) -> Iterator[Offer]:
    while some := read.first(pointers, 100):
        yield from read.many([keys.offer(pointer.offer) for pointer in some], Offer).values()


def _pointers(merchant: str) -> Iterator[Pointer]:
    first, last = keys.shop(merchant, ""), keys.shop(merchant, "~")
    return read.query(first.pk, first.sk, last.sk, Pointer)


def ended(at: str) -> ConditionBase:
    """That a merchant's events were over at ``at``, or that it was vetoed, and is not known to have served all."""
    beside = Attr("merchant.events_until")
    last = Attr("merchant.event.ends_at").lte(at) & (beside.not_exists() | beside.lte(at))
    over = last | Attr("merchant.status").eq("ended")
    served = Attr("merchant.completed").not_exists()
    return cast(ConditionBase, over & served & Attr("merchant.status").ne("leaving"))


def owes(merchant: str, at: str, until: float) -> bool:
    """Whether a merchant has orders to serve, points in its tills, or anything that could still be sold at ``at``; also
    where that is not known by ``until`` (time.monotonic). Exact: a till counts its orders in the transaction of the
    sale; what was fulfilled is read before. A draw may bring orders until it is settled: it is asked first.
    """
    offers = offers_of(merchant)
    while some := read.first(offers, 100):
        drawn = (offer.event.id for offer in some if offer.event and offer.event.draws_at)
        if time.monotonic() > until or draws.unsettled(drawn) or _busy(some, at):
            return True
    return False


def _busy(offers: Sequence[Offer], at: str) -> bool:
    if any(offer.status == "on_shelf" and not windows.is_over(offer, at) for offer in offers):
        return True  # whatever its tills hold: it may get more of them while these are read
    names = [till for offer in offers for till in offer.tills]
    served, tills = read.many([keys.served(till) for till in names], Served), tills_by_name(names).values()
    orders = sum(till.orders for till in tills) - sum(each.orders for each in served.values())
    return orders > 0 or any(till.points or (till.status == "on_shelf" and till.ends_at > at) for till in tills)


def shelving_note(merchant: str) -> str | None:
    """The note that a merchant's offers have to follow it, if there is one: the turn that wrote it."""
    note = read.get(keys.shelving(merchant), Note)
    return note.turn if note else None


def members(sub_platform: str) -> set[str]:
    """The merchants beneath a sub-platform; eventually consistent."""
    beneath = read.places(lists.MERCHANTS, where=Attr("merchant.sub_platform").eq(sub_platform))
    return {place.key.pk.removeprefix(keys.holder("")) for place in beneath}
