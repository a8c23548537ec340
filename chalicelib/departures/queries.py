"""Who leaves, and what such a merchant still has to serve."""

from itertools import islice

from chalicelib.departures.items import Departure
from chalicelib.departures.model import DepartureAnswer, to_answer
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.ledger.model import Entry
from chalicelib.mall.redemptions import order_book
from chalicelib.table import keys, read
from chalicelib.table.lists import Place
from chalicelib.table.write import Attr

LINES_MAX = 2000  # of a statement, in one firing of the schedule


def departure(merchant: str) -> Departure:
    """A merchant's departure, the latest. Raises NotFound."""
    found = read.get(keys.departure(merchant), Departure)
    if found is None:
        raise NotFound()
    return found


def visible(caller: Caller, merchant: str) -> DepartureAnswer:
    """The same for the merchant itself and the exchange. Raises NotFound."""
    if not caller.holds(INSTITUTION, merchant) and not caller.reads_as(EXCHANGE):
        raise NotFound()
    return to_answer(departure(merchant))


def leaving(place: Place) -> str:
    """Whose departure stands at a place of the list of those that have not left yet."""
    return place.key.pk.removeprefix(keys.departure("").pk)


def open_orders(departure: Departure) -> tuple[list[str], str | None]:
    """Orders of the merchant that nobody has fulfilled, among the next lines of its statement, newest first; and the
    line before which the next look begins, None where the statement is at its end.
    """
    lines = read.query(
        keys.holder(departure.merchant),
        keys.ENTRIES,
        keys.ENTRIES_END,
        Entry,
        before=departure.looked_before,
        descending=True,
        where=Attr("kind").eq("redemption"),
    )
    some = list(islice(lines, LINES_MAX))
    ids = [line.id for line in some]
    orders = [order for start in range(0, len(ids), 40) for order in order_book.as_they_stand(ids[start : start + 40])]
    waiting = [order.id for order in orders if order.status == "placed"]
    return waiting, some[-1].place if len(some) == LINES_MAX else None
