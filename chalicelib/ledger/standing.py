"""Whether a holder may act, and whether a merchant may sell: one answer for every room."""

from typing import Any

from chalicelib.errors import Contended, Refusal
from chalicelib.kernel.decision import Command
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountNotOpen, inactive
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, ConditionBase, Item, Write, check, update


def acting(account: str, *, add: Item | None = None) -> Write:
    """The condition of whatever a holder does, or others do in its name: the account is open and not frozen.

    The ledger asks the same of each account that it moves, so this is for a Decision that moves nothing of the
    holder's own. ``add``: counters of the account that move with it. Refuses AccountNotOpen, AccountFrozen,
    AccountClosed.
    """

    def refuse(item: Item | None) -> Refusal:
        return (inactive(item) or Contended()) if item else AccountNotOpen()

    key, active = keys.account(keys.holder(account)), Attr("status").eq("active")
    return update(key, add=add, require=active, refuse=refuse) if add else check(key, active, refuse)


def sells(account: Account) -> bool:
    """Whether a merchant's offers may stand on the shelf: its account is not frozen, and it is not suspended."""
    return account.status == "active" and account.as_merchant.status == "active"


def unturned(account: Account) -> ConditionBase:
    """The condition that its state as a merchant is the one that was read, or that it is none still."""
    merchant, turn = Attr("merchant"), Attr("merchant.turn")
    if account.merchant is None:
        return merchant.not_exists()
    return turn.eq(account.merchant.turn) if account.merchant.turn else merchant.exists() & turn.not_exists()


def offers_follow(command: Command[Any], merchant: str) -> Write:
    """The note that a merchant's offers have to follow it until they have. ``command`` is the turn that they follow."""
    listed = Listing(lists.SHELVING, f"{command.at}:{merchant}")
    return update(keys.shelving(merchant), assign={"turn": command.id}, listed=listed)


def turned(command: Command[Any], account: Item, **changes: Any) -> tuple[Item, Write, Item]:
    """A merchant (``account``, as read) whose standing changes: its new state, the note that its offers have to follow
    until they have, and the facts of its Record, which must be published: a reaction makes the offers follow.

    The state names its latest change (``turn``), and an offer follows no other. So write it in the same transaction, on
    condition that the state is the one that was read: freezing and suspending may then come in any order, or at once.
    """
    id = account["id"]
    return account["merchant"] | changes | {"turn": command.id}, offers_follow(command, id), {"merchant": id}
