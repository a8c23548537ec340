"""What a process remembers of offers, so that a warm redemption reads nothing: their terms, which tills are empty, and
how often buyers were in each other's way.

All of it is a hint, never truth: the transaction confirms the terms, and the till has the units or refuses. What is
forgotten or wrong costs a try.
"""

import random
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib import log
from chalicelib.errors import Contended, NotFound, Refusal, Text
from chalicelib.mall.items import OfferTerms, Till
from chalicelib.table import keys, read

_SURPRISES_MAX = 2  # empty tills met before all are read
_TERMS_MAX = 10_000  # offers whose terms this process remembers
_TILLS_MAX = 2000  # offers whose tills it remembers
CROWDED, CROWDED_SECONDS = 5, 10.0  # so many conflicts at an offer's tills within so many seconds ask for more tills
PARTS_MAX = 64  # tills that one order takes from: it is one transaction of at most 100 items
SOLD_OUT_SECONDS, MANY = 1.0, 64  # an offer with more tills that had nothing is not read again for so long


class SoldOut(Refusal):
    status, code = 409, "sold_out"
    title = Text("Sold out", "已兑完")
    detail = Text("{available} are left, {needed} were asked for.", "剩余 {available} 件，需要 {needed} 件。")
    remedy = Text(
        "Ask for fewer, wait for new stock, or choose another offer.", "请减少数量、等待补货，或选择其他权益。"
    )


class TillEmpty(Contended):
    """This till lacks the units; another may have them. It is decided again: no caller sees this."""


class TermsOutdated(Contended):
    """The offer was renamed, or got more tills, after its terms were read. It is decided again: no caller sees this."""


class TillBehind(Contended):
    """This till does not have the new terms of its offer yet; another may. It is decided again: no caller sees this."""


@dataclass
class _Tills:
    """What a process remembers of an offer's tills. ``empty``: those found empty. ``conflicts``: how often another
    transaction held one of them after ``since``, when the offer had ``stripes`` tills. ``sold_out``: when all of them
    were read last and had too few units, and how many they had.
    """

    empty: set[int] = field(default_factory=set)
    surprises: int = 0
    stripes: int = 0
    conflicts: int = 0
    since: float = 0.0
    sold_out: tuple[float, int] | None = None


_terms: OrderedDict[str, OfferTerms] = OrderedDict()
_tills: OrderedDict[str, _Tills] = OrderedDict()


def terms(offer: str) -> OfferTerms:
    """The terms of an offer, which the till confirms at the sale. Raises NotFound."""
    if offer not in _terms:
        found = read.get(keys.offer(offer), OfferTerms)
        if found is None:
            raise NotFound.at("/offer", "Is no offer", "没有此权益")
        _terms[offer] = found
        if len(_terms) > _TERMS_MAX:
            _terms.popitem(last=False)
    return _terms[offer]


def outdated(offer: str) -> TermsOutdated:
    """The remembered terms of ``offer`` are out of date: forget them."""
    _terms.pop(offer, None)
    return TermsOutdated()


def compare(terms: OfferTerms, till: Till) -> TillBehind | None:
    """TillBehind where the terms of a till are older than those that this process knows: another till is asked. Where
    they are newer, this process forgets its own, and reads them again the next time.
    """
    if till.version > terms.version:
        _terms.pop(terms.id, None)
    return TillBehind() if till.version < terms.version else None


def choose_tills(terms: OfferTerms, quantity: int) -> dict[str, int]:
    """Units to take from each till; one till unless only several together have enough. Raises SoldOut."""
    if terms.stripes == 1:
        return {keys.till(terms.id, 0): quantity}
    known = _known_tills(terms.id)
    hopeful = [stripe for stripe in range(terms.stripes) if stripe not in known.empty]
    if hopeful and known.surprises < _SURPRISES_MAX:
        return {keys.till(terms.id, random.choice(hopeful)): quantity}
    return _choose_from_all(terms, quantity, known)


def remember_empty(terms: OfferTerms, till: str) -> None:
    """Remember that ``till`` lacked what was asked of it.

    A refusal of a decision calls this, so a decision changes what this process remembers. That is allowed: it only
    chooses the next till to try, and proves nothing.
    """
    known = _known_tills(terms.id)
    known.empty.add(int(till.rpartition("/")[2]))
    known.surprises += 1
    log.count("EmptyTills")


def remember_conflict(terms: OfferTerms) -> None:
    """Another transaction held a till of the offer. Where that happens often, its terms are read again: it may have
    more tills by now.
    """
    known, now = _known_tills(terms.id), time.monotonic()
    if known.stripes != terms.stripes or now > known.since + CROWDED_SECONDS:
        known.stripes, known.since, known.conflicts = terms.stripes, now, 0
    known.conflicts += 1
    if known.conflicts >= CROWDED:
        _terms.pop(terms.id, None)


def crowded(terms: OfferTerms) -> bool:
    """Whether the offer, which was read again after so many conflicts, needs more tills. True once for each CROWDED."""
    known = _known_tills(terms.id)
    if known.stripes != terms.stripes or known.conflicts < CROWDED:
        return False
    known.conflicts = 0
    return True


def forget() -> None:
    """Forget all (tests start afresh)."""
    _terms.clear()
    _tills.clear()


def _choose_from_all(terms: OfferTerms, quantity: int, known: _Tills) -> dict[str, int]:
    if terms.stripes > MANY and known.sold_out and time.monotonic() < known.sold_out[0] + SOLD_OUT_SECONDS:
        available = known.sold_out[1]
        if available < quantity:
            raise SoldOut(available=available, needed=quantity)
    tills = {key.pk: till for key, till in read.many([keys.account(name) for name in terms.tills], Till).items()}
    offer = read.get(keys.offer(terms.id), OfferTerms)  # after the tills: new ones may have come meanwhile
    if offer is None or offer.stripes != terms.stripes:
        raise outdated(terms.id)
    stock = {stripe: tills[keys.till(terms.id, stripe)].units for stripe in range(terms.stripes)}
    known.empty, known.surprises = {stripe for stripe, left in stock.items() if left < quantity}, 0
    enough = [stripe for stripe, left in stock.items() if left >= quantity]
    if enough:
        return {keys.till(terms.id, random.choice(enough)): quantity}
    fullest = sorted(stock, key=lambda each: -stock[each])[:PARTS_MAX]
    if sum(stock[stripe] for stripe in fullest) < quantity:
        raise _sold_out(terms, tills, quantity)
    parts: dict[str, int] = {}
    for stripe in fullest:
        part = min(stock[stripe], quantity - sum(parts.values()))
        if part:
            parts[keys.till(terms.id, stripe)] = part
    return parts


def _sold_out(terms: OfferTerms, tills: Mapping[str, Till], quantity: int) -> Refusal:
    """What too few units in ``tills``, all of the offer, mean. The tills were not read at one instant, so units that
    moved between two of them meanwhile may be missing from both. Then the sum of ``received`` is not 0.
    """
    if sum(till.received for till in tills.values()):
        return TillEmpty()
    available = sum(sorted(till.units for till in tills.values())[-PARTS_MAX:])
    _known_tills(terms.id).sold_out = time.monotonic(), available
    return SoldOut(available=available, needed=quantity)


def _known_tills(offer: str) -> _Tills:
    known = _tills.setdefault(offer, _Tills())
    if len(_tills) > _TILLS_MAX:
        _tills.popitem(last=False)
    return known
