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


def supply(offer: Offer, units: int, pointer: str, at: str) -> Iterator[Write]:
    """``units`` more for ``offer``, counted for its event where it has one. Raises or refuses InvalidRequest at
    ``pointer`` where the event has fewer left, or draws them by ``at``: what is drawn is known then.
    """
    event = offer.event
    if event is None or event.quantity is None or not units:
        return
    still_open(offer, pointer, at)
    quantity = event.quantity

    def refuse(stock: EventStock | None) -> Refusal:
        left = quantity - (stock.supplied if stock else 0)
        en = f"The event has {quantity} units in all, of which {left} are not on offer yet"
        return InvalidRequest.at(pointer, en, f"活动权益总量为 {quantity} 件，尚可投放 {left} 件")

    if units > quantity:
        raise refuse(None)
    enough = Attr("supplied").not_exists() | Attr("supplied").lte(quantity - units)
    yield update(keys.event_stock(event.id), add={"supplied": units}, require=enough, refuse=seen(EventStock, refuse))


def still_open(offer: Offer, pointer: str, at: str) -> None:
    """Raises InvalidRequest at ``pointer`` where the units of ``offer`` are drawn by ``at``: what is drawn stays."""
    draws_at = offer.event.draws_at if offer.event else None
    if draws_at and draws_at <= at:
        en = f"The goods of the event are drawn since {draws_at}: its stock stays as it is"
        raise InvalidRequest.at(pointer, en, f"活动已于 {draws_at} 开始抽签，库存不能再变更")
