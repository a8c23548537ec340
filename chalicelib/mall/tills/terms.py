"""New terms of an offer reach its tills: with it where they are few, else one by one, under a version. Pure.

The offer's version counts its changes, and each till bears that of the terms it has. A till takes the terms of a later
version only, and all of them at once: so whoever brings them, however often and in whichever order, ends at the newest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.agenda.model import Agenda
from chalicelib.errors import Contended, Refusal
from chalicelib.mall import transfers
from chalicelib.mall.items import Offer, OfferTerms
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Refuse, Write, present, seen_first, update

TOGETHER_MAX = 4  # tills that change with their offer: in a rush a transaction rarely finds more of them free
TERMS = Agenda("terms", seconds=900, lanes=4, late_seconds=900)  # offers whose tills have to follow
LEVELS = Agenda("levels", seconds=900, lanes=4, late_seconds=900)  # offers whose units are to be shared out


@dataclass(frozen=True)
class _Numbers:
    """An offer's version, and how many tills it has: a partial view."""

    stripes: int = 1
    version: int = 0


def at_till(offer: Offer) -> dict[str, Any]:
    """What each till repeats of its offer and may change. An offer from before editions has none, and neither have its
    tills: a sale asks that the attribute is not there.
    """
    edition = {"edition": offer.edition} if offer.edition else {}
    return {"price": offer.points, "status": offer.status, "version": offer.version, **edition}


def renewed(before: Offer, after: Offer) -> Offer:
    """``after``, with the next version if its tills have to change."""
    return after if at_till(before) == at_till(after) else replace(after, version=before.version + 1)


def one_by_one(offer: OfferTerms) -> bool:
    """Whether its tills follow it in transactions of their own."""
    return offer.stripes > TOGETHER_MAX


def as_read(offer: OfferTerms) -> ConditionBase:
    """The offer still has the version and the number of tills that were read. Otherwise a change would be lost."""
    version: ConditionBase = Attr("version").eq(offer.version)
    if not offer.version:  # offers from before versions have none
        version |= Attr("version").not_exists()
    return version & Attr("stripes").eq(offer.stripes)


def unless_changed(offer: OfferTerms, refuse: Refuse) -> Refuse:
    """``refuse``, unless another change of the offer was first. Then Contended: it is decided again."""

    def changed(now: _Numbers | None) -> Refusal | None:
        same = now is None or (now.version, now.stripes) == (offer.version, offer.stripes)
        return None if same else Contended()

    return seen_first(_Numbers, changed, refuse)


def shares(offer: OfferTerms, added: int, record: str) -> dict[str, int]:
    """How many of ``added`` units come to which till: to each of a few tills, or to a few of many. ``record`` decides
    to which ones, so that a second try chooses the same.
    """
    count = min(offer.stripes, TOGETHER_MAX)
    first = sum(record.encode()) % offer.stripes if one_by_one(offer) else 0
    tills = (offer.tills[(first + number) % offer.stripes] for number in range(count))
    return {till: units for till, units in zip(tills, transfers.share(added, count), strict=True) if units}


def reaching(before: Offer, after: Offer, at: datetime, units: Mapping[str, int] | None = None) -> Iterator[Write]:
    """What the transaction that changes an offer from ``before`` to ``after`` writes for its tills: a few tills change
    in it, many get a note that they have to follow. ``units`` come to some tills, but to none that got codes meanwhile.
    """
    turned, units = after.version != before.version, units or {}
    if turned and one_by_one(after):
        yield TERMS.noting(at, after.id)
    if units and one_by_one(after):
        yield LEVELS.noting(at, after.id)
    assign = at_till(after) if turned and not one_by_one(after) else {}
    for till in after.tills if assign else units:
        added = units.get(till, 0)
        require = present() & Attr("codes").not_exists() if added else present()
        yield update(keys.account(till), assign=assign, add={"units": added} if added else {}, require=require)


def following(offer: Offer, till: str) -> Write:
    """The till takes the terms of its offer, unless it has these or later ones."""
    behind = Attr("version").not_exists() | Attr("version").lt(offer.version)
    return update(keys.account(till), assign=at_till(offer), require=present() & behind)
