"""Offers leave the shelf with a merchant that may not sell, and come back with it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from chalicelib.errors import InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import sells, unturned
from chalicelib.mall.items import Offer
from chalicelib.mall.offers.windows import moved
from chalicelib.mall.tills import terms
from chalicelib.merchants.model import GONE
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, check, update

_FROM = {"on_shelf": "off_shelf", "off_shelf": "on_shelf"}


class Standing(NamedTuple):
    """What a merchant's offers follow: its state as read, and that of the sub-platform above it, if it has one."""

    merchant: Account
    above: Account | None = None

    @property
    def sells(self) -> bool:
        return sells(self.merchant, self.above)

    @property
    def ended(self) -> bool:
        """It is no merchant any more, so that nothing is to come back."""
        return self.merchant.as_merchant.status in GONE

    @property
    def turn(self) -> str:
        """The latest changes of both: a later one makes void what follows from this."""
        accounts = (self.merchant, self.above) if self.above else (self.merchant,)
        return "/".join(str(each.as_merchant.turn) for each in accounts)

    def follows(self, offer: Offer) -> bool:
        """Whether the offer stands as it should."""
        if self.sells:
            return not offer.held_back
        return offer.status == "off_shelf" and not (self.ended and offer.held_back)

    def checks(self, refuse: Any) -> Iterable[Write]:
        """That both are still as they were read."""
        for each in (self.merchant, self.above):
            if each:
                yield check(each.key, unturned(each), refuse)


def hold_back(command: Command[Any], offer: Offer, standing: Standing) -> Decision:
    """An offer leaves the shelf because its merchant may not sell. Refuses InvalidState where either is so no more."""
    held = Attr("status").eq("on_shelf")
    after = replace(offer, status="off_shelf", held_back=standing.turn)
    return _shelve(command, (offer, after), standing, held)


def bring_back(command: Command[Any], offer: Offer, standing: Standing) -> Decision:
    """An offer that was held back is on the shelf again. Refuses InvalidState where either is so no more."""
    after = replace(offer, status="on_shelf", held_back=None)
    return _shelve(command, (offer, after), standing, Attr("held_back").exists())


def put_away(command: Command[Any], offer: Offer, standing: Standing) -> Decision:
    """An offer leaves the shelf for good, or is not to come back: its merchant is none any more. Refuses as above."""
    there = Attr("status").eq("on_shelf") | Attr("held_back").exists()
    after = replace(offer, status="off_shelf", held_back=None)
    return _shelve(command, (offer, after), standing, there)


def _shelve(command: Command[Any], change: tuple[Offer, Offer], standing: Standing, require: ConditionBase) -> Decision:
    """``standing`` is what the ``change`` (before and after) follows from: a later turn makes it void."""
    before, after = change[0], terms.renewed(*change)

    def refuse(_: object) -> Refusal:
        return InvalidState(state=_FROM[after.status], action=after.status)

    assign = {"status": after.status, "version": after.version, **moved(after, after.status)}
    if after.held_back:
        assign |= {"held_back": after.held_back}
    offer = update(
        keys.offer(after.id),
        assign=assign,
        remove=() if after.held_back else ("held_back",),
        require=terms.as_read(before) & require,
        refuse=terms.unless_changed(before, refuse),
    )
    writes = (*standing.checks(refuse), offer, *terms.reaching(before, after, command.now))
    many, facts = terms.one_by_one(before), Facts(turn=standing.turn)
    return Decision(f"offer_{after.status}", after.to_answer(), writes, facts, publish=many)
