"""Who may call what, measured: every route, in every role, about her own and about another's.

What is expected stands in ``docs/authorization.md``, a line a route. A route without a line fails, and so does an
answer that is not the one of its line.
"""

import re
from pathlib import Path

import pytest

from tests.authorization import NEVER, SUCCESS, line
from tests.endpoints import ROUTES
from tests.integration.test_two_roles import OBJECTS
from tests.world import World

PAGE = Path(__file__).parents[2] / "docs" / "authorization.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z]+ [^`]+)` \|.*\|$", re.MULTILINE)
EXPECTED = {found["name"]: found[0] for found in ROW.finditer(PAGE.read_text())}


def test_every_route_has_its_line_and_no_line_is_left_over() -> None:
    assert list(EXPECTED) == sorted(ROUTES, key=lambda name: (ROUTES[name].path, name))


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_each_role_as_its_line_says(world: World, name: str) -> None:
    assert line(world, name, OBJECTS) == EXPECTED.get(name)


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.allow and "{" in name])
def test_no_party_succeeds_with_what_is_another_s(name: str) -> None:
    """The table itself, once more: who answers for an object is its party or an authority, and never a newcomer."""
    for cell in EXPECTED[name].split("|")[3:6]:
        assert cell.strip() == NEVER or SUCCESS not in cell.split()[1:], EXPECTED[name]


@pytest.mark.parametrize("name", ROUTES)
def test_a_guarded_route_needs_a_token(name: str) -> None:
    assert (EXPECTED[name].split("|")[2].strip() == "401") == bool(ROUTES[name].allow)
