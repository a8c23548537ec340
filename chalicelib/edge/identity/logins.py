"""For which institution a login acts, and how far its authority goes: one read a login and minute."""

import time
from dataclasses import dataclass

from chalicelib.edge.identity.authorities import LEAST
from chalicelib.errors import Refusal, RoleNotAllowed, Text
from chalicelib.kernel.caller import NONE, OWNER, Caller
from chalicelib.table import keys, read

FRESH_SECONDS = 60  # as long as API Gateway keeps the authorizer's answer about the same token
_KNOWN_MAX = 10_000
_known: dict[str, tuple[float, "Authority | None"]] = {}


@dataclass(frozen=True)
class Authority:
    """What is kept of a login that was added to an institution: a partial view. ``none``: it was removed.

    ``formerly``: accounts that the institution had before it lost the login of each.
    """

    institution: str
    authority: str
    formerly: frozenset[str] = frozenset()


class AuthorityTooLow(RoleNotAllowed):
    """The institution may, but not by this login."""

    detail = Text(
        "The login's authority at its institution is {authority}; this needs {allowed}.",
        "该登录主体在机构中的权限为 {authority}，本操作需要 {allowed}。",
    )
    remedy = Text(
        "Let another login of the institution do it, or ask an owner for more authority.",
        "请由机构的其他登录主体操作，或请管理员调整权限。",
    )


class LoginRemoved(RoleNotAllowed):
    """It had opened the institution's account, and another owner has removed it."""

    detail = Text(
        "This login was removed from its institution: it may do nothing there any more.",
        "该登录主体已被机构移除，不能再进行任何操作。",
    )
    remedy = Text("Ask an owner of the institution to add it again.", "请联系机构管理员重新添加。")


class LoginTaken(Refusal):
    status, code = 409, "login_taken"
    reveals = True  # that the login has an account
    title = Text("The login is somebody's already", "登录主体已被使用")
    detail = Text(
        "A login stands for one party: this one has an account of its own, or acts for an institution already.",
        "一个登录主体只能代表一方：该登录主体已自行开户，或已属于某一机构。",
    )
    remedy = Text(
        "Use another login. An owner of the other institution can remove it there.",
        "请使用其他登录主体，或请原机构管理员先行移除。",
    )


def acting(sub: str, role: str, own: str) -> Caller:
    """An institution's caller. ``own``: the id of the account that the login itself may open.

    A login that was never added acts for its own account, as its owner. Raises LoginRemoved.
    """
    login = known(own)
    if login is None or (login.authority == NONE and login.institution != own):
        return Caller(sub, role, own)
    if login.authority == NONE:
        raise LoginRemoved()
    return Caller(sub, role, login.institution, login.authority, login.formerly)


def known(login: str) -> Authority | None:
    """What was decided about a login, at most FRESH_SECONDS ago; None where nothing ever was."""
    now = time.monotonic()
    until, found = _known.get(login, (0.0, None))
    if until > now:
        return found
    found = read.get(keys.login(login), Authority)
    if len(_known) >= _KNOWN_MAX:
        _known.clear()
    _known[login] = (now + FRESH_SECONDS, found)
    return found


def forget() -> None:
    """What this process remembers of logins."""
    _known.clear()


def within(caller: Caller, route: str) -> None:
    """Raises AuthorityTooLow where the login may not change anything by ``route``."""
    needed = LEAST.get(route, OWNER)
    if caller.authority not in (OWNER, needed):
        raise AuthorityTooLow(allowed=", ".join(dict.fromkeys((OWNER, needed))), authority=caller.authority)
