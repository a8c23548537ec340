"""Events and what is left of them."""

from collections.abc import Sequence
from itertools import islice

from chalicelib.draws import queries as draws
from chalicelib.draws.items import Draw, ListedEntry
from chalicelib.errors import NotFound
from chalicelib.events.entries import DrawAnswer, DrawParams, draw_answer, listed_answer
from chalicelib.events.items import DrawEntry
from chalicelib.events.model import EventAnswer, EventParams, status, terms
from chalicelib.kernel.caller import INDIVIDUAL, Caller
from chalicelib.kernel.fields import Page, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.mall.items import Offer
from chalicelib.mall.offers import queries as mall
from chalicelib.onboarding.items import Application
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr

OFFERS_MAX = 200  # of a merchant, that are looked at for what is left


def event(query: Query[Params], id: str) -> EventAnswer:
    """One event, once it was admitted. Raises NotFound."""
    return _to_answer(admitted(id), draws.draw(id), stamp(query.now))


def admitted(id: str) -> Application:
    """The application of an event that was admitted. Raises NotFound."""
    application = read.get(keys.application(id), Application)
    if application is None or application.mode != "event" or application.status != "active":
        raise NotFound()
    return application


def events(query: Query[EventParams]) -> Page[EventAnswer]:
    """Every event that was admitted, the newest first."""
    limit, name = query.params.limit, lists.applications("active")
    listed = read.places(name, after=query.position, where=Attr("category").eq("event"))
    places = {place.key: place for place in read.first(listed, limit + 1)}
    found = read.many(list(places), Application)
    drawn = read.many([keys.draw(each.id) for each in found.values()], Draw)
    ids = {key: found[key].id for key in places}
    answers = [_to_answer(found[key], drawn.get(keys.draw(id)), stamp(query.now)) for key, id in ids.items()]
    return query.page(answers, lambda answer: dict(places[keys.application(answer.id)].position))


def _to_answer(application: Application, draw: Draw | None, at: str) -> EventAnswer:
    event = terms(application.plan)
    own = _offers(application.applicant, application.id)
    redeemed = sum(mall.units_sold(own).values()) if own else 0
    return EventAnswer(
        id=application.id,
        merchant=application.applicant,
        title=application.title,
        status=status(event, at),
        commitment=draw.commitment if draw else None,
        offered=sum(offer.supplied for offer in own),
        left=max(0, event.quantity - redeemed),
        **vars(event),
    )


def _offers(merchant: str, event: str, looked_at_max: int | None = OFFERS_MAX) -> list[Offer]:
    """Offers of an event; None: all of the merchant's are looked at."""
    offers = islice(mall.offers_of(merchant), looked_at_max)
    return [offer for offer in offers if offer.event and offer.event.id == event]


def draw_of(event: str) -> Draw:
    """The draw of an event. Raises NotFound."""
    if found := draws.draw(event):
        return found
    raise NotFound()


def draw(query: Query[DrawParams], id: str) -> DrawAnswer:
    """A draw, and a page of its list. Raises NotFound."""
    found, limit = draw_of(id), query.params.limit
    after = query.position["entry"] if query.position else None
    listed = read.first(draws.entries(id, after), limit + 1)
    entries = found.entries if found.seed else sum(each.entries for each in draws.lanes(id).values())
    page = query.page([listed_answer(found, each) for each in listed], lambda each: {"entry": each.id})
    return draw_answer(found, entries, page)


def entry(id: str) -> DrawEntry:
    """An entry in a draw. Raises NotFound."""
    found = read.get(keys.account(keys.draw_entry(id)), DrawEntry)
    if found is None:
        raise NotFound()
    return found


def own_entry(caller: Caller, event: str, id: str) -> DrawEntry:
    """The caller's own entry in the draw of an event. Raises NotFound."""
    found = entry(id)
    if found.event != event or not caller.holds(INDIVIDUAL, found.account):
        raise NotFound()
    return found


def entries_of(listed: Sequence[ListedEntry]) -> dict[str, DrawEntry]:
    """The entries of a part of a list, by id."""
    found = read.many([keys.account(keys.draw_entry(each.id)) for each in listed], DrawEntry)
    return {each.id: each for each in found.values()}


def stock(draw: Draw) -> dict[str, int]:
    """The units of each offer of a draw, over all its tills. None is left out, however many the merchant ever had: an
    entry for it could not be settled.
    """
    return {
        offer.id: sum(till.units for till in mall.tills_by_name(offer.tills).values())
        for offer in _offers(draw.merchant, draw.id, None)
    }
