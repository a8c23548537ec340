"""Putting offers on the shelf, changing them, and taking them down and back with their merchant."""

from collections.abc import Iterable
from typing import Any

from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.ledger.standing import acting
from chalicelib.mall import model, transfers
from chalicelib.mall.model import STRIPES_MAX, NewOffer, Offer, OfferChange, public
from chalicelib.mall.windows import ALWAYS, NEVER_ENDS
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Item, Write, check, present, put, update


def offer(command: Command[NewOffer], stripes: int, seller: Account | None) -> Decision:
    """A new offer on the shelf with its tills. Refuses RoleNotAllowed where the caller is no merchant, InvalidState
    where it is suspended, InvalidRequest where its event does not allow such an offer. ``seller``: the caller's
    account, as read; the transaction confirms the event that it is in.
    """
    body, merchant = command.body, command.caller.account
    if body.starts_at and body.ends_at and body.ends_at <= body.starts_at:
        raise InvalidRequest.at("/ends_at", "Must be later than starts_at", "应晚于 starts_at")
    if body.ends_at and body.ends_at <= command.now:
        raise InvalidRequest.at("/ends_at", "Must lie in the future", "应晚于当前时间")
    stripes = min(stripes, body.stock, STRIPES_MAX) if body.busy else 1
    item: Item = body.model_dump(exclude={"busy", "stock"}) | _window(body)
    item |= {"id": command.id, "merchant": merchant, "status": "on_shelf", "stripes": stripes, "supplied": body.stock}
    item |= {"edition": command.id, "event": _event(seller)}
    listed = Listing(lists.OFFERS, f"{command.at}:{command.id}").attributes
    return Decision(
        kind="offer_made",
        answer=Offer.model_validate(item | {"stock": body.stock}),
        writes=(
            _merchant(command, item),
            put(keys.offer(command.id), item | listed),
            put(keys.shop(merchant, command.id), {"offer": command.id}),
            *_tills(item),
        ),
    )


def _event(seller: Account | None) -> Item | None:
    """The event that ``seller`` is held to, by its application, and what one account may have of all its offers."""
    merchant = seller.merchant if seller else None
    if merchant is None or merchant.event is None:
        return None
    return {"id": merchant.application, "limit": merchant.event.per_account_limit}


def _window(body: NewOffer) -> Item:
    moments = {"starts_at": body.starts_at, "ends_at": body.ends_at}
    return {name: stamp(moment) if moment else None for name, moment in moments.items()}


def _tills(item: Item) -> Iterable[Write]:
    at_till = {"price": item["points"], "status": "on_shelf", "points": 0, "sweeps": 0, "edition": item["edition"]}
    at_till |= {"starts_at": item["starts_at"] or ALWAYS, "ends_at": item["ends_at"] or NEVER_ENDS}
    for till, count in zip(model.terms(item).tills, transfers.share(item["supplied"], item["stripes"]), strict=True):
        yield put(keys.account(till), at_till | {"units": count})


def change(command: Command[OfferChange], item: Item) -> Decision:
    """New price, stock, shelf state or words. ``item`` is the merchant's own offer as read.

    Price, title and state change on every till in the same transaction, so no sale sees half of it. Refuses
    AccountFrozen, InvalidState where a suspended merchant would put it on the shelf, and InvalidRequest where its time
    is over.
    """
    body = command.body
    _sensible(body, item["ends_at"], command.at)
    words = body.model_dump(exclude_unset=True, exclude={"stock_added"})
    at_till = {target: words[name] for name, target in (("points", "price"), ("status", "status")) if name in words}
    if body.title:
        words["edition"] = at_till["edition"] = command.id
    added = body.stock_added or 0
    tills = model.terms(item).tills
    stocked = dict(zip(tills, transfers.share(added, len(tills)), strict=True))
    changed = (
        update(keys.account(till), assign=at_till, add={"units": count} if count else {}, require=present())
        for till, count in stocked.items()
        if at_till or count
    )
    shown = update(
        keys.offer(item["id"]),
        assign=words,
        add={"supplied": added} if added else {},
        remove=("held_back",) if body.status else (),  # the merchant's own word counts, when it is reinstated too
        require=Attr("merchant").eq(item["merchant"]),
    )
    after = item | words | {"supplied": item["supplied"] + added}
    stocked_by = [list(each) for each in transfers.stocking(item["id"], tills, added).postings]
    may = _merchant(command, item) if body.status == "on_shelf" else acting(item["merchant"])
    return Decision("offer_changed", public(after), (may, shown, *changed), {"stocked": stocked_by})


