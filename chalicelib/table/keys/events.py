"""Keys of what an event has: its terms, its offers, its stock, its draw, the list of those who entered."""

from chalicelib.table.keys.names import Key


def event(application: str) -> Key:
    """An event that its merchant runs beside its mode."""
    return Key(f"event:{application}", "event")


def event_offer(application: str, offer: str) -> Key:
    """The pointer of such an event to an offer."""
    return Key(f"event:{application}", f"offer:{offer}")


def event_stock(application: str) -> Key:
    """What all offers of an event have together."""
    return Key(f"event:{application}", "stock")


def draw(event: str) -> Key:
    """The draw of an event, beside what its offers have."""
    return Key(f"event:{event}", "draw")


def draw_lane(event: str, lane: int) -> Key:
    """A part of the list of a draw."""
    return Key(f"draw:{event}/{lane}", "lane")


def draw_place(event: str, lane: int, entry: str) -> Key:
    """An entry in the list of a draw."""
    return Key(f"draw:{event}/{lane}", f"place:{entry}")
