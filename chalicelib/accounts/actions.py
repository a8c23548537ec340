"""Opening and closing accounts."""

from dataclasses import replace
from typing import Any

from chalicelib.accounts.model import STEPS, Claim, Correction, Grounds, Opening, masked, to_answer
from chalicelib.accounts.numbers import hashed
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountNotOpen, inactive
from chalicelib.ledger.standing import turned, unturned
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, Write, absent, check, present, seen, update
from chalicelib.transitions import step

KINDS = {"freeze": "account_frozen", "unfreeze": "account_released"}


class AccountExists(Refusal):
    status, code = 409, "account_exists"
    title = Text("There is an account already", "账户已存在")
    detail = Text(
        "One person, one credit code and one login have one account.",
        "一个自然人、一个统一社会信用代码、一个登录主体只能开立一个账户。",
    )
    remedy = Text(
        "Sign in with the login that opened the account, or close that account first.",
        "请使用开户时的登录主体，或先办理原账户销户。",
    )


class AccountNotEmpty(InvalidState):
    detail = Text(
        "It still holds {points} points and {grams} g, with {pending} orders or reductions pending.",
        "账户仍有 {points} 碳积分、{grams} 克减排量，另有 {pending} 笔兑换订单或减排量待处理。",
    )


class MerchantStays(InvalidState):
    detail = Text(
        "A merchant of the mall cannot close its account. Where it joined for an event, it can once the event is over"
        " and all its orders are served.",
        "碳普惠权益方不能销户。以特定活动模式入驻的，活动结束且全部订单处理完毕后可以销户。",
    )
    remedy = Text(
        "Fulfil or refund what GET /v1/redemptions lists as placed, and try again a quarter of an hour later.",
        "请核销或退还 GET /v1/redemptions 中状态为 placed 的订单，十五分钟后重试。",
    )


class CampaignsLive(InvalidState):
    detail = Text(
        "A campaign of this institution is proposed, approved or ended, and not yet closed.",
        "该机构仍有待审批、募集中或已截止但尚未结束的募集活动。",
    )
    remedy = Text(
        "Close the campaign with POST /v1/campaigns/{id}/close, or wait until the exchange has judged it.",
        "请通过 POST /v1/campaigns/{id}/close 结束募集活动，或等待交易所审批。",
    )


class HoldsLive(InvalidState):
    detail = Text(
        "Merchants hold {held} points of this account for orders.", "碳普惠权益方已为订单预授权该账户的 {held} 碳积分。"
    )
    remedy = Text(
        "Wait until the holds are captured, released or expired: GET /v1/holds shows them.",
        "请等待预授权完成、解除或到期，可通过 GET /v1/holds 查询。",
    )


class ApplicationOpen(InvalidState):
    detail = Text("An application of this institution to join the mall is open.", "该机构仍有未办结的入驻申请。")
    remedy = Text(
        "Withdraw the application, or wait until it is decided: GET /v1/applications shows it.",
        "请撤回申请，或等待审查结束；可通过 GET /v1/applications 查询。",
    )


def open_account(command: Command[Opening], number: str, account: Account | None, claim: Claim | None) -> Decision:
    """One open account a login and a number. A closed one is opened again by its own person only.

    ``number`` is the hash of the number; ``account`` and ``claim`` (who has the number) are as read. The
    first account of a number names its person for ever: limits and caps count by person, whichever account comes later.
    Refuses AccountExists.
    """
    body, id = command.body.root, command.caller.account
    if claim and claim.open:
        raise AccountExists()
    person = claim.person or claim.account if claim else account.counted_as if account else id
    name = masked(body.name) if body.kind == "individual" else body.name
    opened = Account(id=id, kind=body.kind, name=name, opened_at=command.at, identity=number)
    first = {} if account or person == id else {"person": person}  # an account never changes its person
    own = Attr("status").eq("closed") & Attr("identity").eq(number)
    written = update(
        opened.key,
        assign=to_answer(opened).model_dump() | {"identity": number} | first,
        add={"points": 0, "grams": 0, "pending": 0},
        remove=("closed_at",),
        require=own if account else absent(),
        refuse=lambda old: Contended() if old and not account else AccountExists(),
    )
    claimed = _claim(number, Claim(id, person, open=True), claim)
    return Decision("account_opened", to_answer(opened), (written, claimed))


