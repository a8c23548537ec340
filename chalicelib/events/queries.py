"""Events and what is left of them."""

from itertools import islice

from chalicelib.errors import NotFound
from chalicelib.events.model import EventAnswer, EventParams, status, terms
from chalicelib.kernel.fields import Page, Params, stamp
from chalicelib.kernel.query import Query
from chalicelib.mall import queries as mall
from chalicelib.onboarding.items import Application
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr

OFFERS_MAX = 200  # of a merchant, that are looked at for what is left


def event(query: Query[Params], id: str) -> EventAnswer:
    """One event, once it was admitted. Raises NotFound."""
    application = read.get(keys.application(id), Application)
    if application is None or application.mode != "event" or application.status != "active":
        raise NotFound()
    return _to_answer(application, stamp(query.now))


def events(query: Query[EventParams]) -> Page[EventAnswer]:
    """Every event that was admitted, the newest first."""
    limit, name = query.params.limit, lists.applications("active")
    listed = read.places(name, after=query.position, where=Attr("category").eq("event"))
    places = {place.key: place for place in read.first(listed, limit + 1)}
    found = read.many(list(places), Application)
    answers = [_to_answer(found[key], stamp(query.now)) for key in places]
    return query.page(answers, lambda answer: dict(places[keys.application(answer.id)].position))


def _to_answer(application: Application, at: str) -> EventAnswer:
    event = terms(application.plan)
    offers = islice(mall.offers_of(application.applicant), OFFERS_MAX)
    own = [offer for offer in offers if offer.event and offer.event.id == application.id]
    redeemed = sum(mall.units_sold(own).values()) if own else 0
    return EventAnswer(
        id=application.id,
        merchant=application.applicant,
        title=application.title,
        status=status(event, at),
        offered=sum(offer.supplied for offer in own),
        left=max(0, event.quantity - redeemed),
        **vars(event),
    )
