"""Admitting and vetoing members, turning them, and taking their offers down."""

from typing import Any

import pytest

from chalicelib.errors import InvalidRequest, InvalidState, NotFound
from chalicelib.ledger.account import Account
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.merchants.members import Membership
from chalicelib.platforms import actions
from chalicelib.platforms.actions import ReviewedBefore, VetoOver
from chalicelib.platforms.model import Grounds, NewMember
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.mall.nouns import OFFER, SHOP, TILL, offer
from tests.unit.merchants.accounts import account, merchant

RUNNER, SHOP_ACCOUNT = keys.account("account:operator"), keys.account("account:shop")
MEMBER, LINE = keys.member("operator", "shop"), keys.member_step("operator", "shop", AT, ID)
LATER = "2026-02-05T08:00:00.000Z"


def operator(members: int = 0, planned: int | None = None, status: str = "active", **changes: Any) -> Account:
    own = merchant(mode="sub_platform", planned_merchants=planned, **changes)
    return account(status, id="operator", merchant=own, members=members)


def admit() -> Any:
    body = NewMember(account="shop", reason="of our district")
    return actions.admit(command(body, role="institution", sub="operator"), "operator", account())


def beneath(**changes: Any) -> Account:
    return account(merchant=merchant(sub_platform="operator", counted=True, **changes))


def membership(**changes: Any) -> Membership:
    fields: dict[str, Any] = {"merchant": "shop", "since": AT, "admitted_by": "operator", "veto_until": LATER}
    return Membership(**fields | changes)


def grounds(role: str = "institution") -> Any:
    return command(Grounds(reason="why"), role=role, sub="operator")


def test_a_member_is_a_merchant_counted_within_the_plan() -> None:
    decision = admit()
    assert touched(decision) == [SHOP_ACCOUNT, RUNNER, MEMBER, LINE]
    made = load(Account, after(write_to(decision, SHOP_ACCOUNT), account())).merchant
    assert made == merchant(since=AT, turn=ID, sub_platform="operator", counted=True)
    assert load(Membership, after(write_to(decision, MEMBER))) == membership(reason="of our district")
    assert after(write_to(decision, RUNNER), operator(4))["members"] == 5
    assert (decision.kind, decision.facts.merchant, decision.answer.veto_until) == ("member_admitted", "shop", LATER)


@pytest.mark.parametrize(
    ("members", "planned", "room"), [(0, None, True), (500, None, True), (0, 1, True), (1, 1, False), (2, 1, False)]
)
def test_a_number_binds_and_words_do_not(members: int, planned: int | None, room: bool) -> None:
    write, stored = write_to(admit(), RUNNER), operator(members, planned)
    assert holds(write, stored) is room
    if not room:
        refused = refusal(write, stored)
        assert (refused.code, refused.facts) == ("limit_reached", {"limit": 1, "held": members})


@pytest.mark.parametrize(
    ("stored", "code"),
    [
        (None, "not_found"),
        (account(id="operator", merchant=merchant()), "not_found"),
        (operator(status="frozen"), "account_frozen"),
    ],
)
def test_who_is_no_active_sub_platform_admits_nobody(stored: Account | None, code: str) -> None:
    assert refusal(write_to(admit(), RUNNER), stored).code == code


def test_a_suspended_operator_admits_nobody() -> None:
    suspended = account(id="operator", merchant=merchant(mode="sub_platform", status="suspended"))
    refused = refusal(write_to(admit(), RUNNER), suspended)
    assert (refused.code, refused.facts["state"]) == ("invalid_state", "suspended")


def test_whom_the_exchange_vetoed_the_operator_does_not_admit_again() -> None:
    write = write_to(admit(), MEMBER)
    refused = refusal(write, membership(status="vetoed"))
    assert (refused.code, refused.facts["state"]) == ("invalid_state", "vetoed")
    assert holds(write, membership(status="ended"))
    assert refusal(write, membership()).code == "contended"


def test_neither_itself_nor_a_person_nor_nobody_is_admitted() -> None:
    body = NewMember(account="operator")
    with pytest.raises(AlreadyMerchant):
        actions.admit(command(body, role="institution"), "operator", operator())
    for stored in (None, account(kind="individual")):
        with pytest.raises(InvalidRequest):
            actions.admit(command(body, role="institution"), "operator", stored)


