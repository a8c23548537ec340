"""A statement as a spreadsheet opens it."""

import csv
import io

import pytest

from chalicelib.accounts.statements.sheet import BYTE_ORDER_MARK, written
from chalicelib.ledger.model import Entry

AT = "2026-01-31T17:30:00.145Z"


def cells(counterparty: str = "metro") -> dict[str, str]:
    entry = Entry("r", AT, "conversion", points=-5, grams=0, counterparty=counterparty, reference="r")
    [row] = csv.DictReader(io.StringIO(written([entry]).removeprefix(BYTE_ORDER_MARK)))
    return dict(row)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_taken_for_a_formula(start: str) -> None:
    assert cells(counterparty=f"{start}1+1")["counterparty"] == f"'{start}1+1"


@pytest.mark.parametrize("text", ["metro", "1-2", "商贸", "'x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert cells(counterparty=text)["counterparty"] == text


def test_numbers_stay_numbers_and_the_hour_is_beijings_too() -> None:
    row = cells()
    assert (row["points"], row["at"], row["at_beijing"]) == ("-5", AT, "2026-02-01 01:30:00")