def _sensible(body: OfferChange, ends_at: str | None, at: str) -> None:
    if not body.model_fields_set or None in body.model_dump(exclude_unset=True).values():
        raise InvalidRequest.at(
            "", "Name at least one field to change, none of them null", "请至少给出一个要修改的字段，且不为 null"
        )
    if body.status == "on_shelf" and ends_at and ends_at <= at:
        raise InvalidRequest.at(
            "/status",
            f"The offer ended at {ends_at}. Make a new one with POST /v1/offers",
            f"该权益的兑换已于 {ends_at} 结束，请通过 POST /v1/offers 重新上架",
        )


def hold_back(_: Command[Any], item: Item, turn: str) -> Decision:
    """An offer leaves the shelf because its merchant may not sell. Refuses InvalidState where either is so no more."""
    held = Attr("status").eq("on_shelf")
    return _shelve(item, turn, held, {"status": "off_shelf", "held_back": turn})


def bring_back(_: Command[Any], item: Item, turn: str) -> Decision:
    """An offer that was held back is on the shelf again. Refuses InvalidState where either is so no more."""
    return _shelve(item, turn, Attr("held_back").exists(), {"status": "on_shelf"}, remove=("held_back",))


def _shelve(item: Item, turn: str, require: ConditionBase, assign: Item, remove: tuple[str, ...] = ()) -> Decision:
    """``turn`` names the merchant's state that this follows from: a later one makes it void."""
    status = assign["status"]

    def refuse(_: Item | None) -> Refusal:
        return InvalidState(state=item["status"], action=status)

    merchant = check(keys.account(keys.holder(item["merchant"])), Attr("merchant.turn").eq(turn), refuse)
    shown = update(keys.offer(item["id"]), assign=assign, remove=remove, require=require, refuse=refuse)
    tills = (
        update(keys.account(till), assign={"status": status}, require=present()) for till in model.terms(item).tills
    )
    return Decision(f"offer_{status}", public(item | {"status": status}), (merchant, shown, *tills), {"turn": turn})


class MerchantSuspended(InvalidState):
    """The merchant's state is in the way, not the offer's."""


def _merchant(command: Command[Any], offer: Item) -> Write:
    """The caller is a merchant that may sell; where it is an event's, ``offer`` keeps to the event's terms."""

    def refuse(item: Item | None) -> Refusal:
        if item and item["status"] == "frozen":
            return AccountFrozen()
        merchant = item.get("merchant") if item and item["status"] == "active" else None
        if merchant is None:
            return RoleNotAllowed(allowed="an institution admitted to the mall", role=command.caller.role)
        if merchant["status"] != "active":
            return MerchantSuspended(state=merchant["status"], action="on_shelf")
        if "event" in merchant and not _inside(merchant["event"], offer):
            return _outside(merchant["event"], offer)
        return Contended()  # admitted to another event since it was read

    may_sell = Attr("status").eq("active") & Attr("merchant.status").eq("active")
    within: ConditionBase = Attr("merchant.event").not_exists()
    if offer["starts_at"] and offer["ends_at"] and offer["per_account_limit"]:
        within |= (
            Attr("merchant.event.starts_at").lte(offer["starts_at"])
            & Attr("merchant.event.ends_at").gte(offer["ends_at"])
            & Attr("merchant.event.per_account_limit").gte(offer["per_account_limit"])
        )
    if "event" in offer:  # none on offers from before events counted over all theirs
        held = Attr("merchant.event").exists() & Attr("merchant.application").eq((offer["event"] or {}).get("id"))
        within &= held if offer["event"] else Attr("merchant.event").not_exists()
    return check(keys.account(keys.holder(command.caller.account)), may_sell & within, refuse)


def _inside(event: Item, offer: Item) -> bool:
    if not (offer["starts_at"] and offer["ends_at"] and offer["per_account_limit"]):
        return False
    in_period = event["starts_at"] <= offer["starts_at"] and offer["ends_at"] <= event["ends_at"]
    return in_period and bool(offer["per_account_limit"] <= event["per_account_limit"])


def _outside(event: Item, offer: Item) -> Refusal:
    """What of an offer is outside the terms of its merchant's event."""
    if not offer["starts_at"] or offer["starts_at"] < event["starts_at"]:
        start = event["starts_at"]
        return InvalidRequest.at("/starts_at", f"The event opens at {start}", f"活动开放时间为 {start}")
    if not offer["ends_at"] or offer["ends_at"] > event["ends_at"]:
        end = event["ends_at"]
        return InvalidRequest.at("/ends_at", f"The event ends at {end}", f"活动结束时间为 {end}")
    limit = event["per_account_limit"]
    return InvalidRequest.at(
        "/per_account_limit", f"The event allows {limit} for one account", f"活动规定每个账户限 {limit} 件"
    )
