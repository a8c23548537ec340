"""Notes that let the schedule find orders. Pure."""

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
