"""Debts: what a reversal could not take back. Whatever an account gains repays its debt first, in the same transaction.

A debt is an asset like any other: it comes from ``system:uncovered`` and goes back there. So it is conserved, it has a
floor of zero, and the sum of all debts is what the supply shows as ``grams_uncovered`` (docs/adr/0022).
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from typing import cast

from chalicelib.errors import Contended, Refusal
from chalicelib.ledger.account import Account, AnyAccount
from chalicelib.ledger.model import DEBT, GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Refuse, seen_first

_REMEMBERED_MAX = 10_000  # accounts

# Hints, never truth: the transaction decides. So that a conversion need not read whether the account owes anything.
_known: OrderedDict[tuple[str, str], int] = OrderedDict()


class Owing(Contended):
    """The account owes something else than this process knew. The edge decides again, so no caller sees this."""


# What an account gains of an asset, and its debt in it as far as this process knows.
Gained = Mapping[str, tuple[int, int]]


def repaying(transfer: Transfer, gains: Mapping[str, Gained]) -> Transfer:
    """``transfer``, and the repayments out of what it brings (``gains``) to accounts that owe."""
    repayments = [
        posting
        for name, gained in gains.items()
        for asset, (amount, debt) in gained.items()
        if debt
        for posting in repayment(name, asset, min(amount, debt))
    ]
    return Transfer(transfer.kind, (*transfer.postings, *repayments)) if repayments else transfer


def gains(transfer: Transfer) -> dict[str, Gained]:
    """What ``transfer`` brings to holders' accounts, by name."""
    return {
        name: brought
        for name, deltas in transfer.changes().items()
        if name.startswith("account:")
        and (brought := {asset: (deltas[asset], known(name, asset)) for asset in DEBT if deltas.get(asset, 0) > 0})
    }


def reversal(name: str, asset: str, amount: int, held: int) -> Transfer:
    """``amount`` of ``asset``, credited for a reduction that was none, is taken back from the account; it holds
    ``held`` of it. The rest becomes its debt.
    """
    recovered = min(amount, held)
    owed = Posting(keys.UNCOVERED, name, amount - recovered, DEBT[asset])
    taken = _leaving(name, asset, recovered) if recovered else ()
    return Transfer("reversal", (*taken, owed) if owed.amount else taken)


def debts_to(account: Account, successor: str) -> Transfer:
    """Everything that ``account`` owes moves to another account of the same person (its name)."""
    owed = ((asset, getattr(account, asset)) for asset in DEBT.values())
    return Transfer(
        "account_transfer", tuple(Posting(account.holder, successor, amount, asset) for asset, amount in owed if amount)
    )


def as_owed(account: AnyAccount) -> ConditionBase:
    """The condition that ``account`` owes exactly what was read."""
    return reduce(and_, (_owes(asset, getattr(account, asset)) for asset in DEBT.values()))


def _owes(debt: str, amount: int) -> ConditionBase:
    owed = Attr(debt)
    return cast(ConditionBase, owed.eq(amount) if amount else owed.not_exists() | owed.eq(0))


def repayment(name: str, asset: str, amount: int) -> tuple[Posting, ...]:
    """``amount`` of a debt is repaid."""
    return (*_leaving(name, asset, amount), Posting(name, keys.UNCOVERED, amount, DEBT[asset]))


def repaid(postings: Iterable[Posting]) -> int:
    """Points among ``postings`` that repaid a debt."""
    return sum(each.amount for each in postings if each.asset == DEBT[POINTS] and each.destination == keys.UNCOVERED)


def _leaving(name: str, asset: str, amount: int) -> tuple[Posting, ...]:
    """Value leaves the scheme the way that the reversed reduction brought it in."""
    if asset == GRAMS:
        return (Posting(name, keys.ISSUED, amount, GRAMS),)
    return Posting(name, keys.POOL, amount, POINTS), Posting(keys.POOL, keys.ISSUED, amount, GRAMS)


def as_known(gained: Gained) -> list[ConditionBase]:
    """The conditions that the account owes what this process knows: it would repay too little or too much else."""
    return [_owes(DEBT[asset], debt) for asset, (_, debt) in gained.items()]


def refusing(refuse: Refuse, name: str, gained: Gained) -> Refuse:
    """``refuse``, unless the account owes something else than was known: that is remembered, and decided again."""

    def owing(account: AnyAccount | None) -> Refusal | None:
        owed = {asset: getattr(account or AnyAccount(), DEBT[asset]) for asset in gained}
        if all(debt == gained[asset][1] for asset, debt in owed.items()):
            return None
        for asset, debt in owed.items():
            _remember(name, asset, debt)
        return Owing()

    return seen_first(AnyAccount, owing, refuse) if gained else refuse


def known(name: str, asset: str) -> int:
    """The debt that this process knows of; it may be wrong."""
    return _known.get((name, asset), 0)


def forget() -> None:
    """Drop all hints (tests start afresh)."""
    _known.clear()


def _remember(name: str, asset: str, debt: int) -> None:
    _known.pop((name, asset), None)
    if debt:
        _known[name, asset] = debt
    if len(_known) > _REMEMBERED_MAX:
        _known.popitem(last=False)
