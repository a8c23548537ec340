"""What comes back: who pays it, and whose account gets it, whatever became of both since (docs/adr/0025, 0042)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from chalicelib.errors import Contended, Refusal, Text
from chalicelib.ledger.account import Account, AnyAccount
from chalicelib.ledger.actions import AccountClosed, AccountCondition, AccountNotOpen, InsufficientPoints
from chalicelib.ledger.debts import as_owed, repayment
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.table import keys
from chalicelib.table.write import Attr, seen


class PayeeClosed(AccountClosed):
    detail = Text(
        "The person has closed the account that the points go back to. The person opens it again with POST"
        " /v1/accounts; then send the refund again.",
        "碳积分应退还的账户已由本人销户，暂无法退还。请联系其通过 POST /v1/accounts 重新开户，随后重新提交退还申请。",
    )


class PayeeEnded(AccountClosed):
    detail = Text(
        "A procedure has closed the account that the points go back to for good, and no other has come after it.",
        "碳积分应退还的账户已依办理程序终止，且无后续账户，无法退还。",
    )
    remedy = Text(
        "Nothing comes back here: do not send it again. Ask the exchange about the account.",
        "该笔碳积分无法退还，请勿重复提交；如有疑问请咨询上海环交所。",
    )


class PayerShort(InsufficientPoints):
    """For the buyer: it does not say how many points the merchant has."""

    detail = Text(
        "The merchant no longer has the points that it was paid for this order.",
        "权益方因该订单收取的碳积分已被回兑或使用，暂无法退还。",
    )
    remedy = Text(
        "Ask the merchant, or open a dispute (POST /v1/disputes): the exchange rules on it.",
        "请联系权益方，或通过 POST /v1/disputes 发起争议，由上海环交所裁定。",
    )


@dataclass(frozen=True)
class _Gaining:
    """An account, as far as it may gain. One that a procedure closed has no ``identity``: nobody opens it again."""

    status: str
    identity: str = ""


class Payee(NamedTuple):
    """Who gets what comes back for an account, as read: the ``account`` itself, or the one that has come after it.

    ``estates``: accounts on the way there whose person died and that owe points still. What comes back repays these
    first: an heir gets what is left.
    """

    account: Account
    estates: tuple[Account, ...] = ()

    def conditions(self, add: Mapping[str, Any] | None = None) -> dict[str, AccountCondition]:
        """What each account adds to the Transfer. A freeze stops no refund: what comes is frozen, too. ``add``: the
        counters of the account that move with it.
        """
        gets = AccountCondition(even_frozen=True, refuse=seen(_Gaining, partial(_cannot_get, self)), add=add or {})
        estates = {each.holder: _as_it_owes(each) for each in self.estates}
        return {self.account.holder: gets} | estates

    @property
    def is_gone(self) -> bool:
        """Whether nobody ever opens the account again, and none has come after it: its number was freed."""
        return self.account.status == "closed" and not self.account.identity

    def owner(self, name: str) -> str | None:
        """Whose totals move, for the Record: ``name``, where another account gets what comes back for it."""
        return name if name != self.account.holder else None


def _as_it_owes(estate: Account) -> AccountCondition:
    return AccountCondition(require=as_owed(estate), refuse=lambda _: Contended(), even_closed=True)


def _cannot_get(payee: Payee, now: _Gaining | None) -> Refusal:
    """It only gains, so nothing but its state is in the way. One that was closed since it was read: decide again."""
    if now is None:
        return AccountNotOpen()
    if now.status != "closed" or payee.account.status != "closed":
        return Contended()
    return PayeeClosed() if now.identity else PayeeEnded()


def brought_to(payee: Payee, transfer: Transfer, owner: str) -> Transfer:
    """``transfer``, of which the points that would come to the account ``owner`` (its name) come to ``payee``."""
    owed = {each.holder: each.debt_points for each in payee.estates}
    postings: list[Posting] = []
    repayments: list[Posting] = []
    for posting in transfer.postings:
        if (posting.destination, posting.asset) != (owner, POINTS):
            postings.append(posting)
            continue
        left = posting.amount
        for estate, debt in owed.items():
            if part := min(left, debt):
                postings.append(posting._replace(destination=estate, amount=part))
                repayments += repayment(estate, POINTS, part)
                owed[estate], left = debt - part, left - part
        if left:
            postings.append(posting._replace(destination=payee.account.holder, amount=left))
    return Transfer(transfer.kind, (*postings, *repayments))


def given_up(payee: Payee, transfer: Transfer) -> tuple[Transfer, dict[str, AccountCondition]]:
    """A ``transfer`` of one posting to an account that is gone (see ``Payee``): its points repay what the account owes.
    The rest is cancelled, and the grams behind it are retired, as with what it held. And what the account requires.
    """
    [paid], account, postings = transfer.postings, payee.account, list[Posting]()
    repaid = min(paid.amount, account.debt_points)
    if repaid:
        postings += [paid._replace(destination=account.holder, amount=repaid)]
        postings += repayment(account.holder, POINTS, repaid)
    if rest := paid.amount - repaid:
        postings += [paid._replace(destination=keys.POOL, amount=rest), Posting(keys.POOL, keys.RETIRED, rest, GRAMS)]
    return Transfer(transfer.kind, tuple(postings)), {account.holder: _as_it_owes(account)}


def touched(terms: Mapping[str, AccountCondition], transfer: Transfer, *also: str) -> dict[str, AccountCondition]:
    """Those of ``terms`` that are about accounts of the Transfer, or ``also``: nobody else's state is in its way."""
    names = {*transfer.changes(), *also}
    return {name: condition for name, condition in terms.items() if name in names}


def grams_for(points: int, account: AnyAccount) -> int:
    """How many of ``points`` the merchant (as read) gives as grams, because it has not enough points."""
    return min(max(0, points - account.points), account.grams)


def from_merchant(merchant: str, person: str, points: int, account: AnyAccount) -> tuple[Posting, ...]:
    """``points`` for the person. For what is missing, grams go back to the pool and back new points, one for one."""
    grams = grams_for(points, account)
    postings = (
        Posting(merchant, person, points - grams, POINTS),
        Posting(merchant, keys.POOL, grams, GRAMS),
        Posting(keys.POOL, person, grams, POINTS),
    )
    return tuple(each for each in postings if each.amount)


def condition(
    points: int, account: AnyAccount | None, *, even_frozen: bool, to_buyer: bool = False
) -> AccountCondition:
    """What the merchant's account (as read) adds: grams are taken only while its points are those that were
    read. None: it was not read, for it pays nothing. ``to_buyer``: the refusal goes to the buyer.
    """
    short = Attr("points").eq(account.points) if account and grams_for(points, account) else None
    refuse = seen(AnyAccount, _short_for_buyer) if to_buyer else None
    return AccountCondition(require=short, as_read=account, even_frozen=even_frozen, refuse=refuse)


def _short_for_buyer(account: AnyAccount | None) -> Refusal:
    if account is None:
        return AccountNotOpen()
    return AccountClosed() if account.status == "closed" else PayerShort()
