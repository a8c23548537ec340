"""The tour names everyone who lives in the demo."""

import re
from pathlib import Path

from infra.dev.demo import people

TOUR = Path(__file__).parents[3] / "docs/tour.md"


def test_everyone_of_the_demo_is_named_in_the_tour() -> None:
    table = TOUR.read_text().partition("\n## Who lives in the demo\n")[2]
    named = set(re.findall(r"`([a-z0-9_-]+)`", table))
    operators = {operator for *_, operator, _ in people.SCENARIOS}
    institutions = {each.sub for each in people.INSTITUTIONS}
    persons = {people.sub(number) for number in (0, 1, people.PEOPLE - 1, people.BOB)}
    assert operators | institutions | persons <= named
