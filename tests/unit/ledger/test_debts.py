"""What an account gains repays its debt first, once this process knows of it; until then nothing is committed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ledger import debts
from chalicelib.ledger.actions import post
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer, entries
from chalicelib.openness.model import supply_change
from chalicelib.table.write import Write
from tests.unit.decisions import after, holds, record, refusal

ALICE = "account:alice"
CONVERSION = Transfer(
    "conversion", (Posting("system:issued", "system:pool", 100, GRAMS), Posting("system:pool", ALICE, 100, POINTS))
)
REFUND = Transfer("refund", (Posting("offer:x/0", ALICE, 100, POINTS),))
ACTIVE = {"status": "active", "kind": "individual"}


@pytest.fixture(autouse=True)
def _unknown() -> Iterator[None]:
    debts.forget()
    yield
    debts.forget()


def of_alice(transfer: Transfer) -> Write:
    writes, _ = post(transfer, record="r")
    [write] = [each for each in writes if each.key.pk == ALICE]
    return write


def learn(debt: int, transfer: Transfer = CONVERSION) -> None:
    stored = ACTIVE | {"points": 0, "debt_points": debt}
    assert isinstance(refusal(of_alice(transfer), stored), debts.Owing)


@pytest.mark.parametrize("stored", [{"points": 5}, {"points": 5, "debt_points": 0}])
def test_who_owes_nothing_gains_everything(stored: dict[str, int]) -> None:
    write = of_alice(CONVERSION)
    assert holds(write, ACTIVE | stored)
    assert after(write, ACTIVE | stored)["points"] == 105


def test_a_debt_that_is_not_known_stops_the_transaction_and_is_known_from_then_on() -> None:
    assert not holds(of_alice(CONVERSION), ACTIVE | {"points": 0, "debt_points": 30})
    learn(30)
    write = of_alice(CONVERSION)
    stored = ACTIVE | {"points": 0, "debt_points": 30}
    assert holds(write, stored)
    assert (after(write, stored)["points"], after(write, stored)["debt_points"]) == (70, 0)


@pytest.mark.parametrize("debt", [29, 31, 0])
def test_a_debt_that_changed_stops_the_transaction_too(debt: int) -> None:
    learn(30)
    assert not holds(of_alice(CONVERSION), ACTIVE | {"points": 0, "debt_points": debt})
    assert isinstance(refusal(of_alice(CONVERSION), ACTIVE | {"points": 0, "debt_points": debt}), debts.Owing)


def test_a_debt_repaid_elsewhere_is_forgotten() -> None:
    learn(30)
    refusal(of_alice(CONVERSION), ACTIVE | {"points": 0})
    assert debts.known(ALICE, POINTS) == 0


def test_a_closed_account_says_that_it_is_closed_whatever_it_owes() -> None:
    closed = {"status": "closed", "kind": "individual", "points": 0, "debt_points": 30}
    assert isinstance(refusal(of_alice(CONVERSION), closed), debts.Owing)
    assert refusal(of_alice(CONVERSION), closed).code == "account_closed"


def test_what_only_takes_asks_for_no_debt() -> None:
    taking = Transfer("redemption", (Posting(ALICE, "offer:x/0", 7, POINTS),))
    assert holds(of_alice(taking), ACTIVE | {"points": 7, "debt_points": 30})


@given(st.integers(1, 200), st.sampled_from([CONVERSION, REFUND]))
def test_repaying_conserves_every_asset_and_keeps_the_points_backed(debt: int, transfer: Transfer) -> None:
    debts.forget()
    learn(debt, transfer)
    _, facts = post(transfer, record="r")
    change = supply_change(record(movement=facts.movement, postings=facts.postings))
    repaid = min(debt, 100)
    assert change["grams_uncovered"] == -repaid
    assert change["grams_backing"] == change["points_circulating"]
    assert change["grams_confirmed"] == change["grams_backing"] + change["grams_held"] + change["grams_retired"]
    if transfer is REFUND:
        assert change["redeemed"] == -100


@pytest.mark.parametrize(("debt", "points", "repaid"), [(30, 70, -30), (100, 0, -100), (250, 0, -100)])
def test_the_statement_shows_what_came_and_what_repaid(debt: int, points: int, repaid: int) -> None:
    learn(debt)
    _, facts = post(CONVERSION, record="r")
    [line] = entries(record(movement=facts.movement, postings=facts.postings, counterparty="metro")).values()
    assert (line.points, line.debt_points, line.counterparty) == (points, repaid, "metro")


def test_an_account_that_repays_everything_remembers_the_record_too() -> None:
    learn(100)
    stored: dict[str, Any] = ACTIVE | {"points": 0, "debt_points": 100}
    assert after(of_alice(CONVERSION), stored)["unfiled"] == {"r"}


def test_an_institution_repays_grams_with_grams() -> None:
    record_grams = Transfer("record", (Posting("system:issued", "account:shop", 50, GRAMS),))
    [write], _ = post(record_grams, record="r")
    refusal(write, {"status": "active", "kind": "institution", "grams": 0, "debt_grams": 20})
    [write], facts = post(record_grams, record="r")
    assert Posting("account:shop", "system:issued", 20, GRAMS) in facts.postings
    assert Posting("account:shop", "system:uncovered", 20, "debt_grams") in facts.postings
    stored = {"status": "active", "kind": "institution", "grams": 0, "debt_grams": 20}
    assert (after(write, stored)["grams"], after(write, stored)["debt_grams"]) == (30, 0)


@pytest.mark.parametrize(
    ("held", "recovered", "owed"), [(100, 100, None), (150, 100, None), (40, 40, 60), (0, None, 100)]
)
def test_a_reversal_takes_what_is_there_and_the_rest_is_owed(
    held: int, recovered: int | None, owed: int | None
) -> None:
    transfer = debts.reversal(ALICE, POINTS, 100, held)
    taken = [each.amount for each in transfer.postings if each.asset == POINTS]
    made = [each.amount for each in transfer.postings if each.asset == "debt_points"]
    assert (taken, made) == ([recovered] if recovered else [], [owed] if owed else [])
    change = supply_change(record(movement="reversal", postings=transfer.postings))
    assert change["grams_confirmed"] == change["grams_backing"] == change["points_circulating"] == -(recovered or 0)
    assert change["grams_uncovered"] == (owed or 0)
