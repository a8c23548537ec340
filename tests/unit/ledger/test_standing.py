"""Whether a holder may act, and what a turn of a merchant's state brings."""

from dataclasses import replace

import pytest

from chalicelib.errors import Contended, NotFound, Refusal
from chalicelib.ledger.account import Account, Merchant
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, AccountNotOpen
from chalicelib.ledger.standing import acting, sells, turned
from tests.unit.decisions import AT, ID, after, command, holds, refusal

MERCHANT = Merchant(mode="other", status="active", since=AT, turn="first")
SHOP = Account(id="shop", kind="institution", name="示例商贸", opened_at=AT, identity="hash", merchant=MERCHANT)


@pytest.mark.parametrize("add", [None, {"campaigns_live": 1}])
@pytest.mark.parametrize(
    ("there", "why"),
    [
        (None, AccountNotOpen),
        (replace(SHOP, status="closed"), AccountClosed),
        (replace(SHOP, status="frozen"), AccountFrozen),
    ],
)
def test_who_may_not_act_is_answered_why(add: dict[str, int] | None, there: Account | None, why: type[Refusal]) -> None:
    assert type(refusal(acting("shop", add=add), there)) is why


def test_who_may_act_changes_nothing_but_its_counters() -> None:
    assert acting("shop").action == "ConditionCheck"
    assert holds(acting("shop"), SHOP)
    assert after(acting("shop", add={"campaigns_live": 1}), SHOP)["campaigns_live"] == 1


def test_an_account_that_is_active_again_by_now_is_asked_again() -> None:
    assert isinstance(acting("shop").refuse({"status": "active"}), Contended)


@pytest.mark.parametrize("account", ["active", "frozen"])
@pytest.mark.parametrize("merchant", ["active", "suspended"])
def test_a_merchant_sells_while_both_its_account_and_itself_are_active(account: str, merchant: str) -> None:
    shop = replace(SHOP, status=account, merchant=replace(MERCHANT, status=merchant))
    assert sells(shop) == (account == merchant == "active")


def test_a_turn_is_named_by_its_record_and_leaves_a_note() -> None:
    merchant, note = turned(command(role="exchange"), SHOP, status="suspended")
    assert merchant == replace(MERCHANT, status="suspended", turn=ID)
    assert after(note) == {"turn": ID, "list": "shelving", "rank": f"{AT}:shop"}


def test_who_is_no_merchant_neither_sells_nor_turns() -> None:
    with pytest.raises(NotFound):
        sells(replace(SHOP, merchant=None))
    with pytest.raises(NotFound):
        turned(command(), replace(SHOP, merchant=None))
