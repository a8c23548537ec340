"""Which version of a scenario governs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.validity import in_force, operated
from tests.unit.scenarios.samples import scenario


def version(number: int, start: str, end: str | None) -> Scenario:
    return scenario(version=number, valid_from=start, valid_until=end)


VERSIONS = [version(1, "2020", "2023"), version(2, "2022", None), version(3, "2024", "2025")]


@pytest.mark.parametrize(
    ("moment", "number"),
    [("2019", None), ("2020", 1), ("2021", 1), ("2022", 2), ("2023", 2), ("2024", 3), ("2025", None), ("2026", None)],
)
def test_the_newest_version_that_has_begun_governs_past_its_end(moment: str, number: int | None) -> None:
    found = in_force(VERSIONS, moment)
    assert (found.version if found else None) == number


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9) | st.none()), max_size=5).map(
        lambda spans: [version(n, f"{a}", f"{a + b}" if b and a + b < 10 else None) for n, (a, b) in enumerate(spans)]
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 5),
)
def test_an_operator_is_one_who_governs_at_some_moment(
    versions: list[Scenario], since: int, until: int, number: int
) -> None:
    owned = [replace(each, operator=str(each.version)) for each in versions]
    moments = [f"{tenth / 10:.1f}".removesuffix(".0") for tenth in range(since * 10, max(since, until) * 10 + 1)]
    governing = [in_force(owned, moment) for moment in moments]
    expected = any(each is not None and each.operator == str(number) for each in governing)
    assert operated(owned, str(number), str(since), str(max(since, until))) == expected


def test_without_versions_nothing_is_in_force() -> None:
    assert in_force(list[Scenario](), "2024") is None
