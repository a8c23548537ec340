"""Codes of vouchers: a merchant uploads them, and each sale hands out its own (docs/adr/0019).

A till hands out its codes in order. It counts those it ever had (``codes``), and its units are those unsold, so the
next one has the number ``codes - units``. A sale moves the units anyway: in the same transaction it asks that both
still are as they were when the codes were read. So no code is handed out twice, and none is marked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from chalicelib.errors import InvalidRequest, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Answer, Body, example
from chalicelib.kernel.record import Facts
from chalicelib.ledger.standing import acting
from chalicelib.mall import transfers
from chalicelib.mall.catalogue import event_stock
from chalicelib.mall.items import Offer, Till
from chalicelib.mall.model import STRIPES_MAX
from chalicelib.mall.pools import Codes, KnownCodes
from chalicelib.mall.tills import terms
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, put, update

PARTS = 16  # of the hashes of an offer's codes; with 64 tills and 16 items of codes a transaction is nearly full
TILLS_MAX = 14  # that one upload gives codes to: with 64 tills it fits into one transaction
TOGETHER_MAX = 50  # codes in one item
POOL_MAX = 100_000  # codes of one offer: 110 KB of hashes in each part

Code = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$", examples=["SH-2026-8842-1190"])]
Numbered = Sequence[tuple[int, str, str]]  # place in the request, code, hash


class NewVouchers(Body):
    """Codes that an offer hands out, each once: they are its stock. The first ones replace what stock it had."""

    model_config = example(codes=["SH-2026-8842-1190", "SH-2026-8842-1191"])

    codes: Annotated[list[Code], Field(min_length=1, max_length=500, description="Unique for the offer, for ever")]


class VouchersAnswer(Answer):
    """How many codes an offer got, and how many it has unsold by now."""

    offer: str
    added: int
    stock: int


def add(
    command: Command[NewVouchers], offer: Offer, tills: Mapping[str, Till], known: Mapping[int, KnownCodes]
) -> Decision:
    """The codes come to the tills with the fewest units; ``tills`` and ``known`` (what it ever had) as read.

    Raises InvalidRequest for codes that it has or had, for too many, and where it gives no vouchers. Refuses
    AccountFrozen.
    """
    codes = [(place, code, keys.digest("voucher", code)[:16]) for place, code in enumerate(command.body.codes)]
    _check(offer, tills, codes, known)
    event_stock.still_open(offer, "/codes", command.at)
    shares = _share(command.body.codes, tills)
    units = {name: len(some) - (0 if offer.pooled else tills[name].units) for name, some in shares.items()}
    after = offer if offer.pooled else terms.renewed(offer, replace(offer, pooled=True, edition=command.id))
    stock = sum(till.units for till in tills.values()) + sum(units.values())
    writes = (
        acting(offer.merchant),
        _offer(offer, after, sum(units.values())),
        *event_stock.supply(offer, sum(units.values()), "/codes", command.at),
        *transfers.supply(offer.id, command.at, sum(units.values())),
        *(_till(after, name, tills[name], len(some), first=not offer.pooled) for name, some in shares.items()),
        *(write for name, some in shares.items() for write in _codes(name, tills[name].codes or 0, some)),
        *_remember(offer, codes, known),
    )
    answer = VouchersAnswer(offer=offer.id, added=len(codes), stock=stock)
    facts = Facts(stocked=transfers.restocking(offer.id, units).postings)
    return Decision("vouchers_added", answer, writes, facts)


def _check(offer: Offer, tills: Mapping[str, Till], codes: Numbered, known: Mapping[int, KnownCodes]) -> None:
    if offer.fulfilment != "voucher":
        raise InvalidRequest.at("/codes", "This offer gives no vouchers", "该权益不是兑换券类权益")
    if sum(till.codes or 0 for till in tills.values()) + len(codes) > POOL_MAX:
        raise InvalidRequest.at(
            "/codes",
            f"An offer has at most {POOL_MAX} codes. Make another one with POST /v1/offers",
            f"每项权益最多 {POOL_MAX} 个券码，请通过 POST /v1/offers 新建权益",
        )
    if len(tills) > STRIPES_MAX:
        raise InvalidRequest.at(
            "/codes",
            f"The offer has {len(tills)} tills, too many for codes. Make another one with POST /v1/offers",
            f"该权益已有 {len(tills)} 个子账户，不能再上传券码，请通过 POST /v1/offers 新建权益",
        )
    had: set[str] = set()
    faults = []
    for place, _, hashed in codes:
        if hashed in had or hashed in known[_part(hashed)].hashes:
            faults.append(place)
        had.add(hashed)
    if faults:
        detail = Text("The offer has or had this code: each is handed out once", "该权益已有或曾有此券码，券码不得重复")
        raise InvalidRequest(errors=[{"pointer": f"/codes/{place}", "detail": detail} for place in faults])


def _share(codes: Sequence[str], tills: Mapping[str, Till]) -> dict[str, Sequence[str]]:
    """The codes of each till that gets any, or whose units they replace."""
    emptiest = sorted(tills, key=lambda name: tills[name].units if tills[name].codes is not None else 0)[:TILLS_MAX]
    shares: dict[str, Sequence[str]] = {} if tills[emptiest[0]].codes is not None else dict.fromkeys(tills, ())
    begin = 0
    for name, count in zip(emptiest, transfers.share(len(codes), len(emptiest)), strict=True):
        if count:
            shares[name] = codes[begin : begin + count]
        begin += count
    return shares


def _offer(offer: Offer, after: Offer, units: int) -> Write:
    """Its first codes give it another edition: whoever remembers it reads it again."""
    require = Attr("pooled").exists() if offer.pooled else Attr("pooled").not_exists() & terms.as_read(offer)
    first = {"pooled": True, "edition": after.edition, "version": after.version}
    return update(keys.offer(offer.id), assign={} if offer.pooled else first, add={"supplied": units}, require=require)


def _till(after: Offer, name: str, till: Till, count: int, *, first: bool) -> Write:
    """A till that gets its ``first`` codes has the terms of its offer from then on, whether it had followed or not."""
    if not first:
        as_read: ConditionBase = Attr("codes").eq(till.codes)
        return update(keys.account(name), add={"units": count, "codes": count}, require=as_read)
    as_read = Attr("codes").not_exists() & Attr("units").eq(till.units)
    with_codes = terms.at_till(after) | {"units": count, "codes": count}
    return update(keys.account(name), assign=with_codes, require=as_read)


def _codes(name: str, first: int, codes: Sequence[str]) -> Iterable[Write]:
    for begin in range(0, len(codes), TOGETHER_MAX):
        some = Codes(first + begin, tuple(codes[begin : begin + TOGETHER_MAX]))
        yield put(keys.codes(name, some.first), some)


def _remember(offer: Offer, codes: Numbered, known: Mapping[int, KnownCodes]) -> Iterable[Write]:
    """What is known only grows: where its size is that which was read, nobody has uploaded the same code meanwhile."""
    parts: dict[int, set[str]] = defaultdict(set)
    for _, _, hashed in codes:
        parts[_part(hashed)].add(hashed)
    for part, hashes in sorted(parts.items()):
        size = len(known[part].hashes)
        as_read = Attr("hashes").size().eq(size) if size else Attr("hashes").not_exists()
        yield update(keys.known_codes(offer.id, part), add={"hashes": hashes}, require=as_read)


def _part(hashed: str) -> int:
    return sum(hashed.encode()) % PARTS
