"""Whether a holder may act, and whether a merchant may sell: one answer for every room."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from chalicelib.errors import Contended, NotFound, Refusal
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account, AnyAccount, Merchant
from chalicelib.ledger.actions import AccountNotOpen, inactive
from chalicelib.table import keys
from chalicelib.table.lists import SHELVING, Listing
from chalicelib.table.write import Attr, ConditionBase, Write, check, seen, update


def acting(account: str, *, add: Mapping[str, int] | None = None) -> Write:
    """The condition of whatever a holder does, or others do in its name: the account is open and not frozen.

    The ledger asks the same of each account that it moves, so this is for a Decision that moves nothing of the
    holder's own. ``add``: counters of the account that move with it. Refuses AccountNotOpen, AccountFrozen,
    AccountClosed.
    """

    def refuse(found: AnyAccount | None) -> Refusal:
        return (inactive(found) or Contended()) if found else AccountNotOpen()

    key, active, why = keys.account(keys.holder(account)), Attr("status").eq("active"), seen(AnyAccount, refuse)
    return update(key, add=add, require=active, refuse=why) if add else check(key, active, why)


class _State(Protocol):
    @property
    def status(self) -> str: ...


class Selling(_State, Protocol):
    """An account, as far as it is asked whether it may sell. Each room reads what it needs of one."""

    @property
    def merchant(self) -> _State | None: ...


def sells(account: Selling, above: Selling | None = None) -> bool:
    """Whether an account may sell anything new: it is a merchant, neither frozen nor suspended, and stays one. The
    same goes for the sub-platform ``above`` it, where it has one. Raises NotFound for an active account of no merchant.
    """
    if account.status != "active":
        return False
    if account.merchant is None:
        raise NotFound()
    return account.merchant.status == "active" and (above is None or sells(above))


def unturned(account: Account) -> ConditionBase:
    """The condition that its state as a merchant is the one that was read, or that it is none still."""
    merchant, turn = Attr("merchant"), Attr("merchant.turn")
    if account.merchant is None:
        return merchant.not_exists()
    return turn.eq(account.merchant.turn) if account.merchant.turn else merchant.exists() & turn.not_exists()


def turned(command: Command[Any], account: Account, **changes: Any) -> tuple[Merchant, Write]:
    """A merchant (``account``, as read) whose standing changes: its new state, the note that its offers have to follow
    until they have. Its Record names the merchant and is published: a reaction makes the offers follow.

    The state names its latest change (``turn``), and an offer follows no other. So write it in the same transaction, on
    condition that the state is the one that was read (``unturned``): freezing and suspending may then come in any
    order, or at once.
    """
    listed = Listing(SHELVING, f"{command.at}:{account.id}")
    note = update(keys.shelving(account.id), assign={"turn": command.id}, listed=listed)
    return replace(account.as_merchant, turn=command.id, **changes), note
