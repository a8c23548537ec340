"""The index of docs/adr lists every decision as its page states it."""

import re
from pathlib import Path

import pytest

import app

FOLDER = Path(app.__file__).parent / "docs" / "adr"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
ROW = re.compile(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = {name: rest for _, name, *rest in ROW.findall((FOLDER / "README.md").read_text())}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_decision_has_number_status_and_date_and_its_row_agrees(path: Path) -> None:
    page = path.read_text()
    heading = re.match(
        r"# (\d{4}) (.+)\n\n- Status: (proposed|accepted|superseded by \d{4})\n- Date: (\d{4}-\d\d-\d\d)\n", page
    )
    assert heading, "begin with '# number title', '- Status: …', '- Date: …'"
    number, title, status, date = heading.groups()
    assert path.name.startswith(f"{number}-")
    assert ROWS[path.name][:3] == [title, status, date]


def test_the_index_lists_each_page_once_in_order() -> None:
    assert list(ROWS) == [path.name for path in PAGES]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_decision_has_context_decision_consequences_and_alternatives(path: Path) -> None:
    sections = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
    assert [each for each in sections if not each.startswith(("Amendment", "Not checked"))] == [
        "Context",
        "Decision",
        "Consequences",
        "Alternatives",
    ]
