"""Events and what is left of them."""

from collections.abc import Sequence
from itertools import islice

from chalicelib.accounts.queries import is_of
from chalicelib.draws import queries as draws
from chalicelib.draws.items import Draw, ListedEntry
from chalicelib.errors import NotFound
from chalicelib.events.entries import DrawAnswer, DrawParams, draw_answer, listed_answer
from chalicelib.events.items import DrawEntry
from chalicelib.events.model import EventAnswer, EventParams, status, terms
from chalicelib.kernel.caller import Caller
from chalicelib.kernel.fields import Page, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.mall.items import Offer
from chalicelib.mall.offers import queries as mall
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.beside import still_runs
from chalicelib.onboarding.items import Application
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget
from chalicelib.table.write import Attr

OFFERS_MAX = 200  # of a merchant, that are looked at for what is left


def event(query: Query[Params], id: str) -> EventAnswer:
    """One event, once it was admitted. Raises NotFound."""
    application = admitted(id)
    merchant = merchants.account(application.applicant) if application.beside else None
    return _to_answer(application, draws.draw(id), merchant, stamp(query.now))


def admitted(id: str) -> Application:
    """The application of an event that was admitted. Raises NotFound."""
    application = read.get(keys.application(id), Application)
    if application is None or application.mode != "event" or application.status != "active":
        raise NotFound()
    return application


def events(query: Query[EventParams]) -> Page[EventAnswer]:
    """Every event that was admitted, the newest first."""
    limit, name = query.params.limit, lists.applications("active")
    listed = read.places(name, after=query.position, where=Attr("category").eq("event"), budget=(budget := Budget()))
    places = {place.key: place for place in read.first(listed, limit + 1)}
    found = read.many(list(places), Application)
    drawn = read.many([keys.draw(each.id) for each in found.values()], Draw)
    holders = {each.id: keys.account(keys.holder(each.applicant)) for each in found.values()}
    accounts = read.many([holders[each.id] for each in found.values() if each.beside], Account)
    answers = [
        _to_answer(each, drawn.get(keys.draw(each.id)), accounts.get(holders[each.id]), stamp(query.now))
        for each in map(found.__getitem__, places)
    ]
    position = {id.pk: dict(place.position) for id, place in places.items()}
    return query.page(answers, lambda each: position[keys.application(each.id).pk], stopped=budget.stopped)


def _to_answer(application: Application, draw: Draw | None, merchant: Account | None, at: str) -> EventAnswer:
    """``merchant``: the account of one that runs it beside its mode, as read. What it was vetoed for ends with it."""
    event = terms(application.plan)
    gone = merchant is not None and not still_runs(merchant, application.since)
    own = _offers(application)
    redeemed = sum(mall.units_sold(own).values()) if own else 0
    return EventAnswer(
        id=application.id,
        merchant=application.applicant,
        title=application.title,
        status="ended" if gone else status(event, at),
        commitment=draw.commitment if draw else None,
        offered=sum(offer.supplied for offer in own),
        left=max(0, event.quantity - redeemed),
        **vars(event),
    )


def _offers(application: Application, looked_at_max: int | None = OFFERS_MAX) -> list[Offer]:
    """Offers of an event; None: all are looked at."""
    if application.beside:
        return list(islice(mall.offers_at(application.id), looked_at_max))
    offers = islice(mall.offers_of(application.applicant), looked_at_max)
    return [offer for offer in offers if offer.event and offer.event.id == application.id]


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
    if found.event != event or not is_of(caller, found.account):
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
        for offer in _offers(admitted(draw.id), None)
    }
