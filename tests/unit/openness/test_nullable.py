"""What may be null may be left out, in every request."""

import pytest

from tests.bodies import BODIES, nullable


@pytest.mark.parametrize("name", BODIES)
def test_what_may_be_null_may_be_left_out(name: str) -> None:
    needed = [name for name, each in nullable(BODIES[name]).items() if each.is_required() or each.default is not None]
    assert needed == []


def test_models_within_bodies_are_tried_too() -> None:
    assert {"NewOffer", "EventPlan", "Individual", "NewDocument"} <= set(BODIES)
    assert nullable(BODIES["NewScenario"]).keys() >= {"daily_cap_grams", "valid_until", "quantity_max"}
