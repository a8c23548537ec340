"""Adding a login to an institution, changing its authority, removing it."""

from dataclasses import replace
from typing import Any

from chalicelib.edge.identity.logins import AuthorityTooLow, LoginTaken
from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.caller import INSTITUTION, NONE, OWNER
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountNotOpen, inactive
from chalicelib.logins.model import LastOwner, Login, NewAuthority, NewLogin, first, owners, to_answer
from chalicelib.table import keys
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, ConditionBase, Write, absent, check, put, seen, update


def add(command: Command[NewLogin], account: Account, id: str, *, by: str) -> Decision:
    """The login (``id``: what follows from its sub) acts for the caller's institution (``account``, as read).

    One login stands for one party: so nobody is buyer and merchant of one order. ``by``: the caller's own login, which
    must be an owner. Raises AuthorityTooLow; refuses LoginTaken where it has an account of its own or acts for an
    institution already, AccountFrozen, AccountClosed.
    """
    body, before = command.body, owners(account)
    login = Login(
        id=id,
        institution=account.id,
        authority=body.authority,
        kind=body.kind,
        label=body.label,
        since=command.at,
        formerly=account.formerly,
    )
    if id in before:
        raise LoginTaken()
    first = id == account.id  # the login that opened the account comes back
    alone = () if first else (check(keys.account(keys.holder(id)), absent(), _taken),)
    free = absent() | Attr("authority").eq(NONE)
    if account.formerly:  # of before its institution got another account
        free |= Attr("institution").is_in(sorted(account.formerly))
    writes = (
        _institution(account, before | {id} if body.authority == OWNER else before, by),
        *alone,
        put(keys.login(id), login, require=free, refuse=_taken),
        put(keys.own_login(account.id, id), login, require=absent() | Attr("authority").eq(NONE)),
    )
    return Decision("login_added", to_answer(login), writes, Facts(account=account.id))


def replaced(account: Account, new: Account) -> tuple[Write, ...]:
    """What opened ``account`` acts for its institution no more; what opened ``new`` is the owner, of what the account
    before had, too. Other logins that were added are added again. Refuses LoginTaken.
    """
    free, lost = absent() | Attr("authority").eq(NONE), replace(first(account), authority=NONE)
    owner = replace(first(new), formerly=new.formerly)
    return (
        update(keys.login(lost.id), assign=dump(lost)),
        put(keys.login(owner.id), owner, require=free, refuse=_taken),
        put(keys.own_login(new.id, owner.id), owner),
    )


def change(command: Command[NewAuthority], account: Account, login: Login, *, by: str) -> Decision:
    """Another authority of a ``login`` (as read). Raises InvalidState where it was removed, LastOwner where no owner
    would be left, AuthorityTooLow; refuses AccountFrozen, AccountClosed.
    """
    after = replace(login, authority=command.body.authority)
    return _moved(account, login, after, "change", by)


def remove(_: Command[Any], account: Account, login: Login, *, by: str) -> Decision:
    """It acts for the institution no more. Raises and refuses as ``change``."""
    return _moved(account, login, replace(login, authority=NONE), "remove", by)


def _moved(account: Account, before: Login, after: Login, action: str, by: str) -> Decision:
    if before.authority == NONE:
        raise InvalidState(state=NONE, action=action)
    others = owners(account) - {after.id}
    remaining = others | {after.id} if after.authority == OWNER else others
    if not remaining:
        raise LastOwner(state=before.authority, action=action)
    as_read = _as_read(before)
    writes = (
        _institution(account, remaining, by),
        put(keys.login(after.id), after, require=as_read),
        put(keys.own_login(account.id, after.id), after, require=as_read),
    )
    return Decision(f"login_{action}d", to_answer(after), writes, Facts(account=account.id))


def _as_read(login: Login) -> ConditionBase:
    """Nobody has changed it since; the login that opened the account has no item before its first change."""
    stands = Attr("authority").eq(login.authority) & Attr("institution").eq(login.institution)
    return stands | absent() if login.id == login.institution else stands


def _institution(account: Account, after: frozenset[str], by: str) -> Write:
    """The institution is open and not frozen, the caller is an owner as of now, and the owners are those that were
    read: so one is always left.
    """
    if by not in owners(account):
        raise AuthorityTooLow(allowed=OWNER, authority=NONE)
    as_read = Attr("owners").eq(list(account.owners)) if account.owners else Attr("owners").not_exists()

    def refuse(stored: Account | None) -> Refusal:
        return (inactive(stored) or Contended()) if stored else AccountNotOpen()

    require = Attr("status").eq("active") & Attr("kind").eq(INSTITUTION) & as_read
    return update(account.key, assign={"owners": sorted(after)}, require=require, refuse=seen(Account, refuse))


def _taken(_: object) -> Refusal:
    return LoginTaken()
