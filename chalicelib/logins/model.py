"""What is asked and answered about an institution's logins. Pure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from chalicelib.errors import InvalidState, Text
from chalicelib.kernel.fields import Answer, Body, Empty, Paged, ShortText, Time, example
from chalicelib.ledger.account import Account

AuthorityName = Literal["owner", "operator", "finance", "read_only"]
LoginKind = Literal["person", "system"]
FIRST = "账户开立登录主体 (opened the account)"
_SUB = r"^[\x21-\x7e]{1,255}$"


class LastOwner(InvalidState):
    detail = Text(
        "The institution would have no owner left, and nobody could change that.", "移除或调整后该机构将没有管理员。"
    )
    remedy = Text("Make another login an owner first.", "请先将其他登录主体设为管理员。")


class NewLogin(Body):
    """A login is to act for the caller's institution. ``label``: how its people call it, never a person's number."""

    model_config = example(sub="shop-till-3", kind="system", label="Till 3", authority="operator")

    sub: Annotated[str, Field(pattern=_SUB, description="The `sub` of its tokens, of a person or of a system")]
    kind: LoginKind = "person"
    label: ShortText
    authority: AuthorityName


class NewAuthority(Body):
    """Another authority of a login."""

    model_config = example(authority="read_only")

    authority: AuthorityName


class Removal(Empty):
    """``{}``: the login acts for the institution no more."""


class LoginParams(Paged):
    """Pages of logins."""


@dataclass(frozen=True, kw_only=True)
class Login:
    """A login that acts, or acted, for an institution. ``authority`` is ``none`` once it was removed.

    ``formerly``: accounts that the institution had before this one, until it lost the login of each.
    """

    id: str
    institution: str
    authority: str
    kind: LoginKind
    label: str
    since: str
    formerly: frozenset[str] = frozenset()


class LoginAnswer(Answer):
    """A login of an institution, by an id that does not show its `sub`. ``none``: it was removed."""

    model_config = example(
        id="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        kind="system",
        label="Till 3",
        authority="operator",
        since="2026-01-31T08:00:00.000Z",
    )

    id: str
    kind: LoginKind
    label: str
    authority: Literal["owner", "operator", "finance", "read_only", "none"]
    since: Time


def owners(account: Account) -> frozenset[str]:
    """Ids of the logins that may do everything; at first the one that opened the account."""
    return frozenset(account.owners or (account.id,))


def first(account: Account) -> Login:
    """The login that opened the account, as long as nobody changed it."""
    return Login(
        id=account.id,
        institution=account.id,
        authority="owner" if account.id in owners(account) else "none",
        kind="person",
        label=FIRST,
        since=account.opened_at,
    )


def to_answer(login: Login) -> LoginAnswer:
    """A login as its institution sees it."""
    return LoginAnswer.model_validate({name: getattr(login, name) for name in LoginAnswer.model_fields})
