"""Admitting, suspending and reinstating a merchant."""

import pytest

from chalicelib.errors import InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.ledger.account import Account, EventTerms
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.ledger.standing import sells
from chalicelib.merchants import actions
from chalicelib.merchants.actions import AlreadyMerchant
from chalicelib.merchants.model import Admission, Cause, to_answer
from chalicelib.table import keys
from chalicelib.table.row import load
from tests.unit.decisions import AT, ID, after, command, holds, refusal, touched, write_to
from tests.unit.merchants.accounts import account, merchant

ACCOUNT = keys.account("account:shop")
LINE = keys.application_step("application", AT, ID)
ADMISSION = Admission(account="shop", mode="other", reason="letter 2026-17")


def test_an_institution_is_admitted_with_the_reason_on_the_record() -> None:
    decision = actions.admit(command(ADMISSION, role="exchange"), account())
    write = write_to(decision, ACCOUNT)
    item = after(write, account())
    assert load(Account, item).merchant == merchant(since=AT, turn=ID)
    assert (item["list"], item["rank"]) == ("merchants", f"{AT}:shop")
    assert decision.answer.model_dump()["status"] == "active"
    assert "letter 2026-17" in str(decision.facts)


def test_nobody_is_admitted_twice_frozen_or_closed() -> None:
    write = write_to(actions.admit(command(ADMISSION), account()), ACCOUNT)
    assert isinstance(refusal(write, account(merchant=merchant())), AlreadyMerchant)
    assert isinstance(refusal(write, account("frozen")), AccountFrozen)
    for stored in (account("closed"), None):
        assert isinstance(refusal(write, stored), InvalidRequest)
    over = EventTerms(starts_at="2020", ends_at="2021", per_account_limit=1)
    assert holds(write, account(merchant=merchant(mode="event", event=over)))


@pytest.mark.parametrize("stored", [None, account(kind="individual")])
def test_only_an_institution_is_admitted(stored: Account | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        actions.admit(command(ADMISSION), stored)
    assert refused.value.facts["errors"][0]["pointer"] == "/account"


@pytest.mark.parametrize(
    ("action", "before", "status"), [("suspend", "active", "suspended"), ("reinstate", "suspended", "active")]
)
def test_a_turn_is_noted_for_the_offers_and_in_the_history(action: str, before: str, status: str) -> None:
    known = merchant(status=before, application="application")
    decision = getattr(actions, action)(command(Cause(reason="why"), role="exchange"), account(merchant=known))
    assert decision.publish
    assert touched(decision) == [ACCOUNT, keys.shelving("shop"), LINE]
    write = write_to(decision, ACCOUNT)
    by = ("exchange",) if status == "suspended" else ()
    assert load(Account, after(write, account(merchant=known))).merchant == merchant(
        status=status, turn=ID, application="application", suspended_by=by
    )
    note = after(write_to(decision, keys.shelving("shop")))
    assert note == {"turn": ID, "list": "shelving", "rank": f"{AT}:shop"}
    line = after(write_to(decision, LINE))
    assert (line["action"], line["status"], line["comment"], line["by_role"]) == (action, status, "why", "exchange")
    assert refusal(write, account(merchant=merchant(turn="another"))).code == "contended"


def test_a_party_cannot_lift_what_another_suspended_and_reads_whose_it_is() -> None:
    known = merchant(status="suspended", suspended_by=("operator",))
    with pytest.raises(actions.SuspendedByOthers) as refused:
        actions.reinstate(command(Cause(reason="why"), role="exchange"), account(merchant=known))
    assert refused.value.facts["suspended_by"] == "operator"


def test_a_merchant_from_outside_the_platform_has_no_history() -> None:
    decision = actions.suspend(command(Cause(), role="exchange"), account(merchant=merchant()))
    assert touched(decision) == [ACCOUNT, keys.shelving("shop")]


def test_only_the_exchange_suspends_and_only_what_is_not_suspended() -> None:
    with pytest.raises(RoleNotAllowed):
        actions.suspend(command(Cause(), role="institution"), account(merchant=merchant()))
    with pytest.raises(InvalidState):
        actions.suspend(command(Cause(), role="exchange"), account(merchant=merchant(status="suspended")))
    with pytest.raises(InvalidState):
        actions.reinstate(command(Cause(), role="exchange"), account(merchant=merchant()))


def test_an_event_has_ended_with_its_period() -> None:
    event = merchant(mode="event", event=EventTerms(starts_at="2026-01", ends_at="2026-02", per_account_limit=1))
    assert to_answer(account(merchant=event), "2026-01-31").status == "active"
    assert to_answer(account(merchant=event), "2026-02").status == "ended"


@pytest.mark.parametrize(
    ("status", "state", "may"),
    [("active", "active", True), ("active", "suspended", False), ("frozen", "active", False)],
)
def test_offers_stand_on_the_shelf_of_who_is_neither_frozen_nor_suspended(status: str, state: str, may: bool) -> None:
    assert sells(account(status, merchant=merchant(status=state))) is may
