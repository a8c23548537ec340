"""What a guardian's consent decides, and what an opening asks of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.accounts import actions, wards
from chalicelib.accounts.model import Claim, Opening
from chalicelib.accounts.numbers import age, hashed
from chalicelib.accounts.refusals import AccountEnded, GuardianRequired
from chalicelib.accounts.wards import Consent, NewWard, Ward, WardExists
from chalicelib.errors import InvalidRequest, InvalidState
from chalicelib.kernel.decision import Decision
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.table import keys
from tests.numbers import with_check_digit
from tests.unit.decisions import AT, after, command, holds, refusal, touched, write_to
from tests.unit.parties import PERSON, person

KEY = b"k" * 32
OWN, CHILD = "11010519491231002X", "110105201805050018"  # a child of 7 at the time of these commands
GUARDIAN = person(identity=hashed("individual", OWN, KEY))
HASH = hashed("individual", CHILD, KEY)
CONSENT = keys.consent(HASH, GUARDIAN.id)


def consented(account: Account = GUARDIAN, **changes: str) -> Decision:
    body = {"identity_number": CHILD, "name": "王小宝", "own_identity_number": OWN} | changes
    return wards.consent(command(NewWard.model_validate(body)), account, KEY)


def ward() -> Ward:
    [write] = [each for each in consented().writes if each.key.sk.startswith("ward:")]
    return Ward(**write.item)


def opened(number: str = CHILD, **options: Any) -> Decision:
    body = {"kind": "individual", "name": "王小宝", "identity_number": number}
    parts = {"account": None, "claim": None} | options
    return actions.open_account(command(Opening.model_validate(body)), HASH, **parts)


@pytest.mark.parametrize(
    ("day", "years"), [("2026-05-04T15:59:59", 7), ("2026-05-04T16:00:00", 8), ("2018-05-05T00:00:00", 0)]
)
def test_an_age_is_counted_by_the_calendar_of_shanghai(day: str, years: int) -> None:
    assert age(CHILD, datetime.fromisoformat(day).replace(tzinfo=UTC)) == years


def test_a_consent_is_kept_beside_the_guardian_and_by_the_hash_of_the_number() -> None:
    decision = consented()
    assert touched(decision) == [keys.account(PERSON), ward().key, CONSENT]
    assert after(write_to(decision, CONSENT)) == {"ward": ward().id, "guardian": GUARDIAN.id}
    assert isinstance(refusal(write_to(decision, keys.account(PERSON)), person(status="frozen")), AccountFrozen)
    write = write_to(decision, ward().key)
    assert isinstance(refusal(write, ward()), WardExists)
    assert holds(write, replace(ward(), status="withdrawn", withdrawn_at=AT))
    assert CHILD not in str(decision)


@pytest.mark.parametrize(
    ("account", "changes", "pointer"),
    [
        (person(), {}, "/own_identity_number"),
        (GUARDIAN, {"identity_number": OWN}, "/identity_number"),
    ],
)
def test_a_guardian_proves_her_number_and_the_child_is_under_14(
    account: Account, changes: dict[str, str], pointer: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        consented(account, **changes)
    assert [fault["pointer"] for fault in refused.value.facts["errors"]] == [pointer]


def test_a_guardian_is_an_adult() -> None:
    young = with_check_digit("11010520090131001")
    with pytest.raises(InvalidRequest):
        consented(replace(GUARDIAN, identity=hashed("individual", young, KEY)), own_identity_number=young)


def test_a_consent_is_withdrawn_once() -> None:
    decision = wards.withdraw(command(), ward())
    assert after(write_to(decision, CONSENT), Consent("w", GUARDIAN.id))["withdrawn_at"] == AT
    gone = replace(ward(), status="withdrawn", withdrawn_at=AT)
    assert isinstance(refusal(write_to(decision, ward().key), gone), InvalidState)
    with pytest.raises(InvalidState):
        wards.withdraw(command(), gone)


def test_a_child_opens_with_a_consent_that_stands_in_the_transaction() -> None:
    with pytest.raises(GuardianRequired):
        opened()
    decision = opened(consent=Consent("w", GUARDIAN.id))
    assert after(write_to(decision, keys.account(PERSON)))["guardian"] == "w"
    write = write_to(decision, CONSENT)
    assert holds(write, Consent("w", GUARDIAN.id))
    for other in (None, Consent("w", GUARDIAN.id, withdrawn_at=AT)):
        assert isinstance(refusal(write, other), GuardianRequired)


# what procedures and debts leave to an opening


def test_a_number_that_was_freed_starts_a_new_person_and_loses_its_mark() -> None:
    claim = Claim("wrong", "wrong", open=False, mark="freed")
    decision = opened(OWN, claim=claim)
    assert "person" not in after(write_to(decision, keys.account(PERSON)))
    kept = after(write_to(decision, keys.identity(HASH)), claim)
    assert kept == {"account": GUARDIAN.id, "person": GUARDIAN.id, "open": True}


def test_a_number_or_a_login_that_was_ended_opens_nothing() -> None:
    with pytest.raises(AccountEnded):
        opened(OWN, claim=Claim("old", "old", open=False, mark="ended"))
    ended = person(status="closed", identity="")
    write = write_to(opened(OWN, account=ended), keys.account(PERSON))
    assert isinstance(refusal(write, ended), AccountEnded)


def test_a_debt_of_the_account_before_goes_along() -> None:
    last = replace(person(status="closed", debt_points=40), id="last")
    decision = opened(OWN, claim=Claim("last", "last", open=False), last=last)
    own, before = write_to(decision, keys.account(PERSON)), write_to(decision, last.key)
    assert after(own)["debt_points"] == 40
    left = after(before, last)
    assert (left["debt_points"], left["successor"]) == (0, GUARDIAN.id)
    assert not holds(before, replace(last, debt_points=41))
    assert not holds(before, replace(last, status="active"))
    assert decision.facts.movement == "account_transfer"


def test_an_account_before_that_owes_nothing_names_its_successor_only() -> None:
    last = replace(person(status="closed"), id="last")
    decision = opened(OWN, claim=Claim("last", "last", open=False), last=last)
    assert after(write_to(decision, last.key), last)["successor"] == GUARDIAN.id
    assert (decision.facts.movement, decision.facts.postings) == (None, ())
