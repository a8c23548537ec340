"""What the approval of a procedure changes, and what stands in its way. Value moves as Transfers, in one transaction.

A freeze stops a holder, not two officials: a frozen account can be rebound (the new one is frozen, too), freed and
inherited from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.accounts.closing import no_application
from chalicelib.accounts.model import Claim
from chalicelib.accounts.refusals import CampaignsLive
from chalicelib.errors import Refusal
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, NONE
from chalicelib.kernel.decision import Command
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountCondition, post
from chalicelib.ledger.debts import debts_to
from chalicelib.ledger.model import Transfer
from chalicelib.ledger.standing import acting
from chalicelib.logins.actions import replaced
from chalicelib.procedures.endings import after_repayment, cancelled, ended, ending, given, in_the_way, repaid
from chalicelib.procedures.items import Procedure
from chalicelib.procedures.refusals import HeirUnfit, LoginTaken, NumberElsewhere
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, absent, check, present, seen, update

EX_OFFICIO = "ex_officio"  # who stands in the line of points that were cancelled


@dataclass(frozen=True)
class Parties:
    """What a procedure is about, as read: the account, the one that gets what it holds, and who has the number.

    ``promised``: a campaign is live that the account does not count.
    """

    account: Account
    other: Account | None = None
    claim: Claim | None = None
    promised: bool = False


@dataclass(frozen=True)
class Effect:
    """What the Record of an approval is called, and what it does."""

    kind: str
    writes: tuple[Write, ...]
    facts: Facts = field(default_factory=Facts)


def rebind(command: Command[Any], procedure: Procedure, parties: Parties) -> Effect:
    """The whole balance, debts too, and the number move to a new account of the same person under another login.

    Raises AccountClosed, InvalidState while anything is pending, LoginTaken; refuses the same.
    """
    old = parties.account
    _may_end(parties)
    if parties.other:
        raise LoginTaken()
    new = _under_new_login(command, procedure, old)
    transfer = Transfer("account_transfer", (*given(old, new), *debts_to(old, new.holder).postings))
    terms = {old.holder: ending(old), new.holder: AccountCondition()}
    (closed, opened), facts = _post(command, transfer, terms)
    attributes = {name: value for name, value in dump(new).items() if not isinstance(value, int)}
    opened = replace(
        opened,
        assign=attributes,
        add={"points": 0, "grams": 0, "pending": 0, **opened.add},
        require=absent(),
        refuse=lambda _: LoginTaken(),
    )
    closed = ended(command, closed, successor=new.id)
    claimed = _claim(old, dump(Claim(new.id, old.counted_as, open=True)))
    alone = check(keys.login(new.id), absent() | Attr("authority").eq(NONE), lambda _: LoginTaken())
    logins = replaced(old, new) if old.kind == INSTITUTION else (alone,)
    return Effect("account_rebound", (closed, opened, claimed, no_application(old.id, "approve"), *logins), facts)


def _under_new_login(command: Command[Any], procedure: Procedure, old: Account) -> Account:
    return Account(
        id=procedure.other or "",
        kind=old.kind,
        status=old.status,
        name=old.name,
        opened_at=command.at,
        identity=old.identity,
        person=old.counted_as,
        guardian=old.guardian,
        campaigns=old.campaigns,
        formerly=old.formerly | {old.id},
        earlier=old.earlier,
    )


def free_identity(command: Command[Any], procedure: Procedure, parties: Parties) -> Effect:
    """The number is let go for its owner, and the account that had it is closed for good.

    What it holds repays what it owes; the rest is cancelled, and the grams behind it are retired. An account that its
    holder has closed already loses the number only. Raises NumberElsewhere, InvalidState while anything is pending.
    """
    wrong, claim = parties.account, parties.claim
    if not wrong.identity or claim is None or claim.account != wrong.id:
        raise NumberElsewhere(state=wrong.status, action=procedure.kind)
    if wrong.status != "closed":
        _may_end(parties)
    transfer = Transfer("ex_officio_cancellation", (*repaid(wrong), *cancelled(wrong)))
    (closed,), facts = _post(command, transfer, {wrong.holder: ending(wrong)})
    freed = _claim(wrong, {"open": False, "mark": "freed"})
    writes = (ended(command, closed), freed, no_application(wrong.id, "approve"))
    return Effect("identity_freed", writes, replace(facts, counterparty=EX_OFFICIO))


def inherit(command: Command[Any], procedure: Procedure, parties: Parties) -> Effect:
    """What the account holds repays what it owes; the rest goes to the heir, and the number opens no account again.

    A debt that is left stays with the closed account: an heir pays at most what she inherits. What comes back later is
    the heir's too, and repays that debt first (``Payee``). Raises AccountClosed, HeirUnfit, InvalidState while anything
    is pending; refuses the same.
    """
    old, heir = parties.account, parties.other
    _may_end(parties)
    if heir is None or heir.status != "active" or heir.counted_as == old.counted_as:
        raise HeirUnfit(state=heir.status if heir else "?", action=procedure.kind)
    left = given(after_repayment(old), heir)
    transfer = Transfer("inheritance", (*repaid(old), *left))
    terms = {old.holder: ending(old)} | ({heir.holder: _inheriting()} if left else {})
    (closed, *inherits), facts = _post(command, transfer, terms)
    barred = _claim(old, {"open": False, "mark": "ended"})
    writes = (
        ended(command, closed, heir=heir.id),
        *(inherits or [acting(heir.id)]),
        barred,
        no_application(old.id, "approve"),
    )
    return Effect("account_inherited", writes, facts)


def rename(_: Command[Any], procedure: Procedure, parties: Parties) -> Effect:
    """New certificates and offers bear the new name; what was signed keeps the old one. Raises AccountClosed."""
    account = parties.account
    if account.status == "closed":
        raise AccountClosed()
    open_ = present() & Attr("status").ne("closed")
    write = update(account.key, assign={"name": procedure.name}, require=open_, refuse=lambda _: AccountClosed())
    merchant = Facts(merchant=account.id) if account.merchant else Facts()  # its system is notified
    return Effect("account_renamed", (write,), merchant)


EFFECTS: Mapping[str, Callable[[Command[Any], Procedure, Parties], Effect]] = {
    "rebind": rebind,
    "free_identity": free_identity,
    "inheritance": inherit,
    "rename": rename,
}


def _may_end(parties: Parties) -> None:
    if parties.promised:
        raise CampaignsLive(state="active", action="approve")
    if found := in_the_way(parties.account):
        raise found


def _inheriting() -> AccountCondition:
    def refuse(heir: Account | None) -> Refusal:
        return HeirUnfit(state=heir.status if heir else "?", action="approve")

    return AccountCondition(kind=INDIVIDUAL, refuse=seen(Account, refuse))


def _claim(account: Account, after: Mapping[str, Any]) -> Write:
    return update(keys.identity(account.identity), assign=after, require=Attr("account").eq(account.id))


def _post(
    command: Command[Any], transfer: Transfer, terms: Mapping[str, AccountCondition]
) -> tuple[tuple[Write, ...], Facts]:
    """The ledger's Writes, in the order of ``terms``, which name every account; no movement where nothing moves."""
    writes, facts = post(transfer, record=command.id, terms=terms)
    return writes, facts if transfer.postings else Facts()
