"""A Record says what it credits, and of which colour."""

from typing import Any

from chalicelib.kernel.record import Facts
from chalicelib.ledger import debts
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.provenance.model import Colour, credited
from chalicelib.provenance.projection import colours
from chalicelib.table import keys
from tests.unit.decisions import record

ALICE = "account:alice"
METRO: dict[str, Any] = {"scenario": "Metro", "methodology": "SHCER-1", "month": "2026-01"}
COLOUR = Colour("2026-01", "metro", "SHCER-1")
CONVERSION = (Posting("system:issued", "system:pool", 100, GRAMS), Posting("system:pool", ALICE, 100, POINTS))


def made(transfer: Transfer, **facts: Any) -> Facts:
    return record(movement=transfer.kind, postings=transfer.postings, **METRO | facts)


def test_a_conversion_credits_its_grams_in_the_colour_of_its_trip() -> None:
    assert credited(record(movement="conversion", postings=CONVERSION, **METRO)) == (ALICE, COLOUR, 100)


def test_what_repays_a_debt_counts_for_the_colour_all_the_same() -> None:
    postings = (*CONVERSION, *debts.repayment(ALICE, POINTS, 30))
    assert credited(record(movement="conversion", postings=postings, **METRO)) == (ALICE, COLOUR, 100)


def test_an_institution_gets_grams() -> None:
    postings = (Posting("system:issued", "account:shop", 50, GRAMS),)
    assert credited(record(movement="record", postings=postings, **METRO)) == ("account:shop", COLOUR, 50)


def test_a_reversal_takes_the_whole_reduction_from_its_colour_whatever_it_recovers() -> None:
    for held in (0, 40, 100, 500):
        transfer = debts.reversal(ALICE, POINTS, 100, held)
        assert credited(record(movement="reversal", postings=transfer.postings, **METRO)) == (ALICE, COLOUR, -100)


def test_an_institution_s_reversal_takes_grams_from_its_colour() -> None:
    for held in (0, 40, 100):
        transfer = debts.reversal("account:shop", GRAMS, 100, held)
        assert credited(record(movement="reversal", postings=transfer.postings, **METRO)) == (
            "account:shop", COLOUR, -100,
        )  # fmt: skip


def test_records_from_before_colours_and_other_movements_credit_nothing() -> None:
    assert credited(record(movement="conversion", postings=CONVERSION, scenario="metro")) is None
    assert credited(record(movement="redemption", postings=(Posting(ALICE, "offer:x/0", 5, POINTS),), **METRO)) is None


def test_each_account_and_each_colour_gets_one_write() -> None:
    bus = METRO | {"scenario": "bus"}
    records = [record(movement="conversion", postings=CONVERSION, **facts) for facts in (METRO, METRO, bus)]
    writes = {write.key: write.add for write in colours(records)}
    assert writes[keys.earned(ALICE, *COLOUR)] == {"grams": 200}
    assert writes[keys.earned(ALICE, "2026-01", "bus", "SHCER-1")] == {"grams": 100}
    assert sorted(add["grams"] for key, add in writes.items() if key.pk == "issued:2026-01") == [100, 200]
    assert len(writes) == 4
