"""Which Records reported a reduction, and which decided one that was reported before."""

import json
from typing import Any

import pytest

from chalicelib.reductions.lookup.queries import is_report
from tests.unit.decisions import ID, record

REPORT = "r" * 26


@pytest.mark.parametrize(
    ("kind", "reduction", "facts", "expected"),
    [
        ("reduction_reported", ID, {}, True),
        ("reduction_confirmed", ID, {"reference": ID}, True),
        ("reduction_confirmed", ID, {}, True),  # confirmed at once, of 0 grams: nothing is credited
        ("reduction_confirmed", REPORT, {"reference": REPORT}, False),
        ("reduction_confirmed", REPORT, {}, False),  # the bureau confirmed 0 grams
        ("reduction_rejected", REPORT, {}, False),
        ("reduction_reported", ID, {"scenario": None}, False),
    ],
)
def test_a_report_is_what_bears_its_reductions_own_id(
    kind: str, reduction: str, facts: dict[str, Any], expected: bool
) -> None:
    made = record(kind, answer=json.dumps({"id": reduction}), **{"scenario": "metro"} | facts)
    assert is_report(made) == expected