@pytest.mark.parametrize(
    ("action", "before", "then", "status"),
    [
        ("suspend", (), ["operator"], "suspended"),
        ("suspend", ("exchange",), ["exchange", "operator"], "suspended"),
        ("reinstate", ("operator",), [], "active"),
        ("reinstate", ("exchange", "operator"), ["exchange"], "suspended"),
    ],
)
def test_each_party_turns_its_own_suspension(action: str, before: Any, then: list[str], status: str) -> None:
    known = beneath(status="suspended" if before else "active", suspended_by=before)
    decision = actions.turn(grounds(), "operator", membership(), known, action)
    assert touched(decision) == [RUNNER, SHOP_ACCOUNT, keys.shelving("shop"), LINE]
    made = load(Account, after(write_to(decision, SHOP_ACCOUNT), known)).as_merchant
    assert (made.status, list(made.suspended_by)) == (status, then)
    answer = decision.answer.model_dump()
    assert (answer["status"], answer["suspended_by"]) == (status, then)
    assert refusal(write_to(decision, RUNNER), operator(status="frozen")).code == "account_frozen"


@pytest.mark.parametrize(
    ("action", "before"), [("reinstate", ()), ("reinstate", ("exchange",)), ("suspend", ("operator",))]
)
def test_a_suspension_of_another_is_none_of_the_operator_s(action: str, before: Any) -> None:
    known = beneath(status="suspended" if before else "active", suspended_by=before)
    with pytest.raises(InvalidState):
        actions.turn(grounds(), "operator", membership(), known, action)


def test_a_veto_ends_the_merchant_and_frees_its_place() -> None:
    known = beneath(status="suspended", suspended_by=("operator",))
    decision = actions.veto(grounds("exchange"), "operator", membership(), known)
    assert touched(decision) == [SHOP_ACCOUNT, keys.shelving("shop"), RUNNER, MEMBER, LINE]
    made = load(Account, after(write_to(decision, SHOP_ACCOUNT), known)).as_merchant
    assert (made.status, made.counted, made.suspended_by) == ("ended", None, ())
    assert after(write_to(decision, RUNNER), operator(5))["members"] == 4
    left = load(Membership, after(write_to(decision, MEMBER), membership()))
    assert (left.status, left.until) == ("vetoed", AT)
    assert decision.publish
    assert refusal(write_to(decision, SHOP_ACCOUNT), beneath(turn="another")).code == "contended"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"veto_until": AT}, VetoOver),
        ({"veto_until": None}, ReviewedBefore),
        ({"status": "vetoed"}, InvalidState),
        ({"status": "ended"}, InvalidState),
    ],
)
def test_a_veto_has_its_time(changes: dict[str, Any], refused: type[InvalidState]) -> None:
    with pytest.raises(refused):
        actions.veto(grounds("exchange"), "operator", membership(**changes), beneath())


def test_who_has_left_since_it_was_read_is_not_found() -> None:
    with pytest.raises(NotFound):
        actions.veto(grounds("exchange"), "operator", membership(), account(merchant=merchant(sub_platform="another")))


def test_an_offer_is_taken_down_with_its_tills_and_allowed_again() -> None:
    down = actions.take_down(grounds(), "operator", offer(held_back="t"))
    item = after(write_to(down, keys.offer(OFFER)), offer(held_back="t"))
    assert (item["status"], "held_back" in item, item["taken_down"]["reason"]) == ("off_shelf", False, "why")
    assert after(write_to(down, keys.account(TILL)), {"status": "on_shelf"})["status"] == "off_shelf"
    beneath_it = write_to(down, keys.account(keys.holder(SHOP)))
    assert holds(beneath_it, beneath())
    assert refusal(beneath_it, account(merchant=merchant(sub_platform="another"))).code == "not_found"
    assert refusal(write_to(down, keys.offer(OFFER)), item).code == "invalid_state"
    for role, frozen in (("institution", True), ("exchange", False)):
        up = actions.allow(grounds(role), "operator", offer(status="off_shelf"))
        assert "taken_down" not in after(write_to(up, keys.offer(OFFER)), item)
        assert refusal(write_to(up, keys.offer(OFFER)), offer()).code == "invalid_state"
        assert (RUNNER in touched(up)) is frozen
