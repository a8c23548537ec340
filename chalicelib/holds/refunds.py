"""Captured points go back to the person."""

from dataclasses import replace

from chalicelib.errors import AlreadyRefunded, InvalidRequest
from chalicelib.holds.items import Hold
from chalicelib.holds.model import HoldRefund, pay_back, to_answer
from chalicelib.holds.rules.parts import moved, posted, step_from
from chalicelib.kernel.caller import EXCHANGE
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger import refunds
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountCondition
from chalicelib.ledger.refunds import Payee
from chalicelib.table import keys
from chalicelib.table.write import Attr


def refund(command: Command[HoldRefund], hold: Hold, merchant: Account, payee: Payee) -> Decision:
    """Captured points go back to the person, in parts, never more than were captured; ``payee`` says to which account
    of hers. What the ``merchant`` (the account that it has by now, as read) lacks because its points were bought back,
    it gives as grams.

    As with orders, a frozen merchant cannot refund, and the exchange can. Raises InvalidState, AlreadyRefunded,
    InvalidRequest over what is left; refuses InsufficientPoints, PayeeClosed.
    """
    points, role = command.body.points, command.caller.role
    refundable(command, hold)
    after = replace(hold, refunded_points=hold.refunded_points + points)
    as_read = Attr("refunded_points").eq(hold.refunded_points)
    terms = {
        hold.name: AccountCondition(require=as_read, refuse=moved, add={"refunded_points": points}),
        merchant.holder: refunds.condition(points, merchant, even_frozen=role == EXCHANGE),
    } | payee.conditions()
    owner = keys.holder(hold.account)
    transfer = refunds.brought_to(payee, pay_back(hold, points, merchant), owner)
    writes, facts = posted(command, hold, transfer, refunds.touched(terms, transfer, hold.name))
    return Decision(
        "hold_refunded", to_answer(after), writes, replace(facts, reason=command.body.reason, owner=payee.owner(owner))
    )


def refundable(command: Command[HoldRefund], hold: Hold) -> None:
    """Raises InvalidState, AlreadyRefunded, InvalidRequest where so many points of a hold cannot go back."""
    step_from(command, hold, "refund")
    if command.caller.role == EXCHANGE and command.body.reason is None:
        raise InvalidRequest.at("/reason", "The exchange gives a reason", "上海环交所退还碳积分须说明原因")
    left = hold.captured_points - hold.refunded_points
    if not left:
        raise AlreadyRefunded()
    if command.body.points > left:
        raise InvalidRequest.at("/points", f"At most {left} are left to refund", f"最多可退还 {left} 碳积分")
