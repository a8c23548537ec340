"""Which till serves: one at random among those not known to be empty; near sell-out, after a look at them all."""

import random
from collections import OrderedDict
from dataclasses import dataclass, field

from chalicelib import log
from chalicelib.errors import Contended, Refusal, Text
from chalicelib.mall.items import OfferTerms, Till
from chalicelib.table import keys, read

_SURPRISES_MAX = 2  # empty tills met before all are read
_REMEMBERED_MAX = 2000  # offers this process remembers


class SoldOut(Refusal):
    status, code = 409, "sold_out"
    title = Text("Sold out", "已兑完")
    detail = Text("{available} are left, {needed} were asked for.", "剩余 {available} 件，需要 {needed} 件。")
    remedy = Text(
        "Ask for fewer, wait for new stock, or choose another offer.", "请减少数量、等待补货，或选择其他权益。"
    )


class TillEmpty(Contended):
    """This till lacks the units; another may have them. The edge asks again, so no caller sees this."""


@dataclass
class _Memory:
    """Hints, never truth: the transaction decides."""

    empty: set[int] = field(default_factory=set)
    surprises: int = 0


_memories: OrderedDict[str, _Memory] = OrderedDict()


def choose(terms: OfferTerms, quantity: int) -> dict[str, int]:
    """Units to take from each till; one till unless only several together have enough. Raises SoldOut."""
    if terms.stripes == 1:
        return {keys.till(terms.id, 0): quantity}
    memory = _memory(terms.id)
    hopeful = [stripe for stripe in range(terms.stripes) if stripe not in memory.empty]
    if hopeful and memory.surprises < _SURPRISES_MAX:
        return {keys.till(terms.id, random.choice(hopeful)): quantity}
    return _choose_from_all(terms, quantity, memory)


def remember_empty(terms: OfferTerms, till: str) -> None:
    """Remember that ``till`` lacked what was asked of it.

    A refusal of a decision calls this, so a decision changes what this process remembers. That is allowed, because it
    is a hint: it chooses the next till to try and proves nothing. Forgotten or wrong, it costs a try.
    """
    memory = _memory(terms.id)
    memory.empty.add(int(till.rpartition("/")[2]))
    memory.surprises += 1
    log.count("EmptyTills")


def forget() -> None:
    """Drop all hints (tests start afresh)."""
    _memories.clear()


def _choose_from_all(terms: OfferTerms, quantity: int, memory: _Memory) -> dict[str, int]:
    tills = read.many([keys.account(till) for till in terms.tills], Till)
    stock = {stripe: tills[keys.account(keys.till(terms.id, stripe))].units for stripe in range(terms.stripes)}
    memory.empty, memory.surprises = {stripe for stripe, left in stock.items() if left < quantity}, 0
    enough = [stripe for stripe, left in stock.items() if left >= quantity]
    if enough:
        return {keys.till(terms.id, random.choice(enough)): quantity}
    if sum(stock.values()) < quantity:
        raise SoldOut(available=sum(stock.values()), needed=quantity)
    parts: dict[str, int] = {}
    for stripe in sorted(stock, key=lambda each: -stock[each]):
        part = min(stock[stripe], quantity - sum(parts.values()))
        if part:
            parts[keys.till(terms.id, stripe)] = part
    return parts


def _memory(offer: str) -> _Memory:
    memory = _memories.setdefault(offer, _Memory())
    if len(_memories) > _REMEMBERED_MAX:
        _memories.popitem(last=False)
    return memory
