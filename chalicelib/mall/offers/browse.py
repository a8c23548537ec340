"""The shelf, as the public sees it, and as a merchant sees its own."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import reduce
from itertools import islice
from operator import and_
from typing import Any, cast

from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.mall.categories import lanes
from chalicelib.mall.items import Offer, OfferTerms
from chalicelib.mall.model import OfferAnswer, OfferParams
from chalicelib.mall.offers import queries, windows
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget, Place
from chalicelib.table.write import Attr, ConditionBase

SKIPPED_MAX = 500  # offers that do not fit, which one page reads past

Fits = Callable[[Offer], bool]


def shelf(query: Query[OfferParams]) -> Page[OfferAnswer]:
    """What can be redeemed now, the newest or the cheapest first; or all of the caller's own.

    The index does not know an offer's time or words, so items are read and those that do not fit are skipped. A page
    that has skipped SKIPPED_MAX, or spent its Budget on others, may be short; its cursor continues behind them.
    """
    params = query.params
    by_points = params.sort == "points"
    budget = Budget()
    options: dict[str, Any] = {"after": query.position, "descending": not by_points, "where": _where(query)}
    places = read.merged(_names(params), chunk=100 if _is_rare(params) else params.limit + 1, budget=budget, **options)
    offers, stopped = _fitting(places, params.limit + 1, _fits(query))
    sold = queries.units_sold(list(offers.values()))
    position = {offer.id: place.position for place, offer in offers.items()}
    answers = [offer.to_answer(sold[offer.id]) for offer in offers.values()]
    return query.page(answers, lambda each: position[each.id], stopped=stopped.position if stopped else budget.stopped)


def _names(params: OfferParams) -> list[str]:
    """The lists that hold what is asked for."""
    by_points = params.sort == "points"
    name = lists.OFFERS_BY_POINTS if by_points else lists.OFFERS
    off = [lists.OFFERS_ENDED_BY_POINTS if by_points else lists.OFFERS_OFF] if params.status == "all" else []
    return [*lanes(name, params.category), *off]


def _is_rare(params: OfferParams) -> bool:
    """Whether most of what these lists hold may not fit: of a category, what stands in the list of before."""
    filters = (params.category, params.merchant, params.sub_platform, params.event, params.q)
    return params.status == "all" or any(filters)


def _where(query: Query[OfferParams]) -> ConditionBase | None:
    """What the index can tell: it holds category and merchant, and of an offer its status."""
    params = query.params
    conditions: list[ConditionBase] = [
        Attr(name).eq(value) for name in ("category", "merchant") if (value := getattr(params, name))
    ]
    if params.for_roles:
        conditions.append(Attr("merchant").eq(query.asker.account))
    elif params.sort == "newest":
        conditions.append(Attr("status").eq("on_shelf"))
    return reduce(and_, conditions) if conditions else None


def _fits(query: Query[OfferParams]) -> Fits:
    params, now = query.params, stamp(query.now)
    words = _folded(params.q or "").split()
    members = queries.members(params.sub_platform) if params.sub_platform else None

    def fits(offer: Offer) -> bool:
        if not params.for_roles and not (offer.status == "on_shelf" and windows.in_time(offer, now)):
            return False
        if params.event and not (offer.event and offer.event.id == params.event):
            return False
        text = _folded(f"{offer.title}\n{offer.description}") if words else ""
        return (members is None or offer.merchant in members) and all(word in text for word in words)

    return fits


def _folded(text: str) -> str:
    """Without the differences of case and width."""
    return unicodedata.normalize("NFKC", text).casefold()


def _fitting(places: Iterator[Place], count: int, fits: Fits) -> tuple[dict[Place, Offer], Place | None]:
    """Up to ``count`` offers that fit, each by its place in the list; and where the search stopped before it found so
    many, None if it came to the end of the list.
    """
    fitting: dict[Place, Offer] = {}
    skipped, wanted = 0, count
    while some := read.first(places, wanted):
        offers = read.many([_offer(place) for place in some], Offer)
        for place in some:
            if fits(offers[_offer(place)]):
                fitting[place] = offers[_offer(place)]
            else:
                skipped += 1
        if len(fitting) >= count:
            return dict(islice(fitting.items(), count)), None
        if skipped >= SKIPPED_MAX:
            return fitting, some[-1]
        wanted = 100
    return fitting, None


def _offer(place: Place) -> keys.Key:
    """The offer that stands there, or that the pointer there names."""
    if place.key.sk == "offer":
        return place.key
    return keys.offer(place.key.sk.removeprefix(keys.shop("", "").sk))


def less_sold(decision: Decision, offer: OfferTerms) -> Decision:
    """``decision`` about an offer, whose answer names the stock that is left, as a reader of the offer sees it."""
    answer = cast(OfferAnswer, decision.answer)
    stock = max(0, answer.stock - queries.units_sold([offer])[offer.id])
    return replace(decision, answer=answer.model_copy(update={"stock": stock}))
