"""A Record says what it credits, and of which colour."""

from typing import Any

from chalicelib.campaigns.model import gift
from chalicelib.cancellation.model import cancellation
from chalicelib.kernel.record import Facts
from chalicelib.ledger import debts
from chalicelib.ledger.model import GRAMS, POINTS, Posting, Transfer
from chalicelib.provenance.model import NONE, Colour, credited, flows, used
from chalicelib.provenance.projection import colours, uses
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
    assert sorted(add["issued"] for key, add in writes.items() if key.pk[:-2] == "colours:2026-01:") == [100, 200]
    assert len(writes) == 4


def test_a_credit_that_moved_its_accounts_own_grams_is_added_to_the_scheme_alone() -> None:
    [write] = colours([record(movement="conversion", postings=CONVERSION, summed=True, **METRO)])
    assert (write.key.pk[:-2], write.add) == ("colours:2026-01:", {"issued": 100})


def test_what_a_reversal_could_not_take_back_has_no_colour_until_it_is_repaid() -> None:
    taken = record(movement="reversal", postings=debts.reversal(ALICE, POINTS, 100, 60).postings, **METRO)
    assert list(flows(taken)) == [(COLOUR, -100), (NONE, 40)]
    repaid = record(movement="conversion", postings=(*CONVERSION, *debts.repayment(ALICE, POINTS, 40)), **METRO)
    assert list(flows(repaid)) == [(COLOUR, 100), (NONE, -40)]
    uncoloured = record(movement="conversion", postings=CONVERSION)
    assert list(flows(uncoloured)) == [(NONE, 100)]


def test_what_is_retired_is_used_of_its_month_and_a_donation_of_its_campaign() -> None:
    cancelled = record(movement="cancellation", postings=cancellation(ALICE, 7).postings, at="2026-01-31T16:00:00.000Z")
    assert used(cancelled) == ("2026-02", cancelled.id, 7)
    given = record(movement="donation", postings=gift(ALICE, "campaign:c/0", 5).postings, counterparty="c")
    assert used(given) == ("campaign:c", given.id, 5)
    assert used(record(movement="redemption", postings=(Posting(ALICE, "offer:x/0", 5, POINTS),))) is None
    writes = {write.key: write for write in uses([cancelled])}
    assert writes[keys.used("2026-02", cancelled.id)].assign == {"grams": 7}
    assert writes[keys.used_sum("2026-02", cancelled.id)].add == {"grams": 7}
