"""Adding a login to an institution, changing its authority, removing it: what is asked for, changed and refused."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.edge.identity.logins import AuthorityTooLow, LoginTaken
from chalicelib.errors import Contended, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.logins import actions
from chalicelib.logins.model import LastOwner, Login, NewAuthority, NewLogin
from chalicelib.table import keys
from tests.unit.decisions import AT, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account

SHOP, LOGIN, POINTER = keys.account("account:shop"), keys.login("clerk"), keys.own_login("shop", "clerk")
CLERK = Login(id="clerk", institution="shop", authority="operator", kind="person", label="Till", since=AT)


def add(stored: Account, authority: Any = "operator", id: str = "clerk", by: str = "shop") -> Decision:
    body = NewLogin(sub="clerk", label="Till", authority=authority)
    return actions.add(command(body, role="institution", sub="shop"), stored, id, by=by)


def change(stored: Account, login: Login, authority: Any, by: str = "shop") -> Decision:
    return actions.change(command(NewAuthority(authority=authority), role="institution"), stored, login, by=by)


def remove(stored: Account, login: Login, by: str = "shop") -> Decision:
    return actions.remove(command(role="institution"), stored, login, by=by)


@pytest.mark.parametrize(("authority", "owners"), [("operator", ["shop"]), ("owner", ["clerk", "shop"])])
def test_a_login_is_added_for_one_institution(authority: str, owners: list[str]) -> None:
    decision = add(account(), authority)
    assert touched(decision) == [SHOP, keys.account("account:clerk"), LOGIN, POINTER]
    assert after(write_to(decision, SHOP), account())["owners"] == owners
    kept = after(write_to(decision, LOGIN))
    assert (kept["institution"], kept["authority"], kept["since"]) == ("shop", authority, AT)
    assert "sub" not in kept
    assert after(write_to(decision, POINTER)) == kept


def test_a_login_with_an_account_or_another_institution_is_taken() -> None:
    decision = add(account())
    assert isinstance(refusal(write_to(decision, keys.account("account:clerk")), account(id="clerk")), LoginTaken)
    write = write_to(decision, LOGIN)
    assert isinstance(refusal(write, replace(CLERK, institution="firm")), LoginTaken)
    assert isinstance(refusal(write, CLERK), LoginTaken)
    assert holds(write, replace(CLERK, institution="firm", authority="none"))
    with pytest.raises(LoginTaken):
        add(account(), id="shop")


def test_logins_of_before_a_rebinding_can_be_added_again() -> None:
    write = write_to(add(account(formerly=frozenset({"old"}))), LOGIN)
    assert holds(write, replace(CLERK, institution="old"))


def test_only_an_owner_as_of_now_decides() -> None:
    with pytest.raises(AuthorityTooLow):
        add(account(), by="clerk")
    write = write_to(add(account(owners=("a", "shop"))), SHOP)
    assert holds(write, account(owners=("a", "shop")))
    assert isinstance(refusal(write, account(owners=("a",))), Contended)
    assert isinstance(refusal(write, account()), Contended)
    assert isinstance(refusal(write, account("frozen", owners=("a", "shop"))), AccountFrozen)


def test_the_last_owner_stays_one() -> None:
    first = Login(id="shop", institution="shop", authority="owner", kind="person", label="first", since=AT)
    with pytest.raises(LastOwner):
        remove(account(), first)
    with pytest.raises(LastOwner):
        change(account(), first, "read_only")
    decision = remove(account(owners=("clerk", "shop")), first, by="clerk")
    assert after(write_to(decision, SHOP), account(owners=("clerk", "shop")))["owners"] == ["clerk"]
    write = write_to(decision, keys.login("shop"))
    assert after(write)["authority"] == "none"
    assert holds(write), "it had no item before"
    assert holds(write, first)


def test_a_change_holds_what_was_read() -> None:
    decision = change(account(), CLERK, "finance")
    assert touched(decision) == [SHOP, LOGIN, POINTER]
    for key in (LOGIN, POINTER):
        write = write_to(decision, key)
        assert after(write)["authority"] == "finance"
        for stored in (None, replace(CLERK, authority="none"), replace(CLERK, institution="firm")):
            assert isinstance(refusal(write, stored), Contended)


def test_what_was_removed_is_added_and_not_changed() -> None:
    removed = replace(CLERK, authority="none")
    with pytest.raises(InvalidState):
        change(account(), removed, "owner")
    with pytest.raises(InvalidState):
        remove(account(), removed)
