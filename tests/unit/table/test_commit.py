"""What a cancelled transaction means: each item has a reason of its own."""

from typing import Any

import pytest

from chalicelib.errors import Contended
from chalicelib.table.commit import Failed, _cancelled

NO, CONFLICT, SLOW, FINE = "ConditionalCheckFailed", "TransactionConflict", "ThrottlingError", "None"


def cancelled(*codes: str) -> Any:
    return _cancelled([{"Code": code} for code in codes])


@pytest.mark.parametrize("codes", [(FINE, NO), (FINE, NO, FINE), (FINE, FINE, NO)])
def test_conditions_that_failed_among_free_items_are_certain(codes: tuple[str, ...]) -> None:
    assert cancelled(*codes).failures == [(codes.index(NO), None)]


@pytest.mark.parametrize("held", [CONFLICT, SLOW, "ProvisionedThroughputExceeded"])
def test_a_condition_that_failed_beside_a_held_item_proves_nothing(held: str) -> None:
    for codes in ((held, NO), (held, NO, FINE), (FINE, NO, held), (FINE, held, NO)):
        assert isinstance(cancelled(*codes), Contended)


@pytest.mark.parametrize("held", [CONFLICT, SLOW, FINE])
def test_what_stands_in_the_first_place_is_certain_in_any_company(held: str) -> None:
    assert cancelled(NO, held).failures == [(0, None)]
    assert [position for position, _ in cancelled(NO, held, NO).failures] == [0, 2]


def test_held_items_alone_are_contention() -> None:
    assert isinstance(cancelled(FINE, CONFLICT, SLOW), Contended)


def test_anything_else_is_a_fault_of_ours() -> None:
    assert isinstance(cancelled(FINE, "ValidationError"), RuntimeError)
    assert isinstance(cancelled(FINE, "ValidationError", NO), Failed)
