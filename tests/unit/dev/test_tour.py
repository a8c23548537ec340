"""The tour names everyone who lives in the demo."""

import re

from infra.dev.demo import people
from infra.here import ROOT

TOUR = ROOT / "docs" / "tour.md"


def test_everyone_of_the_demo_is_named_in_the_tour() -> None:
    table = TOUR.read_text().partition("\n## Who lives in the demo\n")[2]
    named = set(re.findall(r"`([a-z0-9_-]+)`", table))
    operators = {operator for *_, operator, _ in people.SCENARIOS}
    institutions = {each.sub for each in people.INSTITUTIONS}
    persons = {people.sub(number) for number in (0, 1, people.PEOPLE - 1, people.BOB)}
    assert operators | institutions | persons <= named


def test_a_token_that_a_page_asks_for_is_of_somebody_who_lives_there() -> None:
    """A reader pastes the line; the operator of a scenario is called otherwise than the scenario."""
    operators = {operator for *_, operator, _ in people.SCENARIOS}
    institutions = {each.sub for each in people.INSTITUTIONS} | {"my-shop"}  # the reader's own, who applies
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "docs").rglob("*.py"))]
    asked = {pair for page in pages for pair in re.findall(r"ROLE=(\w+) SUB=([\w-]+)", page.read_text())}
    assert {sub for role, sub in asked if role == "scenario_operator"} <= operators
    assert {sub for role, sub in asked if role == "institution"} <= institutions
    assert {sub for role, sub in asked if role == "individual"} <= {people.sub(0), people.sub(people.BOB)}
