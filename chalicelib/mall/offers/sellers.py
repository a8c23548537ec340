"""Who may put an offer on the shelf, which offers an event allows, and when its merchant is free to leave."""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, EventTerms
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.ledger.standing import sells, unturned
from chalicelib.mall.items import Offer
from chalicelib.mall.model import EventCompletion, Left
from chalicelib.merchants.members import leaves
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, check, seen, update

_SELLS = Attr("status").eq("active") & Attr("merchant.status").eq("active")


@dataclass(frozen=True)
class Selling:
    """An account's standing as a merchant, as far as the mall looks at it."""

    status: str
    application: str | None = None
    event: EventTerms | None = None
    sub_platform: str | None = None
    since: str = ""
    veto: str | None = None


@dataclass(frozen=True)
class Seller:
    """An institution's account as the mall sees it: a partial view."""

    status: str
    merchant: Selling | None = None


class MerchantSuspended(InvalidState):
    """The merchant's state is in the way, not the offer's."""


class SubPlatformSuspended(MerchantSuspended):
    """Nothing is wrong with the merchant itself."""

    detail = Text(
        "The sub-platform that the merchant sells under may not sell at present, and so may none of its merchants.",
        "该权益方所属分平台目前不得上架权益，其下各权益方亦同。",
    )
    remedy = Text(
        "Orders are served as before. Try again once the sub-platform sells again.",
        "已有订单照常履行。请待该分平台恢复后再试。",
    )


class AdmissionVetoed(MerchantSuspended):
    detail = Text(
        "The exchange vetoed the merchant's admission to the sub-platform: {reason}.",
        "上海环交所已否决该权益方入驻分平台：{reason}。",
    )
    remedy = Text(
        "Serve the orders that there are. To sell again, apply with POST /v1/applications.",
        "已有订单请继续履行。如需再次上架权益，请通过 POST /v1/applications 提出入驻申请。",
    )


def may_sell(command: Command[Any], offer: Offer, seller: Seller | None) -> tuple[Write, ...]:
    """The caller (``seller``, as read) is a merchant that may sell, and so is the sub-platform above it, if it has one;
    where its mode is an event, ``offer`` keeps to the event's terms. (Of one beside its mode that is known before.)
    """
    above = seller.merchant.sub_platform if seller and seller.merchant else None
    own = _sells_itself(command, offer, above)
    return (own, check(keys.account(keys.holder(above)), _SELLS, seen(Seller, _above))) if above else (own,)


_ADMITTED = Text("an institution admitted to the mall", "已入驻商城的机构")


def not_selling(seller: Seller | None, role: str) -> Refusal | None:
    """Why an account, as read, may not sell; None where nothing of its own is in the way."""
    if seller and seller.status == "frozen":
        return AccountFrozen()
    if seller is None or seller.status != "active" or seller.merchant is None:
        return RoleNotAllowed(allowed=_ADMITTED, role=role)
    if seller.merchant.veto:
        return AdmissionVetoed(state=seller.merchant.status, action="on_shelf", reason=seller.merchant.veto)
    return None if sells(seller) else MerchantSuspended(state=seller.merchant.status, action="on_shelf")


def above_sells(above: Seller | None) -> None:
    """Raises SubPlatformSuspended where the sub-platform ``above``, as read, may not sell."""
    if above is None or above.merchant is None or not sells(above):
        raise SubPlatformSuspended(state="suspended", action="on_shelf")


def _above(_: Seller | None) -> Refusal:
    return SubPlatformSuspended(state="suspended", action="on_shelf")


def _sells_itself(command: Command[Any], offer: Offer, above: str | None) -> Write:
    def refuse(seller: Seller | None) -> Refusal:
        if reason := not_selling(seller, command.caller.role):
            return reason
        merchant = seller.merchant if seller else None
        if merchant and beside:
            ended = merchant.since > beside  # with the admission that it belonged to
            return MerchantSuspended(state="ended", action="on_shelf") if ended else Contended()
        event = merchant.event if merchant else None
        reason = outside(event, offer) if event else None
        return reason or Contended()  # admitted to another event, or elsewhere, since it was read

    beside, beneath = offer.event.beside if offer.event else None, Attr("merchant.sub_platform")
    require = _SELLS & (beneath.eq(above) if above else beneath.not_exists())
    require &= Attr("merchant.since").lte(beside) if beside else _within(offer)
    if not beside and (offer.edition or offer.event):  # offers from before editions do not name their event
        require &= _of_its_event(offer)
    return check(keys.account(keys.holder(command.caller.account)), require, seen(Seller, refuse))


def complete(command: Command[Any], account: Account) -> Decision:
    """Nothing is left to serve or to sweep of a merchant (``account``, as read) whose event is over: it may close its
    account. Nothing is sold after an event, so what was found stays true. Refuses Contended where it was admitted
    again or turned meanwhile.
    """
    merchant = replace(account.as_merchant, completed=command.at, turn=command.id)
    completed = update(account.key, assign={"merchant": merchant}, require=unturned(account))
    answer = EventCompletion(merchant=account.id, completed_at=command.at)
    return Decision("event_completed", answer, (completed,), Facts(merchant=account.id))


def leave(command: Command[Any], account: Account) -> Decision:
    """A merchant (``account``, as read) whose event is over gives its place beneath a sub-platform back. Refuses
    Contended where it turned meanwhile.
    """
    merchant = replace(account.as_merchant, counted=None, turn=command.id)
    left = update(account.key, assign={"merchant": merchant}, require=unturned(account))
    answer = Left(merchant=account.id, sub_platform=str(merchant.sub_platform), left_at=command.at)
    return Decision("member_left", answer, (left, *leaves(command, account, "ended", None)), Facts(merchant=account.id))


def _within(offer: Offer) -> ConditionBase:
    """No event, or one that allows the offer."""
    within: ConditionBase = Attr("merchant.event").not_exists()
    if offer.starts_at and offer.ends_at and offer.per_account_limit:
        within |= (
            Attr("merchant.event.starts_at").lte(offer.starts_at)
            & Attr("merchant.event.ends_at").gte(offer.ends_at)
            & Attr("merchant.event.per_account_limit").gte(offer.per_account_limit)
        )
    return within


def _of_its_event(offer: Offer) -> ConditionBase:
    """The seller is in the event that the offer counts for, or in none."""
    if offer.event:
        return Attr("merchant.event").exists() & Attr("merchant.application").eq(offer.event.id)
    return Attr("merchant.event").not_exists()


def outside(event: EventTerms, offer: Offer) -> Refusal | None:
    """What of an offer is outside the terms of its event."""
    start, end, limit = event.starts_at, event.ends_at, event.per_account_limit
    if not offer.starts_at or offer.starts_at < start:
        return InvalidRequest.at("/starts_at", f"The event opens at {start}", f"活动开放时间为 {start}")
    if not offer.ends_at or offer.ends_at > end:
        return InvalidRequest.at("/ends_at", f"The event ends at {end}", f"活动结束时间为 {end}")
    if not offer.per_account_limit or offer.per_account_limit > limit:
        return InvalidRequest.at(
            "/per_account_limit", f"The event allows {limit} for one account", f"活动规定每个账户限 {limit} 件"
        )
    return None
