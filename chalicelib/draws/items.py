"""Draws and the lists of their entries, as they are kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

DrawStatus = Literal["open", "closed", "drawn", "settled"]

LANES = 8  # of the entries of a draw: an item takes about ten transactions a second
_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"  # of ids, in the order in which they sort
_EACH = len(_ALPHABET) // LANES


@dataclass(frozen=True, kw_only=True)
class OfferDraw:
    """What a draw gave out of one offer: ``units`` of those that it had (``stock``).

    An entry wins where its rank is at most ``cut``; the one at ``cut`` gets ``last_units``. None: nobody entered.
    """

    stock: int
    units: int = 0
    cut: str | None = None
    last_units: int = 0


@dataclass(frozen=True, kw_only=True)
class Draw:
    """The draw of an event (``id``), from its admission on. ``seed`` is there once it is drawn, and so are ``offers``,
    ``entries`` and ``list_digest``, the SHA-256 of the closed list.
    """

    id: str
    merchant: str
    commitment: str
    opens_at: str
    draws_at: str
    ends_at: str
    status: DrawStatus = "open"
    closed_at: str | None = None
    drawn_at: str | None = None
    entries: int = 0
    list_digest: str | None = None
    seed: str | None = None
    offers: Mapping[str, OfferDraw] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DrawLane:
    """A part of the list: how many entries it has, whether it is ``closed``, and whether each of them is settled."""

    entries: int = 0
    closed: bool = False
    settled: bool = False


class ListedEntry(NamedTuple):
    """An entry as the public list has it."""

    id: str
    offer: str
    quantity: int


@dataclass(frozen=True)
class EntryPlace:
    """The same, as it is kept."""

    id: str
    offer: str
    quantity: int

    @property
    def listed(self) -> ListedEntry:
        return ListedEntry(self.id, self.offer, self.quantity)


def lane(entry: str) -> int:
    """Where an entry is listed: lane by lane, the ids are in order."""
    return _ALPHABET.index(entry[0]) // _EACH
