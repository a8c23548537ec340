"""Seed, commitment, list and ranks: what makes a draw one that anyone can compute again. Pure.

``docs/events.md`` gives the same computation to the public, in the standard library of Python.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from chalicelib.draws.items import ListedEntry, OfferDraw
from chalicelib.table import keys


def seed_of(event: str, key: bytes) -> str:
    """The seed of an event's draw (64 hexadecimal digits): fixed by the stage's ``key``, so nobody chooses it."""
    return hmac.digest(key, f"seed of the draw {event}".encode(), "sha256").hex()


def commitment_to(seed: str) -> str:
    """What is published before: the SHA-256 of the seed, as text."""
    return hashlib.sha256(seed.encode()).hexdigest()


class ListDigest:
    """The SHA-256 of the whole list, an entry a line, in the order of their ids."""

    def __init__(self) -> None:
        self.entries = 0
        self._hash = hashlib.sha256()

    def add(self, entry: ListedEntry) -> ListedEntry:
        """Count ``entry``, the next one of the list; returns it."""
        self.entries += 1
        self._hash.update(f"{entry.id} {entry.offer} {entry.quantity}\n".encode())
        return entry

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()


def rank(seed: str, list_digest: str, entry: str) -> str:
    """The place of an entry: the lowest ranks of an offer win. It depends on every entry of the list."""
    return hashlib.sha256(f"{seed}|{list_digest}|{entry}".encode()).hexdigest()


class _Winners:
    """The best entries of one offer so far, no more than its stock needs: so memory is bounded by the units."""

    def __init__(self, stock: int) -> None:
        self.stock, self.units = stock, 0
        self._worst_first: list[tuple[int, int]] = []

    def add(self, rank: str, quantity: int) -> None:
        heappush(self._worst_first, (-int(rank, 16), quantity))
        self.units += quantity
        while self.units - self._worst_first[0][1] >= self.stock:
            self.units -= heappop(self._worst_first)[1]

    def to_item(self) -> OfferDraw:
        if not self._worst_first or not self.stock:
            return OfferDraw(stock=self.stock)
        worst, quantity = self._worst_first[0]
        given = min(self.units, self.stock)
        return OfferDraw(
            stock=self.stock, units=given, cut=f"{-worst:064x}", last_units=quantity - (self.units - given)
        )


def draw(
    entries: Iterable[ListedEntry], stock: Mapping[str, int], *, seed: str, list_digest: str
) -> dict[str, OfferDraw]:
    """What each offer (its ``stock`` in units) gives to whom, as the rank of its last winner."""
    winners = {offer: _Winners(units) for offer, units in stock.items()}
    for entry in entries:
        if winners[entry.offer].stock:
            winners[entry.offer].add(rank(seed, list_digest, entry.id), entry.quantity)
    return {offer: each.to_item() for offer, each in winners.items()}


def awarded(entry: ListedEntry, offers: Mapping[str, OfferDraw], rank: str) -> int:
    """The units that an entry gets."""
    drawn = offers[entry.offer]
    if drawn.cut is None or rank > drawn.cut:
        return 0
    return drawn.last_units if rank == drawn.cut else entry.quantity


def entry_id(event: str, person: str, key: bytes) -> str:
    """A person has one entry in an event. Without ``key`` nobody finds out whose it is."""
    return keys.digest("draw entry", event, person, key=key)
