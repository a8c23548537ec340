"""The helpers of the unit tests say what a store would do."""

import pytest

from chalicelib.errors import InvalidState
from chalicelib.table.keys import Key
from chalicelib.table.write import Attr, put, update
from tests.unit.decisions import after, holds, refusal

KEY = Key("p", "s")


def test_conditions_changes_and_refusals_are_those_of_the_store() -> None:
    write = update(
        KEY, add={"points": -5}, require=Attr("points").gte(5), refuse=lambda _: InvalidState(state="low", action="x")
    )
    assert holds(write, {"points": 5})
    assert after(write, {"points": 7}) == {"points": 2}
    assert not holds(write, {"points": 4})
    assert not holds(write)
    assert refusal(write, {"points": 4}).code == "invalid_state"
    with pytest.raises(AssertionError, match="holds"):
        refusal(write, {"points": 5})


def test_a_put_is_refused_where_an_item_stands() -> None:
    write = put(KEY, {"points": 1})
    assert holds(write)
    assert not holds(write, {"points": 1})
    assert after(write) == {"points": 1}
