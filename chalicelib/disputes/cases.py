"""What disputes are about, as of now: for the person who opens one, for the official who rules it, for the stream."""

from dataclasses import dataclass, replace

from chalicelib.accounts import queries as accounts
from chalicelib.disputes.items import Dispute, Kind, Matter
from chalicelib.errors import NotFound
from chalicelib.holds import queries as holds
from chalicelib.holds.items import Hold
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.ledger.account import Account
from chalicelib.ledger.refunds import Payee
from chalicelib.mall.items import Sale
from chalicelib.mall.redemptions import order_book
from chalicelib.reductions.items import Recipient, Reduction
from chalicelib.reductions.lookup import queries as reductions
from chalicelib.table import keys
from chalicelib.table.write import Attr


@dataclass(frozen=True)
class HeldCase:
    """A disputed hold, its merchant's account, and who gets what comes back."""

    hold: Hold
    merchant: Account
    payee: Payee


@dataclass(frozen=True)
class ReducedCase:
    """A disputed reduction, whom it is credited to, and the account that a reversal takes it from."""

    reduction: Reduction
    recipient: Recipient
    account: Account


Case = Sale | HeldCase | ReducedCase


def matter(caller: Caller, kind: Kind, object: str) -> Matter:
    """What a person wants to dispute: an object of her own, also of an account that hers came after; or an institution:
    a reduction of its own. The account is the one that claims. Raises NotFound.
    """
    try:
        found = {"redemption": _order, "hold": _hold, "reduction": _reduction}[kind](caller, object)
    except NotFound:
        raise _not_hers() from None
    own = caller.holds(INSTITUTION, found.account) if found.institution else accounts.is_of(caller, found.account)
    if not own:
        raise _not_hers()
    return replace(found, account=caller.account)


def _not_hers() -> NotFound:
    return NotFound.at("/object", "Is none of the caller's own objects of this kind", "不是本人的此类对象")


def _order(caller: Caller, id: str) -> Matter:
    order, _ = order_book.order(caller, id)
    none, same = Attr("status").not_exists(), Attr("status").eq(order.status)
    return Matter(
        key=keys.order(id),
        unchanged=none if order.status == "placed" else none | same,
        state=order.status,
        at=order.at,
        account=order.account,
        merchant=order.merchant,
        open=order.status != "refunded",
    )


def _hold(caller: Caller, id: str) -> Matter:
    hold = holds.own(caller, id)
    left = hold.amount if hold.status == "held" else hold.captured_points - hold.refunded_points
    return Matter(
        key=hold.key,
        unchanged=Attr("status").eq(hold.status) & Attr("refunded_points").eq(hold.refunded_points),
        state=hold.status if hold.status != "captured" or left else "refunded",
        at=hold.placed_at,
        account=hold.account,
        merchant=hold.merchant,
        open=hold.status in ("held", "captured") and left > 0,
    )


def _reduction(caller: Caller, id: str) -> Matter:
    found = reductions.reduction(caller, id)
    return Matter(
        key=found.key,
        unchanged=Attr("status").eq(found.answer.status),
        state=found.answer.status,
        at=found.record.at,
        account=found.recipient.id,
        operator=found.record.caller,
        institution=found.recipient.kind == INSTITUTION,
    )


def case(caller: Caller, dispute: Dispute) -> Case:
    """The object of a dispute as it stands, for the official ``caller``, who rules it."""
    if dispute.kind == "redemption":
        return order_book.sale(caller, dispute.object)
    if dispute.kind == "hold":
        hold = holds.item(dispute.object)
        return HeldCase(hold, *holds.paying_back(hold))
    reduction = reductions.reduction(caller, dispute.object)
    recipient = reductions.recipient(reduction.recipient.id)
    return ReducedCase(reduction, recipient, accounts.present(recipient.id))
