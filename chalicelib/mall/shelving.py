"""Offers leave the shelf with a merchant that may not sell, and come back with it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.errors import InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.mall.items import Offer
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, check, present, update

_NOTHING: Mapping[str, str] = {}


def hold_back(_: Command[Any], offer: Offer, turn: str) -> Decision:
    """An offer leaves the shelf because its merchant may not sell. Refuses InvalidState where either is so no more."""
    held = Attr("status").eq("on_shelf")
    return _shelve(replace(offer, status="off_shelf"), turn, held, assign={"held_back": turn})


def bring_back(_: Command[Any], offer: Offer, turn: str) -> Decision:
    """An offer that was held back is on the shelf again. Refuses InvalidState where either is so no more."""
    return _shelve(replace(offer, status="on_shelf"), turn, Attr("held_back").exists(), remove=("held_back",))


def _shelve(
    after: Offer,
    turn: str,
    require: ConditionBase,
    *,
    assign: Mapping[str, str] = _NOTHING,
    remove: tuple[str, ...] = (),
) -> Decision:
    """``turn`` names the merchant's state that this follows from: a later one makes it void."""
    status = {"status": after.status}
    before = {"on_shelf": "off_shelf", "off_shelf": "on_shelf"}[after.status]

    def refuse(_: object) -> Refusal:
        return InvalidState(state=before, action=after.status)

    merchant = check(keys.account(keys.holder(after.merchant)), Attr("merchant.turn").eq(turn), refuse)
    offer = update(keys.offer(after.id), assign={**status, **assign}, remove=remove, require=require, refuse=refuse)
    tills = (update(keys.account(till), assign=status, require=present()) for till in after.tills)
    return Decision(f"offer_{after.status}", after.to_answer(), (merchant, offer, *tills), Facts(turn=turn))
