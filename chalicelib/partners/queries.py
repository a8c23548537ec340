"""Partners, and webhook events on their way to them."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import NamedTuple

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.merchants import queries as merchants
from chalicelib.partners.items import Delivery, Partner, Pulse
from chalicelib.partners.model import DeliveryAnswer, DeliveryParams, WebhookKeys, to_answer
from chalicelib.signing import webhooks
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Place

_AT = len("2026-01-31T08:00:00.000Z")
DUE_MAX = 500  # of one merchant at once: others wait for their turn too
_known: set[str] = set()  # merchants known to have a system: they keep it


def forget() -> None:
    """What this process knows."""
    _known.clear()


def partner(merchant: str) -> Partner | None:
    """The merchant's own system, None where it has not integrated one."""
    return read.get(keys.partner(merchant), Partner)


def integrated(ids: Iterable[str]) -> set[str]:
    """Those of the merchants ``ids`` that have a system of their own.

    Only a yes is remembered: a no may be over the next moment, and the order after it must reach the system.
    """
    asked = set(ids)
    if unknown := asked - _known:
        systems = read.many([keys.partner(each) for each in unknown], Partner)
        _known.update(system.merchant for system in systems.values())
    return asked & _known


def enabled(ids: Sequence[str]) -> list[str]:
    """Those of the merchants ``ids`` whose system has not been disabled, in their order."""
    systems = read.many([keys.partner(each) for each in ids], Partner)
    disabled = {system.merchant for system in systems.values() if system.disabled_at}
    return [each for each in ids if each not in disabled]


def partners(name: str = lists.PARTNERS) -> Iterator[str]:
    """Every merchant with a system of its own that takes webhooks, by id."""
    return (place.listing.rank for place in read.places(name, descending=False))


def failed_since(merchant: str) -> str | None:
    """When the oldest webhook that was given up was due; None where none was."""
    failed = read.places(lists.deliveries(merchant, "failed"), descending=False, chunk=1)
    return next((place.listing.rank[:_AT] for place in failed), None)


def due(merchant: str, now: datetime) -> list[str]:
    """Webhook events of a merchant whose time has come, oldest first."""
    waiting = read.places(lists.deliveries(merchant, "pending"), descending=False)
    in_time = takewhile(lambda place: place.listing.rank <= stamp(now) + ":~", waiting)
    return [place.key.pk.removeprefix(keys.delivery("").pk) for place in islice(in_time, DUE_MAX)]


def next_due(merchant: str) -> datetime | None:
    """When the first webhook event that waits is due, or was; None where none waits."""
    waiting = read.places(lists.deliveries(merchant, "pending"), descending=False, chunk=1)
    return next((datetime.fromisoformat(place.listing.rank[:_AT]) for place in waiting), None)


class Surroundings(NamedTuple):
    """What a try depends on: the merchant's system, whether it answers, and the order's event before this one."""

    partner: Partner | None
    pulse: Pulse
    earlier: Delivery | None

    @property
    def silent_since(self) -> str | None:
        """When a system that fails now was registered."""
        return self.partner.at if self.partner and self.pulse.failures else None


def around(delivery: Delivery) -> Surroundings:
    """The surroundings of one delivery, in one read."""
    partner, pulse = keys.partner(delivery.merchant), keys.pulse(delivery.merchant)
    earlier = keys.delivery(delivery.earlier or "")
    rows = read.rows([partner, pulse, earlier] if delivery.earlier else [partner, pulse])
    return Surroundings(
        rows[partner].load(Partner) if partner in rows else None,
        rows[pulse].load(Pulse) if pulse in rows else Pulse(),
        rows[earlier].load(Delivery) if earlier in rows else None,
    )


def delivery(id: str) -> Delivery | None:
    """One webhook event on its way."""
    return read.get(keys.delivery(id), Delivery)


def own_delivery(caller: Caller, id: str) -> Delivery:
    """The same for its merchant or the exchange. Raises NotFound."""
    stored = delivery(id)
    if stored is None or (not caller.reads_as(EXCHANGE) and not caller.holds(INSTITUTION, stored.merchant)):
        raise NotFound()
    return stored


def deliveries(query: Query[DeliveryParams]) -> Page[DeliveryAnswer]:
    """What waits or was given up, merchant by merchant, oldest first."""
    listed = read.first(_places(query), query.params.limit + 1)
    stored = read.many([place.key for place in listed], Delivery)
    positions = {stored[place.key].id: place.position for place in listed}
    return query.page([to_answer(stored[place.key]) for place in listed], lambda each: positions[each.id])


def _places(query: Query[DeliveryParams]) -> Iterator[Place]:
    params, after = query.params, query.position
    for merchant in _merchants(query.asker, params):
        listed = lists.deliveries(merchant, params.status)
        begun = after is not None and listed.holds(after["list"])
        if begun or not after or listed.name > after["list"]:
            start = after if begun else None
            yield from read.places(listed, after=start, descending=False, chunk=params.limit + 1)


def _merchants(caller: Caller, params: DeliveryParams) -> Iterable[str]:
    if caller.reads_as(EXCHANGE):
        everyone = heapq.merge(partners(), partners(lists.PARTNERS_DISABLED))
        return [params.merchant] if params.merchant else everyone
    merchant = params.merchant or caller.account
    return [merchant] if caller.holds(INSTITUTION, merchant) else []


def application_of(merchant: str) -> str | None:
    """The application by which a merchant was admitted, None where there is none."""
    account = merchants.account(merchant)
    return account.merchant.application if account and account.merchant else None


def webhook_keys(merchant: str) -> WebhookKeys:
    """The keys of an institution's webhooks, a merchant yet or not. Raises NotFound."""
    merchants.institution(merchant)
    return WebhookKeys(keys=webhooks.public_keys(merchant))
