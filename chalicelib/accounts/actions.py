"""Opening and closing accounts."""

from dataclasses import replace

from chalicelib.accounts.model import STEPS, Account, Correction, Grounds, Opening, hashed, masked
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.ledger.actions import AccountClosed, AccountNotOpen, inactive
from chalicelib.ledger.standing import turned
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Item, Write, absent, check, present, update
from chalicelib.transitions import step

KINDS = {"freeze": "account_frozen", "unfreeze": "account_released"}


class AccountExists(Refusal):
    status, code = 409, "account_exists"
    title = Text("There is an account already", "账户已存在")
    detail = Text(
        "One person, one credit code and one login have one account.",
        "一个自然人、一个信用代码、一个登录主体只能开立一个账户。",
    )
    remedy = Text(
        "Sign in with the login that opened the account, or close that account first.",
        "请使用开户时的登录主体，或先注销原账户。",
    )


class AccountNotEmpty(InvalidState):
    detail = Text(
        "It still holds {points} points and {grams} g, with {pending} orders or reductions pending.",
        "账户仍有 {points} 积分、{grams} 克减排量，{pending} 笔订单或减排量待处理。",
    )


class MerchantStays(InvalidState):
    detail = Text(
        "A merchant of the mall cannot close its account. Where it joined for an event, it can once the event is over"
        " and all its orders are served.",
        "商城权益方不能销户。以活动模式入驻的，活动结束且全部订单处理完毕后可以销户。",
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


class ApplicationOpen(InvalidState):
    detail = Text("An application of this institution to join the mall is open.", "该机构仍有未办结的商城入驻申请。")
    remedy = Text(
        "Withdraw the application, or wait until it is decided: GET /v1/applications shows it.",
        "请撤回申请或等待审核完成，可通过 GET /v1/applications 查询。",
    )


def open_account(command: Command[Opening], number: str, account: Item | None, claim: Item | None) -> Decision:
    """One open account a login and a number. A closed one is opened again by its own person only.

    ``number`` is the hash of the number; ``account`` and ``claim`` (who has the number) are the items as read. The
    first account of a number names its person for ever: limits and caps count by person, whichever account comes later.
    Refuses AccountExists.
    """
    body, id = command.body.root, command.caller.account
    if claim and claim.get("open", True):
        raise AccountExists()
    person = claim.get("person", claim["account"]) if claim else (account or {}).get("person", id)
    name = masked(body.name) if body.kind == "individual" else body.name
    state = {"id": id, "kind": body.kind, "name": name, "status": "active", "opened_at": command.at}
    first = {} if account or person == id else {"person": person}  # an account never changes its person
    own = Attr("status").eq("closed") & Attr("identity").eq(number)
    return Decision(
        kind="account_opened",
        answer=Account.model_validate(state),
        writes=(
            update(
                keys.account(keys.holder(id)),
                assign=state | {"identity": number} | first,
                add={"points": 0, "grams": 0, "pending": 0},
                remove=("closed_at",),
                require=own if account else absent(),
                refuse=lambda old: Contended() if old and not account else AccountExists(),
            ),
            _claim(number, {"account": id, "person": person, "open": True}, claim),
        ),
    )


def _claim(number: str, after: Item, claim: Item | None) -> Write:
    """The number is the account's, if nobody has taken it since ``claim`` was read."""

    def refuse(old: Item | None) -> Refusal:
        return AccountExists() if old and old.get("open", True) else Contended()

    require = Attr("open").eq(False) & Attr("account").eq(claim["account"]) if claim else absent()
    return update(keys.identity(number), assign=after, require=require, refuse=refuse)


def hashed_number(command: Command[Opening], key: bytes) -> str:
    """What is kept of the number that the caller brings. Raises InvalidRequest for a kind that is not its role."""
    body = command.body.root
    if body.kind != command.caller.role:
        raise InvalidRequest.at("/kind", "Must be the caller's role", "应与调用者角色一致")
    return hashed(body.kind, body.number, key)


def close_account(command: Command[Empty], account: Item, *, promised: bool) -> Decision:
    """Close the caller's account and let go of its number. ``account`` is the item as read.

    The number goes on naming its person: an account that is opened with it later shares the limits and caps.

    ``promised``: a campaign is live that the account does not count (see ``queries.promises``).
    Refuses AccountClosed, and InvalidState while it holds, awaits or owes anything.
    """
    if promised:
        raise CampaignsLive(state="active", action="close")
    empty = Attr("points").eq(0) & Attr("grams").eq(0) & Attr("pending").eq(0)
    empty &= Attr("merchant").not_exists() | Attr("merchant.completed").exists()
    live, id = Attr("campaigns_live"), account["id"]
    return Decision(
        kind="account_closed",
        answer=Account.model_validate(account | {"status": "closed"}),
        writes=(
            update(
                keys.account(account["pk"]),
                assign={"status": "closed", "closed_at": command.at},
                require=Attr("status").eq("active") & empty & (live.not_exists() | live.eq(0)),
                refuse=_why_open,
            ),
            check(keys.applying(id), absent(), lambda _: ApplicationOpen(state="active", action="close")),
            update(
                keys.identity(account["identity"]),
                assign={"account": id, "person": account.get("person", id), "open": False},
                require=Attr("account").eq(id),
            ),
        ),
    )


def turn(command: Command[Grounds], account: Item, action: str) -> Decision:
    """Freeze an account, or release it. While it is frozen its holder can neither move value nor promise any.

    Every Write of the ledger asks for an active account, and ``standing.acting`` asks it for whatever else a holder
    does, so nothing slips between. A merchant's offers leave the shelf, and come back when it is released. Raises
    InvalidState.
    """
    status = step(STEPS, account["status"], action, command.caller.role)
    assign: Item = {"status": status}
    facts = Facts(account=account["id"], reason=command.body.reason)
    as_read: ConditionBase = Attr("merchant").not_exists()
    notes: tuple[Write, ...] = ()
    if "merchant" in account:
        merchant, note = turned(command, account)
        assign, facts, notes = assign | {"merchant": merchant}, replace(facts, merchant=account["id"]), (note,)
        as_read = Attr("merchant").eq(account["merchant"])

    def refuse(old: Item | None) -> Refusal:
        if old and old["status"] == account["status"]:
            return Contended()  # it became a merchant, or was suspended meanwhile: read it again
        return InvalidState(state=old["status"] if old else "?", action=action)

    require = Attr("status").eq(account["status"]) & as_read
    write = update(keys.account(account["pk"]), assign=assign, require=require, refuse=refuse)
    answer = Account.model_validate(account | {"status": status})
    return Decision(KINDS[action], answer, (write, *notes), facts, publish=bool(notes))


def correct(command: Command[Correction], account: Item) -> Decision:
    """A person's name, corrected. Certificates keep the name that they were signed with. Refuses AccountClosed."""
    name = masked(command.body.name)
    write = update(
        keys.account(account["pk"]),
        assign={"name": name},
        require=present() & Attr("status").eq(account["status"]) & Attr("status").ne("closed"),
        refuse=lambda old: AccountClosed() if old and old["status"] == "closed" else Contended(),
    )
    return Decision("account_corrected", Account.model_validate(account | {"name": name}), (write,))


def _why_open(item: Item | None) -> Refusal:
    if item is None:
        return AccountNotOpen()
    if stopped := inactive(item):
        return stopped
    if "completed" not in item.get("merchant", {"completed": ""}):
        return MerchantStays(state="merchant", action="close")
    if item.get("campaigns_live"):
        return CampaignsLive(state="active", action="close")
    return AccountNotEmpty(
        points=item["points"], grams=item["grams"], pending=item["pending"], state="active", action="close"
    )
