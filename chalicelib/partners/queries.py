"""Partners, and the events on their way to them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, takewhile

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import AnyAccount
from chalicelib.partners.model import EARLIER, Delivery, DeliveryParams, Partner, WebhookKeys, shown
from chalicelib.signing import webhooks
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Item

DUE_MAX = 500  # of one merchant at once: others wait for their turn too
_known: set[str] = set()  # merchants known to have a system: they keep it


def forget() -> None:
    """What this process knows."""
    _known.clear()


def partner(merchant: str) -> Partner | None:
    """The merchant's own system, None where it has not integrated one."""
    item = read.get(keys.partner(merchant))
    return _partner(item) if item else None


def _partner(item: Item) -> Partner:
    return Partner(item["merchant"], item["callback_url"], item["public_key"])


def integrated(merchants: Iterable[str]) -> set[str]:
    """Those of ``merchants`` that have a system of their own.

    Only a yes is remembered: a no may be over the next moment, and the order after it must be told.
    """
    asked = set(merchants)
    if unknown := asked - _known:
        _known.update(item["merchant"] for item in read.many([keys.partner(each) for each in unknown]).values())
    return asked & _known


def partners() -> Iterator[str]:
    """Every merchant with a system of its own, by id."""
    return (each["rank"] for each in read.listed(lists.PARTNERS, descending=False))


def due(merchant: str, now: datetime) -> list[str]:
    """Events of a merchant whose time has come, oldest first."""
    waiting = read.listed(lists.deliveries(merchant, "pending"), descending=False)
    found = takewhile(lambda each: each["rank"] <= stamp(now) + ":~", waiting)
    return [each["pk"].removeprefix(keys.delivery("").pk) for each in islice(found, DUE_MAX)]


def around(item: Item) -> tuple[Partner | None, Item | None, Item | None]:
    """What a try depends on: the merchant's system, its pulse, and the order's event before this one."""
    merchant, before = item["merchant"], EARLIER.get(item["type"])
    places = [keys.partner(merchant), keys.pulse(merchant)]
    earlier = keys.delivery(keys.delivery_id(item["redemption"], before)) if before else None
    found = read.many([*places, earlier] if earlier else places)
    system = found.get(places[0])
    return _partner(system) if system else None, found.get(places[1]), found.get(earlier) if earlier else None


def delivery_item(id: str) -> Item | None:
    """One event on its way."""
    return read.get(keys.delivery(id))


def own_delivery(caller: Caller, id: str) -> Item:
    """The same for its merchant or the exchange. Raises NotFound."""
    item = delivery_item(id)
    if item is None or (not caller.reads_as(EXCHANGE) and not caller.holds(INSTITUTION, item["merchant"])):
        raise NotFound()
    return item


def deliveries(query: Query[DeliveryParams]) -> Page[Delivery]:
    """What waits or was given up, merchant by merchant, oldest first."""
    params, after, found = query.params, query.position, list[Item]()
    for merchant in _merchants(query.asker, params):
        name = lists.deliveries(merchant, params.status)
        if after and name < after["list"]:
            continue
        start = after if after and name == after["list"] else None
        missing = params.limit + 1 - len(found)
        found += read.first(read.listed(name, after=start, descending=False, chunk=missing), missing)
        if len(found) > params.limit:
            break
    items = read.many([keys.Key(each["pk"], each["sk"]) for each in found])
    places = {items[keys.Key(each["pk"], each["sk"])]["id"]: each for each in found}
    told = [shown(items[keys.Key(each["pk"], each["sk"])]) for each in found]
    return query.page(told, lambda each: {part: places[each.id][part] for part in ("pk", "sk", "list", "rank")})


def _merchants(caller: Caller, params: DeliveryParams) -> Iterable[str]:
    if caller.reads_as(EXCHANGE):
        return [params.merchant] if params.merchant else partners()
    merchant = params.merchant or caller.account
    return [merchant] if caller.holds(INSTITUTION, merchant) else []


def webhook_keys(merchant: str) -> WebhookKeys:
    """The keys of an institution's webhooks, a merchant yet or not. Raises NotFound."""
    account = read.get(keys.account(keys.holder(merchant)), AnyAccount)
    if account is None or account.kind != INSTITUTION:
        raise NotFound()
    return WebhookKeys(keys=webhooks.public_keys(merchant))
