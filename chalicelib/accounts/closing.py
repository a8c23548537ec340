"""Closing an account, and what keeps one open."""

from dataclasses import replace

from chalicelib.accounts.model import Claim, to_answer
from chalicelib.accounts.refusals import (
    AccountNotEmpty,
    ApplicationOpen,
    CampaignsLive,
    DebtStays,
    HoldsLive,
    MerchantStays,
)
from chalicelib.errors import Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountNotOpen, inactive
from chalicelib.ledger.debts import as_owed
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, ConditionBase, Write, absent, check, seen, update


def close_account(command: Command[Empty], account: Account, *, promised: bool) -> Decision:
    """Close the caller's account (as read) and let go of its number.

    The number still names its person: an account that is opened with it later shares the limits and caps.

    ``promised``: a campaign is live that the account does not count (see ``queries.promises``).
    Refuses AccountClosed, and InvalidState while it holds, awaits or owes anything.
    """
    if promised:
        raise CampaignsLive(state="active", action="close")
    empty = Attr("points").eq(0) & Attr("grams").eq(0) & as_owed(replace(account, debt_points=0, debt_grams=0))
    return Decision(
        kind="account_closed",
        answer=to_answer(replace(account, status="closed")),
        writes=(
            update(
                account.key,
                assign={"status": "closed", "closed_at": command.at},
                require=Attr("status").eq("active") & empty & unbound(),
                refuse=seen(Account, _why_open),
            ),
            no_application(account.id),
            update(
                keys.identity(account.identity),
                assign=dump(Claim(account.id, account.counted_as, open=False)),
                require=Attr("account").eq(account.id),
            ),
        ),
    )


def unbound() -> ConditionBase:
    """The condition that nothing of others waits for the account: orders, reductions, holds, campaigns, a mall."""
    live, held = Attr("campaigns_live"), Attr("held")
    free = (live.not_exists() | live.eq(0)) & (held.not_exists() | held.eq(0)) & Attr("pending").eq(0)
    return free & (Attr("merchant").not_exists() | Attr("merchant.completed").exists())


def bound(account: Account, action: str = "close") -> Refusal | None:
    """What binds the account to others, orders and reductions that are pending left out; None where nothing does."""
    if account.merchant and not account.merchant.completed:
        return MerchantStays(state="merchant", action=action)
    if account.campaigns_live:
        return CampaignsLive(state="active", action=action)
    return HoldsLive(held=account.held, state="active", action=action) if account.held else None


def no_application(account: str, action: str = "close") -> Write:
    """The condition that no application of the institution is open. Refuses ApplicationOpen."""
    return check(keys.applying(account), absent(), lambda _: ApplicationOpen(state="active", action=action))


def _why_open(account: Account | None) -> Refusal:
    if account is None:
        return AccountNotOpen()
    if found := inactive(account) or bound(account):
        return found
    if account.debt_points or account.debt_grams:
        owed = {"debt_points": account.debt_points, "debt_grams": account.debt_grams}
        return DebtStays(**owed, state="active", action="close")
    left = {"points": account.points, "grams": account.grams, "pending": account.pending}
    return AccountNotEmpty(**left, state="active", action="close")
