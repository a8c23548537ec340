"""Notes that let the schedule find orders, and what is counted beside offers and tills. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DueOrder:
    """The note that an order has to be fulfilled by a time; it is listed by that time."""

    order: str
    merchant: str | None = None  # earlier notes do not name it


@dataclass(frozen=True)
class Note:
    """A merchant's offers have to follow it."""

    turn: str


@dataclass(frozen=True)
class Served:
    """How many of a till's orders were fulfilled."""

    orders: int = 0


@dataclass(frozen=True)
class Sums:
    """Units that an offer sold, in one lane: projected."""

    sold: int = 0


@dataclass(frozen=True)
class StockChange:
    """By how many units the stock of an offer changed in a time. ``first``: among them those that it began with."""

    units: int = 0
    first: bool = False
