"""Ending an account for good: what stands in the way, and what becomes of what it holds. Pure."""

from dataclasses import replace
from typing import Any

from chalicelib.accounts.closing import bound, unbound
from chalicelib.errors import Contended, Refusal
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountCondition
from chalicelib.ledger.debts import as_owed, repayment
from chalicelib.ledger.model import GRAMS, POINTS, Posting
from chalicelib.procedures.refusals import OrdersPending
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, seen


def in_the_way(account: Account) -> Refusal | None:
    """Why the account cannot be ended now; None where nothing is pending."""
    if account.status == "closed":
        return AccountClosed()
    if account.pending:
        return OrdersPending(pending=account.pending, state=account.status, action="approve")
    return bound(account, "approve")


def ending(account: Account) -> AccountCondition:
    """It is as it was read, to the gram, and nothing is pending: what moves is everything that it holds."""
    as_read: ConditionBase = Attr("status").eq(account.status) & as_owed(account)
    for asset, amount in _holdings(account):
        as_read &= Attr(asset).eq(amount)
    if account.status != "closed":
        as_read &= unbound()

    def refuse(found: Account | None) -> Refusal:
        return (in_the_way(found) if found else None) or Contended()

    return AccountCondition(require=as_read, refuse=seen(Account, refuse), even_closed=True)


def ended(command: Command[Any], write: Write, **more: str) -> Write:
    """The account is closed for good: it has no number any more, so nobody opens it again."""
    return replace(write, assign={"status": "closed", "closed_at": command.at, "identity": "", **more})


def _holdings(account: Account) -> list[tuple[str, int]]:
    return [(POINTS, account.points), (GRAMS, account.grams)]


def given(account: Account, other: Account) -> list[Posting]:
    return [Posting(account.holder, other.holder, amount, asset) for asset, amount in _holdings(account) if amount]


def _repayable(account: Account) -> dict[str, int]:
    """What it holds of each asset and owes as well."""
    return {POINTS: min(account.points, account.debt_points), GRAMS: min(account.grams, account.debt_grams)}


def repaid(account: Account) -> list[Posting]:
    """What it holds repays what it owes, first."""
    amounts = _repayable(account).items()
    return [each for asset, amount in amounts if amount for each in repayment(account.holder, asset, amount)]


def after_repayment(account: Account) -> Account:
    gone = _repayable(account)
    return replace(account, points=account.points - gone[POINTS], grams=account.grams - gone[GRAMS])


def cancelled(account: Account) -> list[Posting]:
    """Everything that is left is given up, and the grams behind it are retired."""
    left = after_repayment(account)
    points = Posting(left.holder, keys.POOL, left.points, POINTS), Posting(keys.POOL, keys.RETIRED, left.points, GRAMS)
    return [each for each in (*points, Posting(left.holder, keys.RETIRED, left.grams, GRAMS)) if each.amount]
