"""A sub-platform takes an offer of one of its merchants off the shelf, and allows it again (guide §7.2 b)."""

from dataclasses import replace
from typing import Any

from chalicelib.errors import Contended, InvalidState, NotFound, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.mall.items import Offer, TakenDown
from chalicelib.mall.offers.windows import moved
from chalicelib.mall.tills import terms
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, check, seen, update


class OfferTakenDown(InvalidState):
    """Its merchant cannot bring it back."""

    detail = Text(
        "The sub-platform took the offer down: {reason}. The merchant cannot put it on the shelf.",
        "分平台已将该权益强制下架：{reason}。权益方不能自行上架。",
    )
    remedy = Text(
        "Ask the sub-platform operator or the exchange to allow it again.",
        "请联系分平台建设单位或上海环交所解除强制下架。",
    )


def not_down(offer: Offer | None) -> Refusal:
    """Why an offer, as it stood, could not be changed."""
    if offer and offer.taken_down:
        return OfferTakenDown(state="taken_down", action="on_shelf", reason=offer.taken_down.reason)
    return Contended()


def take_down(
    command: Command[Any], offer: Offer, sub_platform: str, reason: str, more: tuple[Write, ...] = ()
) -> Decision:
    """It leaves the shelf, and its merchant cannot put it back. Many tills follow one by one. Orders stay. Refuses
    NotFound where its merchant is not beneath the sub-platform (any more), InvalidState where it is down already.
    """

    def refuse(stored: Offer | None) -> Refusal:
        changed = stored and not stored.taken_down  # otherwise, since it was read
        return Contended() if changed else InvalidState(state="taken_down", action="take-down")

    beneath = Attr("merchant.sub_platform").eq(sub_platform) & Attr("merchant.status").is_in(["active", "suspended"])
    note = TakenDown(sub_platform, command.at, reason)
    after = terms.renewed(offer, replace(offer, status="off_shelf", taken_down=note, held_back=None))
    down = {"status": "off_shelf", "taken_down": note, "version": after.version} | moved(offer, "off_shelf")
    free = Attr("taken_down").not_exists()
    writes = (
        check(keys.account(keys.holder(offer.merchant)), beneath, lambda _: NotFound()),
        update(
            keys.offer(offer.id),
            assign=down,
            remove=("held_back",),
            require=terms.as_read(offer) & free,
            refuse=seen(Offer, refuse),
        ),
        *terms.reaching(offer, after, command.now),
    )
    facts = Facts(merchant=offer.merchant, reference=offer.id, reason=reason)
    many = terms.one_by_one(offer)
    return Decision("offer_taken_down", after.to_answer(), (*writes, *more), facts, publish=many)


def allow(
    _: Command[Any], offer: Offer, sub_platform: str, reason: str | None, more: tuple[Write, ...] = ()
) -> Decision:
    """Its merchant may put it on the shelf again. Refuses InvalidState where it is not down."""

    def refuse(stored: Offer | None) -> Refusal:
        return InvalidState(state=stored.status if stored else "?", action="allow")

    require = Attr("taken_down.sub_platform").eq(sub_platform)
    free = update(keys.offer(offer.id), remove=("taken_down",), require=require, refuse=seen(Offer, refuse))
    facts = Facts(merchant=offer.merchant, reference=offer.id, reason=reason)
    return Decision("offer_allowed", replace(offer, taken_down=None).to_answer(), (free, *more), facts)
