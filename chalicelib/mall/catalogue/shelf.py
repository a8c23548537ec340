"""Putting offers on the shelf, changing them, and taking them down and back with their merchant."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.errors import InvalidRequest, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.standing import acting
from chalicelib.mall import transfers
from chalicelib.mall.catalogue import event_stock, event_terms
from chalicelib.mall.catalogue.takedown import not_down
from chalicelib.mall.categories import lane
from chalicelib.mall.items import Offer, Pointer
from chalicelib.mall.model import STRIPES_MAX, NewOffer, OfferChange
from chalicelib.mall.offers.sellers import Seller, may_sell
from chalicelib.mall.offers.windows import by_points, moved
from chalicelib.mall.tills import sizes, terms
from chalicelib.merchants.beside import MerchantEvent
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Write, put, seen, update


def offer(
    command: Command[NewOffer], stripes: int, seller: Seller | None, named: MerchantEvent | None = None
) -> Decision:
    """A new offer on the shelf with its tills. Refuses RoleNotAllowed where the caller is no merchant, InvalidState
    where it is suspended, InvalidRequest where its event does not allow such an offer. ``seller``: the caller's
    account, as read; the transaction confirms the event that it is in. ``named``: the event beside its mode that the
    body names, as read.
    """
    body = command.body
    new = _new(command, min(stripes, body.stock, STRIPES_MAX) if body.busy else 1)
    new = event_terms.at_event(command, new, seller, named)
    if new.starts_at and new.ends_at and new.ends_at <= new.starts_at:
        raise InvalidRequest.at("/ends_at", "Must be later than starts_at", "应晚于 starts_at")
    if new.ends_at and new.ends_at <= command.at:
        raise InvalidRequest.at("/ends_at", "Must lie in the future", "应晚于当前时间")
    return Decision(
        kind="offer_made",
        answer=new.to_answer(),
        writes=(
            *may_sell(command, new, seller),
            put(keys.offer(new.id), new, listed=Listing(lane(lists.OFFERS, new.category), f"{command.at}:{new.id}")),
            put(keys.shop(new.merchant, new.id), _pointer(new), listed=_by_points(new, new.points, command.at)),
            *_own_code(new),
            *event_terms.listed(new),
            *event_stock.supply(new, new.supplied, "/stock", command.at),
            *transfers.supply(new.id, command.at, new.supplied, first=True),
            *_tills(new),
        ),
    )


def _new(command: Command[NewOffer], stripes: int) -> Offer:
    body = command.body
    return Offer(
        id=command.id,
        merchant=command.caller.account,
        status="on_shelf",
        stripes=stripes,
        supplied=body.stock,
        edition=command.id,
        starts_at=stamp(body.starts_at) if body.starts_at else None,
        ends_at=stamp(body.ends_at) if body.ends_at else None,
        images=tuple(body.images),
        **body.model_dump(exclude={"busy", "stock", "starts_at", "ends_at", "images", "event"}),
    )


def _pointer(offer: Offer) -> Pointer:
    return Pointer(offer.id, offer.category, offer.merchant)


def _by_points(offer: Offer, points: int, at: str) -> Listing:
    return lists.by_points(by_points(offer, at), points, offer.id)


def _own_code(offer: Offer) -> Iterable[Write]:
    """The merchant's own code for the offer, which names no other one ever."""

    def refuse(pointer: Pointer | None) -> Refusal:
        other = pointer.offer if pointer else "?"
        return InvalidRequest.at("/sku", f"It names your offer {other} already", f"该编码已用于权益 {other}")

    if offer.sku:
        yield put(keys.sku(offer.merchant, offer.sku), Pointer(offer.id), refuse=seen(Pointer, refuse))


def _tills(offer: Offer) -> Iterable[Write]:
    for name, units in zip(offer.tills, transfers.share(offer.supplied, offer.stripes), strict=True):
        yield put(keys.account(name), replace(sizes.empty(offer), units=units))


def change(
    command: Command[OfferChange], offer: Offer, *, supplied: int | None = None, seller: Seller | None = None
) -> Decision:
    """New price, stock, shelf state or words. ``offer`` is the merchant's own and ``seller`` its account, as read.

    Price, title and state change at few tills in the same transaction; many follow (tills/following.py), each at once
    with all of it, so no sale sees half. ``supplied``: what the added stock was computed from; an offer that was
    supplied with more meanwhile is read again. Refuses AccountFrozen, InvalidState where a suspended merchant would put
    it on the shelf, its sub-platform took it down or its event is open (PriceFrozen), and InvalidRequest where its time
    is over.
    """
    body = command.body
    _sensible(body, offer.ends_at, command.at)
    event_terms.frozen(offer, body, command.at)
    if body.stock_added and offer.pooled:
        raise InvalidRequest.at(
            "/stock_added",
            "Its stock is its unsold codes: add codes with POST /v1/offers/{id}/vouchers",
            "该权益的库存为未兑出的券码数量，请通过 POST /v1/offers/{id}/vouchers 补充券码",
        )
    words = body.model_dump(exclude_none=True, exclude={"stock_added"})
    if body.title:
        words["edition"] = command.id
    added = body.stock_added or 0
    after = terms.renewed(offer, replace(offer, **words, supplied=offer.supplied + added))
    changed = update(
        keys.offer(offer.id),
        assign=words | {"version": after.version} | (moved(offer, body.status) if body.status else {}),
        add={"supplied": added} if added else {},
        remove=("held_back",) if body.status else (),  # the merchant's own word counts, when it is reinstated too
        require=_as_read(offer, supplied, to_shelf=body.status == "on_shelf"),
        refuse=seen(Offer, not_down),
    )
    parts = terms.shares(offer, added, command.id)
    facts = Facts(stocked=transfers.restocking(offer.id, parts).postings)
    may = may_sell(command, offer, seller) if body.status == "on_shelf" else (acting(offer.merchant),)
    more = (*_more(command, offer, added), *_place(after, body.points, command.at))
    writes = (*may, changed, *more, *terms.reaching(offer, after, command.now, parts))
    return Decision("offer_changed", after.to_answer(), writes, facts, publish=terms.one_by_one(offer))


def _more(command: Command[OfferChange], offer: Offer, added: int) -> Iterable[Write]:
    """Units that come, in the sums of its event and of its stock."""
    yield from event_stock.supply(offer, added, "/stock_added", command.at)
    yield from transfers.supply(offer.id, command.at, added)


def _as_read(offer: Offer, supplied: int | None, *, to_shelf: bool) -> ConditionBase:
    require = terms.as_read(offer)
    if supplied is not None:
        require &= Attr("supplied").eq(supplied)
    return require & Attr("taken_down").not_exists() if to_shelf else require


def _place(offer: Offer, points: int | None, at: str) -> Iterable[Write]:
    """Where a changed price stands among the others."""
    if points is not None:
        place = _by_points(offer, points, at)
        yield update(keys.shop(offer.merchant, offer.id), assign=vars(_pointer(offer)), listed=place)


def _sensible(body: OfferChange, ends_at: str | None, at: str) -> None:
    if not body.model_dump(exclude_none=True):
        raise InvalidRequest.at("", "Name at least one field to change", "请至少填写一个需修改的字段")
    if body.status == "on_shelf" and ends_at and ends_at <= at:
        raise InvalidRequest.at(
            "/status",
            f"The offer ended at {ends_at}. Make a new one with POST /v1/offers",
            f"该权益的兑换已于 {ends_at} 结束，请通过 POST /v1/offers 重新上架",
        )