def _claim(number: str, after: Claim, before: Claim | None) -> Write:
    """The number is the account's, if nobody has taken it since ``before`` was read."""

    def refuse(old: Claim | None) -> Refusal:
        return AccountExists() if old and old.open else Contended()

    require = Attr("open").eq(False) & Attr("account").eq(before.account) if before else absent()
    return update(keys.identity(number), assign=dump(after), require=require, refuse=seen(Claim, refuse))


def hashed_number(command: Command[Opening], key: bytes) -> str:
    """What is kept of the number that the caller brings. Raises InvalidRequest for a kind that is not its role."""
    body = command.body.root
    if body.kind != command.caller.role:
        raise InvalidRequest.at("/kind", "Must be the caller's role", "应与调用方角色一致")
    return hashed(body.kind, body.number, key)


def close_account(command: Command[Empty], account: Account, *, promised: bool) -> Decision:
    """Close the caller's account (as read) and let go of its number.

    The number still names its person: an account that is opened with it later shares the limits and caps.

    ``promised``: a campaign is live that the account does not count (see ``queries.promises``).
    Refuses AccountClosed, and InvalidState while it holds, awaits or owes anything.
    """
    if promised:
        raise CampaignsLive(state="active", action="close")
    empty = Attr("points").eq(0) & Attr("grams").eq(0) & Attr("pending").eq(0)
    empty &= Attr("merchant").not_exists() | Attr("merchant.completed").exists()
    live, held, id = Attr("campaigns_live"), Attr("held"), account.id
    free = (live.not_exists() | live.eq(0)) & (held.not_exists() | held.eq(0))
    return Decision(
        kind="account_closed",
        answer=to_answer(replace(account, status="closed")),
        writes=(
            update(
                account.key,
                assign={"status": "closed", "closed_at": command.at},
                require=Attr("status").eq("active") & empty & free,
                refuse=seen(Account, _why_open),
            ),
            check(keys.applying(id), absent(), lambda _: ApplicationOpen(state="active", action="close")),
            update(
                keys.identity(account.identity),
                assign=dump(Claim(id, account.counted_as, open=False)),
                require=Attr("account").eq(id),
            ),
        ),
    )


def turn(command: Command[Grounds], account: Account, action: str) -> Decision:
    """Freeze an account, or release it. While it is frozen its holder can neither move value nor promise any.

    Every Write of the ledger asks for an active account, and ``standing.acting`` asks it for whatever else a holder
    does, so nothing slips between. A merchant's offers leave the shelf, and come back when it is released. Raises
    InvalidState.
    """
    status = step(STEPS, account.status, action, command.caller.role)
    assign: dict[str, Any] = {"status": status}
    facts = Facts(account=account.id, reason=command.body.reason)
    notes: tuple[Write, ...] = ()
    if account.merchant:
        merchant, note = turned(command, account)
        assign, facts, notes = assign | {"merchant": merchant}, replace(facts, merchant=account.id), (note,)

    def refuse(old: Account | None) -> Refusal:
        if old and old.status == account.status:
            return Contended()  # it became a merchant, or was suspended meanwhile: read it again
        return InvalidState(state=old.status if old else "?", action=action)

    require = Attr("status").eq(account.status) & unturned(account)
    write = update(account.key, assign=assign, require=require, refuse=seen(Account, refuse))
    answer = to_answer(replace(account, status=status))
    return Decision(KINDS[action], answer, (write, *notes), facts, publish=bool(notes))


def correct(command: Command[Correction], account: Account) -> Decision:
    """A person's name, corrected. Certificates keep the name that they were signed with. Refuses AccountClosed."""
    name = masked(command.body.name)

    def refuse(old: Account | None) -> Refusal:
        return AccountClosed() if old and old.status == "closed" else Contended()

    require = present() & Attr("status").eq(account.status) & Attr("status").ne("closed")
    write = update(account.key, assign={"name": name}, require=require, refuse=seen(Account, refuse))
    return Decision("account_corrected", to_answer(replace(account, name=name)), (write,))


def _why_open(account: Account | None) -> Refusal:
    if account is None:
        return AccountNotOpen()
    if stopped := inactive(account):
        return stopped
    if account.merchant and not account.merchant.completed:
        return MerchantStays(state="merchant", action="close")
    if account.campaigns_live:
        return CampaignsLive(state="active", action="close")
    if account.held:
        return HoldsLive(held=account.held, state="active", action="close")
    left = {"points": account.points, "grams": account.grams, "pending": account.pending}
    return AccountNotEmpty(**left, state="active", action="close")
