"""Draws and their entries as clients see them. Pure."""

from typing import Annotated, Any

from pydantic import Field

from chalicelib.draws.items import Draw, DrawStatus, ListedEntry
from chalicelib.draws.model import awarded, rank
from chalicelib.events.items import DrawEntry, EntryStatus
from chalicelib.kernel.fields import Amount, Answer, Body, Id, Listed, Page, Paged, Time, example
from chalicelib.kernel.query import standing_as

_ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class NewDrawEntry(Body):
    """A person enters a draw. ``points`` is the total that was shown to her."""

    model_config = example(offer=_ID, quantity=1, points=3000)

    offer: Id
    quantity: Annotated[int, Field(ge=1, le=1000)]
    points: Amount


class DrawEntryAnswer(Answer):
    """An entry. ``points`` were reserved at ``at``; ``awarded`` units were won, and ``order`` is their redemption.
    Points for units that are not won come back.
    """

    model_config = example(
        id=_ID,
        event=_ID,
        offer=_ID,
        title="环保纪念章",
        quantity=1,
        points=3000,
        state="won",
        at="2030-06-05T02:00:00.000Z",
        awarded=1,
        order=_ID,
        settled_at="2030-06-06T02:05:00.000Z",
    )

    id: str
    event: str
    offer: str
    title: str
    quantity: int
    points: int
    state: EntryStatus
    at: Time
    awarded: int
    order: str | None
    settled_at: Time | None


class DrawParams(Paged):
    """Pages of the list of a draw."""


class OfferDrawAnswer(Answer):
    """What was drawn of an offer: ``awarded`` of the ``stock`` that it had when the draw closed."""

    offer: str
    stock: int
    awarded: int


class ListedEntryAnswer(Answer):
    """An entry in the public list. ``rank`` and ``awarded`` are null until it is drawn."""

    id: str
    offer: str
    quantity: int
    rank: str | None
    awarded: int | None


class DrawAnswer(Listed):
    """A draw, and a page of its list in the order of ids.

    ``commitment`` is the SHA-256 of ``seed``, published before the first entry. Once the list is closed, ``seed`` and
    ``list_digest`` (the SHA-256 of the list) give each entry its ``rank``; the lowest ranks win. docs/events.md shows
    how to compute it again. ``status`` is `settled` once every order is made and all other points are back.
    """

    model_config = example(
        event=_ID,
        status="settled",
        commitment=_HASH,
        opens_at="2030-06-05T02:00:00.000Z",
        draws_at="2030-06-06T02:00:00.000Z",
        closed_at="2030-06-06T02:05:00.000Z",
        drawn_at="2030-06-06T02:05:00.500Z",
        entries=1,
        list_digest=_HASH,
        seed=_HASH,
        offers=[{"offer": _ID, "stock": 500, "awarded": 1}],
        items=[{"id": _ID, "offer": _ID, "quantity": 1, "rank": _HASH, "awarded": 1}],
        next_cursor=None,
    )

    event: str
    status: DrawStatus
    commitment: str
    opens_at: Time
    draws_at: Time
    closed_at: Time | None
    drawn_at: Time | None
    entries: int
    list_digest: str | None
    seed: str | None
    offers: list[OfferDrawAnswer]
    items: list[ListedEntryAnswer]
    next_cursor: str | None


class DrawStep(Answer):
    """What the Record of a step of a draw keeps."""

    event: str
    status: DrawStatus
    commitment: str
    entries: int
    list_digest: str | None
    seed: str | None
    offers: list[OfferDrawAnswer]

    @classmethod
    def of(cls, draw: Draw) -> "DrawStep":
        facts = {name: getattr(draw, name) for name in ("status", "commitment", "entries", "list_digest", "seed")}
        return cls(event=draw.id, offers=_offers(draw), **facts)


def _offers(draw: Draw) -> list[OfferDrawAnswer]:
    return [
        OfferDrawAnswer(offer=offer, stock=each.stock, awarded=each.units)
        for offer, each in sorted(draw.offers.items())
    ]


def draw_answer(draw: Draw, entries: int, page: Page[ListedEntryAnswer]) -> DrawAnswer:
    """A draw as anyone sees it."""
    names = ("status", "commitment", "opens_at", "draws_at", "closed_at", "drawn_at", "list_digest", "seed")
    facts: dict[str, Any] = {name: getattr(draw, name) for name in names}
    facts |= {"items": page.items, "next_cursor": page.next_cursor}
    return standing_as(page, DrawAnswer(event=draw.id, entries=entries, offers=_offers(draw), **facts))


def listed_answer(draw: Draw, entry: ListedEntry) -> ListedEntryAnswer:
    """An entry of its list, with what it won once that is known."""
    if draw.seed is None or draw.list_digest is None:
        return ListedEntryAnswer(**entry._asdict(), rank=None, awarded=None)
    place = rank(draw.seed, draw.list_digest, entry.id)
    return ListedEntryAnswer(**entry._asdict(), rank=place, awarded=awarded(entry, draw.offers, place))


def entry_answer(entry: DrawEntry) -> DrawEntryAnswer:
    """An entry as its person sees it."""
    return DrawEntryAnswer(
        id=entry.id,
        event=entry.event,
        offer=entry.offer,
        title=entry.title,
        quantity=entry.quantity,
        points=entry.amount,
        state=entry.status,
        at=entry.entered_at,
        awarded=entry.awarded,
        order=entry.order,
        settled_at=entry.settled_at,
    )
