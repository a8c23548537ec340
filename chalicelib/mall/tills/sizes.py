"""How many tills an offer has: more where buyers are in each other's way, and units that move between them. Pure.

Units move from till to till like everything of value: one Transfer, one transaction, one Record.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.errors import InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Answer
from chalicelib.kernel.record import Facts
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.model import Posting, Transfer, units
from chalicelib.mall.items import ALWAYS, NEVER_ENDS, Offer, OfferTerms, Till
from chalicelib.mall.tills import terms
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, present, put, update

TILLS_MAX = 512  # of one offer: five thousand sales a second (docs/contention.md)
STEP_MAX = 64  # tills that one transaction of at most 100 items makes
UNITS_MIN = 4  # a till: with fewer, most buyers would find theirs empty


class TillsAnswer(Answer):
    """How many tills an offer has by now."""

    offer: str
    tills: int


class UnitsMoved(Answer):
    """Units that went from one till to another."""

    source: str
    target: str
    units: int


class Move(NamedTuple):
    """``units`` that are to go from one till to another, both as read."""

    source: tuple[str, Till]
    target: tuple[str, Till]
    units: int


def may_have_more(offer: OfferTerms) -> bool:
    """Whether an offer can get more tills at all: not one that draws, that hands out codes, or that has TILLS_MAX."""
    draws = offer.event is not None and offer.event.draws_at is not None
    return not offer.pooled and not draws and offer.stripes < TILLS_MAX


def may_grow(offer: Offer, stock: int) -> bool:
    """Whether more tills would help an offer that has so many units now."""
    sells = offer.status == "on_shelf" and may_have_more(offer)
    return sells and stock >= UNITS_MIN * (offer.stripes + _more(offer))


def grow(command: Command[Any], offer: Offer) -> Decision:
    """Twice as many tills, at most STEP_MAX more: empty, with the terms of their offer. Refuses Contended where the
    offer changed since it was read.
    """
    after = replace(offer, stripes=offer.stripes + _more(offer), resized=offer.resized + 1)
    assign = {"stripes": after.stripes, "resized": after.resized}
    require = terms.as_read(offer) & Attr("pooled").not_exists() & Attr("status").eq("on_shelf")
    writes = (
        update(keys.offer(offer.id), assign=assign, require=require),
        terms.LEVELS.noting(command.now, offer.id),
        *(put(keys.account(name), empty(after)) for name in after.tills[offer.stripes :]),
        *_not_alone(offer),
    )
    return Decision("tills_added", TillsAnswer(offer=offer.id, tills=after.stripes), writes)


def _more(offer: Offer) -> int:
    return min(offer.stripes, STEP_MAX, TILLS_MAX - offer.stripes)


def _not_alone(offer: Offer) -> tuple[Write, ...]:
    """The only till of an offer decides alone that it is sold out. From now on another till may have units."""
    if offer.stripes > 1:
        return ()
    return (update(keys.account(offer.tills[0]), assign={"first": True}, require=present()),)


def empty(offer: Offer) -> Till:
    """A till with the terms of its offer, and nothing else."""
    return Till(
        price=offer.points,
        status=offer.status,
        starts_at=offer.starts_at or ALWAYS,
        ends_at=offer.ends_at or NEVER_ENDS,
        points=0,
        units=0,
        sweeps=0,
        edition=offer.edition,
        version=offer.version,
    )


def moves(tills: Mapping[str, Till]) -> list[Move]:
    """Moves that share units out more evenly: the fullest till gives the emptiest half of the difference, the second
    fullest the second emptiest, and so on. None where few units are left, or no till has twice what its partner has.
    """
    if sum(till.units for till in tills.values()) < UNITS_MIN * len(tills):
        return []
    ordered = sorted(tills.items(), key=lambda each: (-each[1].units, each[0]))
    pairs = zip(ordered[: len(ordered) // 2], reversed(ordered), strict=False)
    uneven = ((full, bare) for full, bare in pairs if full[1].units >= 2 * (bare[1].units + 1))
    return [Move(full, bare, (full[1].units - bare[1].units) // 2) for full, bare in uneven]


def move(command: Command[Any], offer: str, wanted: Move) -> Decision:
    """The units move. Refuses InvalidState where other units moved since the tills were read, or too few are left."""
    (source, before), (target, other) = wanted.source, wanted.target
    posting = Posting(source, target, wanted.units, units(offer))
    conditions = {source: _unmoved(before, -wanted.units), target: _unmoved(other, wanted.units)}
    writes, facts = post(Transfer("stocking", (posting,)), record=command.id, terms=conditions)
    answer = UnitsMoved(source=source, target=target, units=wanted.units)
    return Decision("units_moved", answer, writes, Facts(stocked=facts.postings))


def _unmoved(till: Till, received: int) -> AccountCondition:
    def refuse(_: object) -> Refusal:
        return InvalidState(state="moved", action="move")

    same: ConditionBase = Attr("moves").eq(till.moves)
    if not till.moves:
        same |= Attr("moves").not_exists()
    more = {"moves": 1, "received": received}
    return AccountCondition(require=same & Attr("codes").not_exists(), refuse=refuse, add=more)
