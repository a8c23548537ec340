"""One word for one thing: docs/glossary.md lists the words that we no longer use, and this test finds them.

``CLEAN`` names what is checked.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

import app

ROOT = Path(app.__file__).parent
GLOSSARY = ROOT / "docs" / "glossary.md"
HEADING = "## Words we no longer use"

# Globs of what is checked: the whole repository, but for what is made of it (faces/dist).
CLEAN = (
    "*.md",
    "docs/**/*.md",
    "docs/**/*.py",
    "app.py",
    "chalicelib/**/*.py",
    "infra/**/*.py",
    "infra/**/*.yaml",
    "tests/**/*.py",
    "faces/citizen/**/*",
    "faces/desk/**/*",
    "faces/portal/**/*",
    "faces/shared/**/*",
    "faces/transparency/**/*",
    "Makefile",
    "pyproject.toml",
    ".ci/*",
)


class Rule(NamedTuple):
    """Words that are out of use, what to write, and the phrases in which they are still allowed."""

    words: tuple[str, ...]
    instead: str
    where: frozenset[str]
    allowed: tuple[str, ...]


class Finding(NamedTuple):
    """A retired word at a line, and what to write."""

    line: int
    word: str
    instead: str


def rules(glossary: str) -> list[Rule]:
    """The last table of the glossary. Raises ValueError where a row is not complete."""
    rows = re.findall(r"^\| (`.*) \|$", glossary.partition(f"\n{HEADING}\n")[2], re.MULTILINE)
    return [_rule(row) for row in rows]


def _rule(row: str) -> Rule:
    cells = [cell.strip() for cell in row.split("|")]
    words, instead, where, allowed = cells
    places = frozenset(where.split(", "))
    if not places <= {"text", "name"}:
        raise ValueError(f"{words}: a word is retired from text, name or both, not from {where!r}")
    return Rule(tuple(_quoted(words)), instead, places, tuple(_quoted(allowed)))


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@lru_cache(maxsize=1_000)
def _pattern(word: str) -> re.Pattern[str]:
    """Whole words; Chinese has no spaces between them."""
    spaced = re.escape(word).replace(r"\ ", r"\s+")
    return re.compile(rf"\b{spaced}\b" if word.isascii() else spaced, re.IGNORECASE)


def in_text(text: str, rule: Rule, first_line: int = 1) -> Iterator[Finding]:
    """Where ``text`` has a word of ``rule`` outside what is allowed."""
    for phrase in rule.allowed:
        text = _pattern(phrase).sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for word in rule.words:
        for match in _pattern(word).finditer(text):
            yield Finding(first_line + text.count("\n", 0, match.start()), word, rule.instead)


@lru_cache(maxsize=1_000)
def _any(words: tuple[str, ...]) -> re.Pattern[str]:
    """One look for all of them."""
    return re.compile("|".join(_pattern(word).pattern for word in words), re.IGNORECASE)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """What a person reads in a file: of Python its comments and strings, of anything else all of it."""
    content = path.read_text()
    if path.suffix != ".py":
        yield 1, content.partition(f"\n{HEADING}\n")[0] if path == GLOSSARY else content
        return
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def names(path: Path) -> Iterator[tuple[int, str]]:
    """The identifiers of a Python file, its own name and its folder's among them."""
    if path.suffix == ".py":
        yield 1, path.stem
        yield 1, path.parent.name
        for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
            if token.type == tokenize.NAME:
                yield token.start[0], token.string


def findings(path: Path, retired: list[Rule]) -> list[Finding]:
    """Every retired word of a file, in order."""
    found: set[Finding] = set()
    every = _any(tuple(word for rule in retired for word in rule.words))
    read, named = [each for each in texts(path) if every.search(each[1])], list(names(path))
    for rule in retired:
        if "text" in rule.where:
            found.update(each for line, text in read for each in in_text(text, rule, line))
        if "name" in rule.where:
            found.update(Finding(line, name, rule.instead) for line, name in named if name in rule.words)
    return sorted(found)


RULES = rules(GLOSSARY.read_text())
PATHS = sorted({path for glob in CLEAN for path in ROOT.glob(glob) if path.is_file()})


def test_no_retired_word_is_used() -> None:
    found = {str(path.relative_to(ROOT)): findings(path, RULES) for path in PATHS}
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize("glob", CLEAN)
def test_every_glob_names_a_file_that_is_there(glob: str) -> None:
    assert list(ROOT.glob(glob))


def test_every_row_of_the_glossary_says_what_to_write_instead() -> None:
    assert len(RULES) >= 20
    assert [rule.words for rule in RULES if not rule.words or not rule.instead] == []


SAMPLE = '''"""A module that frobs."""
FROB = "frobbed"  # it Frobs
frob = f"{frob} frob {FROB!r}"
frobbing = "frob bar"
'''


def test_words_are_found_in_strings_comments_and_names_but_not_inside_others(tmp_path: Path) -> None:
    (tmp_path / "frob.py").write_text(SAMPLE)
    text = Rule(("frob", "frobs"), "do", frozenset({"text"}), ("frob bar",))
    name = Rule(("frob",), "do", frozenset({"name"}), ())
    assert [(each.line, each.word) for each in findings(tmp_path / "frob.py", [text])] == [
        (1, "frobs"),
        (2, "frobs"),
        (3, "frob"),
    ]
    assert [each.line for each in findings(tmp_path / "frob.py", [name])] == [1, 3]


def test_a_phrase_is_found_over_the_end_of_a_line_and_chinese_within_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("First.\nTo frob\nthe bar.\n请出示旧词。\n")
    found = findings(tmp_path / "page.md", [Rule(("frob the bar", "旧词"), "do", frozenset({"text"}), ())])
    assert [each.line for each in found] == [2, 4]
