"""What each action on an account decides: what must hold, what changes, and why it is refused."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.accounts import actions, closing
from chalicelib.accounts.model import Claim, Correction, Grounds, Opening
from chalicelib.accounts.refusals import (
    AccountExists,
    AccountNotEmpty,
    ApplicationOpen,
    CampaignsLive,
    DebtStays,
    MerchantStays,
)
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, RoleNotAllowed
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account, Merchant
from chalicelib.ledger.actions import AccountClosed, AccountFrozen, AccountNotOpen
from chalicelib.table import keys
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to

ALICE = keys.account_id("alice")
PERSON = {"kind": "individual", "name": "王小明", "identity_number": "11010519491231002X"}
SHOP = {"kind": "institution", "name": "示例商贸", "credit_code": "91350100M000100Y43"}
NUMBER = "hash"
MERCHANT = Merchant(mode="other", status="active", since=AT, turn="first")
IDENTITY, APPLYING = keys.identity(NUMBER), keys.applying(ALICE)


def account(**changes: Any) -> Account:
    return replace(Account(id=ALICE, kind="individual", name="王**", opened_at=AT, identity=NUMBER), **changes)


KEY = account().key


# opening


def opened(
    body: dict[str, Any] = PERSON, there: Account | None = None, claim: Claim | None = None, role: str = "individual"
) -> Decision:
    return actions.open_account(command(Opening.model_validate(body), role=role), NUMBER, there, claim)


def test_a_first_account_holds_nothing_and_claims_its_number() -> None:
    decision = opened()
    assert touched(decision) == [KEY, IDENTITY, keys.login(ALICE)]
    state = {"id": ALICE, "kind": "individual", "name": "王**", "status": "active", "opened_at": AT}
    assert decision.answer.model_dump() == state
    assert after(write_to(decision, KEY)) == state | {"identity": NUMBER, "points": 0, "grams": 0, "pending": 0}
    assert after(write_to(decision, IDENTITY)) == {"account": ALICE, "person": ALICE, "open": True}


def test_a_login_that_acts_for_an_institution_opens_no_account() -> None:
    write = write_to(opened(), keys.login(ALICE))
    assert isinstance(refusal(write, {"institution": "firm", "authority": "read_only"}), AccountExists)
    for stored in (None, {"institution": "firm", "authority": "none"}, {"institution": ALICE, "authority": "owner"}):
        assert holds(write, stored)


def test_a_person_s_name_is_masked_and_an_institution_s_is_not() -> None:
    assert after(write_to(opened(SHOP, role="institution"), KEY))["name"] == "示例商贸"


def test_an_open_claim_refuses_whoever_brings_the_number() -> None:
    for claim in (Claim(ALICE, ALICE, open=True), Claim("another"), Claim("another", "another")):
        with pytest.raises(AccountExists):
            opened(claim=claim)


def test_the_account_of_a_login_is_opened_again_with_its_own_number_only() -> None:
    closed = account(status="closed", closed_at=AT, points=0, pending=0)
    write = write_to(opened(there=closed, claim=Claim(ALICE, ALICE, open=False)), KEY)
    assert holds(write, closed)
    assert "closed_at" not in after(write, closed)
    for other in (account(), account(status="frozen"), account(status="closed", identity="other")):
        assert isinstance(refusal(write, other), AccountExists)


def test_of_two_openings_with_one_login_at_once_the_later_decides_again() -> None:
    assert isinstance(refusal(write_to(opened(), KEY), account()), Contended)


def test_of_two_openings_with_one_number_at_once_the_later_is_refused() -> None:
    write = write_to(opened(), IDENTITY)
    assert isinstance(refusal(write, Claim("bob", "bob")), AccountExists)
    assert isinstance(refusal(write, Claim("bob", "bob", open=False)), Contended)


def test_a_number_that_was_let_go_keeps_its_person() -> None:
    decision = opened(claim=Claim("first", "first", open=False))
    assert after(write_to(decision, KEY))["person"] == "first"
    claimed = write_to(decision, IDENTITY)
    assert after(claimed, Claim("first", "first", open=False)) == {"account": ALICE, "person": "first", "open": True}
    assert isinstance(refusal(claimed, Claim("second", "first", open=False)), Contended)


def test_an_account_never_changes_its_person() -> None:
    closed = account(status="closed")
    decision = opened(there=closed, claim=Claim(ALICE, "first", open=False))
    assert "person" not in after(write_to(decision, KEY), closed)
    closed = account(status="closed", person="first")
    decision = opened(there=closed, claim=Claim(ALICE, "first", open=False))
    assert after(write_to(decision, KEY), closed)["person"] == "first"


@pytest.mark.parametrize(("body", "role"), [(PERSON, "institution"), (SHOP, "individual")])
def test_the_kind_is_the_callers_role(body: dict[str, Any], role: str) -> None:
    order = command(Opening.model_validate(body), role=role)
    with pytest.raises(InvalidRequest) as refused:
        actions.hashed_number(order, b"key")
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == ["/kind"]


def test_of_a_number_a_keyed_hash_is_kept() -> None:
    order = command(Opening.model_validate(PERSON))
    first, second = (actions.hashed_number(order, key) for key in (b"one", b"two"))
    assert first != second
    assert PERSON["identity_number"] not in first


# closing


def decided(there: Account | None = None, *, promised: bool = False) -> Decision:
    return closing.close_account(command(), there or account(), promised=promised)


def test_an_empty_account_is_closed_and_lets_go_of_its_number() -> None:
    there = account(person="first")
    decision = decided(there)
    assert touched(decision) == [KEY, APPLYING, IDENTITY]
    assert decision.answer.model_dump()["status"] == "closed"
    closed = after(write_to(decision, KEY), there)
    assert (closed["status"], closed["closed_at"]) == ("closed", AT)
    assert after(write_to(decision, IDENTITY)) == {"account": ALICE, "person": "first", "open": False}


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (None, AccountNotOpen),
        (account(status="closed"), AccountClosed),
        (account(status="frozen"), AccountFrozen),
        (account(merchant=MERCHANT), MerchantStays),
        (account(campaigns_live=1), CampaignsLive),
        (account(points=1), AccountNotEmpty),
        (account(grams=1), AccountNotEmpty),
        (account(pending=1), AccountNotEmpty),
    ],
)
def test_what_holds_an_account_open_is_named(there: Account | None, why: type[Refusal]) -> None:
    assert type(refusal(write_to(decided(), KEY), there)) is why


def test_what_is_left_is_counted() -> None:
    left = refusal(write_to(decided(), KEY), account(points=3, grams=2, pending=1)).facts
    assert {name: left[name] for name in ("points", "grams", "pending")} == {"points": 3, "grams": 2, "pending": 1}


def test_a_campaign_counter_that_is_back_at_zero_holds_nothing() -> None:
    assert holds(write_to(decided(), KEY), account(campaigns_live=0))


def test_an_open_application_and_a_campaign_that_is_not_counted_hold_it_open() -> None:
    assert type(refusal(write_to(decided(), APPLYING), {"application": "a"})) is ApplicationOpen
    with pytest.raises(CampaignsLive):
        decided(promised=True)


def test_a_number_that_another_account_has_claimed_is_not_let_go() -> None:
    write = write_to(decided(), IDENTITY)
    assert isinstance(refusal(write, Claim("bob", ALICE)), Contended)


# freezing


def turned(there: Account, action: str = "freeze", role: str = EXCHANGE) -> Decision:
    return actions.turn(command(Grounds(reason="court order"), role=role, sub=role), there, action)


@pytest.mark.parametrize("role", [EXCHANGE, BUREAU])
@pytest.mark.parametrize(
    ("action", "before", "later", "kind"),
    [("freeze", "active", "frozen", "account_frozen"), ("unfreeze", "frozen", "active", "account_released")],
)
def test_a_person_s_account_is_frozen_and_released(action: str, before: str, later: str, kind: str, role: str) -> None:
    there = account(status=before)
    decision = turned(there, action, role)
    assert touched(decision) == [KEY]
    assert after(write_to(decision, KEY), there)["status"] == decision.answer.model_dump()["status"] == later
    assert (decision.kind, decision.publish) == (kind, True)
    assert decision.facts == Facts(account=ALICE, reason="court order")


@pytest.mark.parametrize(
    ("action", "status"),
    [("freeze", "frozen"), ("freeze", "closed"), ("unfreeze", "active"), ("unfreeze", "closed")],
)
def test_no_other_step_is_possible(action: str, status: str) -> None:
    with pytest.raises(InvalidState):
        turned(account(status=status), action)


def test_a_holder_cannot_release_itself() -> None:
    with pytest.raises(RoleNotAllowed):
        turned(account(status="frozen"), "unfreeze", role="individual")


def test_a_merchant_s_offers_follow_a_turn_that_is_published() -> None:
    there = account(kind="institution", merchant=MERCHANT)
    decision = turned(there)
    assert touched(decision) == [KEY, keys.shelving(ALICE)]
    assert after(write_to(decision, KEY), there)["merchant"] == {
        "mode": "other", "status": "active", "since": AT, "turn": ID,
    }  # fmt: skip
    note = {"turn": ID, "list": "shelving", "rank": f"{AT}:{ALICE}"}
    assert after(write_to(decision, keys.shelving(ALICE))) == note
    assert decision.publish
    assert decision.facts.merchant == ALICE


def test_a_merchant_that_was_turned_or_admitted_meanwhile_is_read_again() -> None:
    there = account(kind="institution", merchant=MERCHANT)
    later = replace(there, merchant=replace(MERCHANT, turn="second", status="suspended"))
    assert isinstance(refusal(write_to(turned(there), KEY), later), Contended)
    assert isinstance(refusal(write_to(turned(account()), KEY), there), Contended)


def test_a_merchant_of_before_turns_is_turned_once() -> None:
    there = account(kind="institution", merchant=replace(MERCHANT, turn=None))
    write = write_to(turned(there), KEY)
    assert holds(write, there)
    assert isinstance(refusal(write, replace(there, merchant=MERCHANT)), Contended)


@pytest.mark.parametrize("there", [None, account(status="frozen"), account(status="closed")])
def test_an_account_that_was_frozen_or_closed_meanwhile_is_not_frozen_again(there: Account | None) -> None:
    refused = refusal(write_to(turned(account()), KEY), there)
    assert (type(refused), refused.facts["state"]) == (InvalidState, there.status if there else "?")


# correcting


def corrected(there: Account) -> Decision:
    return actions.correct(command(Correction(name="李小红")), there)


@pytest.mark.parametrize("status", ["active", "frozen"])
def test_a_name_is_corrected_and_kept_masked(status: str) -> None:
    there = account(status=status)
    decision = corrected(there)
    assert touched(decision) == [KEY]
    assert after(write_to(decision, KEY), there)["name"] == decision.answer.model_dump()["name"] == "李**"


def test_the_name_of_a_closed_account_stays() -> None:
    closed = account(status="closed")
    for read in (account(), closed):
        assert isinstance(refusal(write_to(corrected(read), KEY), closed), AccountClosed)
    assert isinstance(refusal(write_to(corrected(account()), KEY), account(status="frozen")), Contended)


@pytest.mark.parametrize("owed", [{"debt_points": 1}, {"debt_grams": 1}])
def test_a_debt_holds_an_account_open(owed: dict[str, int]) -> None:
    assert type(refusal(write_to(decided(), KEY), account(**owed))) is DebtStays
    assert holds(write_to(decided(), KEY), account(debt_points=0, debt_grams=0))
