"""All offers of an event together have at most the units that its plan names (guide §7.1 c)."""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.errors import InvalidRequest, Refusal
from chalicelib.mall.items import Offer
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, seen, update


@dataclass(frozen=True)
class EventStock:
    """The units that all offers of an event ever had."""

    supplied: int = 0


def supply(offer: Offer, units: int, pointer: str) -> Iterator[Write]:
    """``units`` more for ``offer``, counted for its event where it has one. Raises or refuses InvalidRequest at
    ``pointer`` where the event has fewer left.
    """
    event = offer.event
    if event is None or event.quantity is None or not units:
        return
    quantity = event.quantity

    def refuse(stock: EventStock | None) -> Refusal:
        left = quantity - (stock.supplied if stock else 0)
        en = f"The event has {quantity} units in all, of which {left} are not on offer yet"
        return InvalidRequest.at(pointer, en, f"活动权益总量为 {quantity} 件，尚可投放 {left} 件")

    if units > quantity:
        raise refuse(None)
    enough = Attr("supplied").not_exists() | Attr("supplied").lte(quantity - units)
    yield update(keys.event_stock(event.id), add={"supplied": units}, require=enough, refuse=seen(EventStock, refuse))
