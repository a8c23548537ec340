"""Every movement of value becomes Writes here, and nowhere else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Any

from chalicelib.errors import Contended, NotFound, Refusal, Text
from chalicelib.kernel.record import Facts
from chalicelib.ledger import debts
from chalicelib.ledger.account import AnyAccount
from chalicelib.ledger.model import GRAMS, POINTS, Transfer, has_item
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Refuse, Write, present, seen, seen_first, update

# Records that an account may remember as not yet filed (docs/adr/0003). Each is 26 bytes: 13 KB of the 400 that an item
# may have, and 28 request units a movement instead of 2. A stream that keeps up leaves fewer than 20.
UNFILED_MAX = 500
BEHIND_SECONDS = 60  # a stream that lags files its backlog within minutes


class InsufficientPoints(Refusal):
    status, code = 409, "insufficient_points"
    title = Text("Not enough points", "碳积分不足")
    detail = Text(
        "{needed} points are needed; {available} are available.", "需要 {needed} 碳积分，可用 {available} 碳积分。"
    )
    remedy = Text(
        "Ask for at most what is available, or collect more points first.",
        "请将数量减至可用碳积分以内，或先获取更多碳积分。",
    )


class InsufficientGrams(Refusal):
    status, code = 409, "insufficient_grams"
    title = Text("Not enough grams", "减排量不足")
    detail = Text(
        "{needed} gCO2e are needed; {available} are available.", "需要 {needed} 克减排量，可用 {available} 克。"
    )
    remedy = Text("Ask for at most what is available.", "请将数量减至可用减排量以内。")


class AccountClosed(Refusal):
    status, code = 409, "account_closed"
    title = Text("The account is closed", "账户已销户")
    detail = Text("A closed account moves no value.", "已销户的账户不能变动碳积分或减排量。")
    remedy = Text("Its own person may open it again with POST /v1/accounts.", "本人可通过 POST /v1/accounts 重新开户。")


class AccountFrozen(Refusal):
    status, code = 409, "account_frozen"
    title = Text("The account is frozen", "账户已冻结")
    detail = Text(
        "The exchange or the bureau has frozen this account. It can move nothing and change nothing it offers; what it"
        " holds stays.",
        "上海环交所或市生态环境局已冻结该账户。冻结期间余额予以保留，但不能变动，所提供的权益也不能变更。",
    )
    remedy = Text(
        "Ask the exchange why. The same request may be sent again once the account is released.",
        "请向上海环交所了解原因。账户解冻后可重新提交同一请求。",
    )


class AccountNotOpen(NotFound):
    detail = Text(
        "The caller has no account yet. Open one with POST /v1/accounts.",
        "调用方尚未开户。请通过 POST /v1/accounts 开户。",
    )


class StatementsBehind(Contended):
    """The stream stands still: the account remembers as many Records as it may until their lines are filed.

    The edge does not try again by itself, for minutes may pass.
    """

    again = False
    title = Text("Statements are behind", "账户明细入账滞后")
    detail = Text(
        "This account has {unfiled} movements that its statement does not show yet, and takes no more until some are"
        " filed. Nothing was done; send the same request again in {retry_after} s.",
        "该账户有 {unfiled} 笔变动未入账，部分入账前暂不能变动。本次未做任何变更；请在 {retry_after} 秒后重发。",
    )

    def __init__(self, **facts: Any) -> None:
        super().__init__(**({"retry_after": BEHIND_SECONDS} | facts))


@dataclass(frozen=True)
class AccountCondition:
    """What one account adds to a Transfer: conditions with their refusal, and counters that move with it.

    ``kind``: only an account of this kind will do; to others it is as if there were none, for one sub may come in two
    roles. ``refuse`` answers for this account's Write instead of the ledger's own refusal. ``even_frozen``: an order of
    the exchange takes from the account though its holder may not move it. ``even_closed``: a debt stays with an account
    that is closed. ``as_read``: where the account holds something else than that by now, Contended: decide again.
    ``held``: see Write.
    """

    kind: str | None = None
    require: ConditionBase | None = None
    as_read: AnyAccount | None = None
    refuse: Refuse | None = None
    add: Mapping[str, Any] = field(default_factory=dict)
    even_frozen: bool = False
    even_closed: bool = False
    held: Callable[[], None] | None = None


def post(
    transfer: Transfer, *, record: str, terms: Mapping[str, AccountCondition] | None = None
) -> tuple[tuple[Write, ...], Facts]:
    """The Writes of a Transfer (one an account, in the order of ``terms``, then of the postings) and its Record facts.

    Every balance has a floor of zero. A holder's account must be active (``even_frozen``: open), and remembers
    ``record`` as not yet filed in its statement, so that the statement is complete at once. What an account that owes
    gains repays its debt first (``debts``). System accounts get no Write. Refuses StatementsBehind where an account
    remembers UNFILED_MAX Records.
    """
    terms, gains = terms or {}, debts.gains(transfer)
    repaying = debts.repaying(transfer, gains)
    changes = repaying.changes()
    names = dict.fromkeys([*terms, *changes])
    writes = tuple(
        _balance(name, changes.get(name, {}), record, terms.get(name, AccountCondition()), gains.get(name, {}))
        for name in names
        if has_item(name)
    )
    return writes, Facts(movement=repaying.kind, postings=repaying.postings)


def _balance(name: str, deltas: Mapping[str, int], record: str, terms: AccountCondition, gained: debts.Gained) -> Write:
    conditions = [present()]
    add: dict[str, Any] = {**deltas, **terms.add}
    if name.startswith("account:"):
        conditions += _standing(terms)
        if deltas:
            add["unfiled"] = {record}
            conditions.append(Attr("unfiled").not_exists() | Attr("unfiled").size().lt(UNFILED_MAX))
    conditions += [Attr(asset).gte(-delta) for asset, delta in deltas.items() if delta < 0]
    conditions += debts.as_known(gained)
    if terms.kind:
        conditions.append(Attr("kind").eq(terms.kind))
    if terms.require is not None:
        conditions.append(terms.require)
    require = reduce(and_, conditions)
    refuse = debts.refusing(_moved_first(terms.refuse or _short(deltas, terms), terms.as_read), name, gained)
    write = update(keys.account(name), add=add, require=require, refuse=_behind(refuse) if "unfiled" in add else refuse)
    return replace(write, held=terms.held) if terms.held else write


def _standing(terms: AccountCondition) -> list[ConditionBase]:
    """What state the account must be in."""
    if terms.even_closed:
        return []
    return [Attr("status").ne("closed") if terms.even_frozen else Attr("status").eq("active")]


def _behind(refuse: Refuse) -> Refuse:
    """``refuse``, unless the account remembers too many Records."""

    def too_many(account: AnyAccount | None) -> Refusal | None:
        unfiled = len(account.unfiled) if account else 0
        return StatementsBehind(unfiled=unfiled) if unfiled >= UNFILED_MAX else None

    return seen_first(AnyAccount, too_many, refuse)


def _moved_first(refuse: Refuse, read: AnyAccount | None) -> Refuse:
    """``refuse``, unless the account no longer holds what was ``read``."""

    def moved(now: AnyAccount | None) -> Refusal | None:
        same = now is None or read is None or (now.points, now.grams) == (read.points, read.grams)
        return None if same else Contended()

    return seen_first(AnyAccount, moved, refuse) if read else refuse


def inactive(account: AnyAccount) -> Refusal | None:
    """Why an account moves no value, whatever it holds; None where it may."""
    found = {"closed": AccountClosed, "frozen": AccountFrozen}.get(account.status)
    return found() if found else None


def _short(deltas: Mapping[str, int], terms: AccountCondition) -> Refuse:
    def refuse(account: AnyAccount | None) -> Refusal:
        if account is None or (terms.kind and account.kind != terms.kind):
            return AccountNotOpen()
        stopped = inactive(account)
        if stopped and not (terms.even_frozen and isinstance(stopped, AccountFrozen)):
            return stopped
        if account.grams < -deltas.get(GRAMS, 0):
            return InsufficientGrams(needed=-deltas.get(GRAMS, 0), available=account.grams)
        return InsufficientPoints(needed=-deltas.get(POINTS, 0), available=account.points)

    return seen(AnyAccount, refuse)
