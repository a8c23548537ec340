"""The README's first five minutes and the tour: each block runs, and answers what is printed below it."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.dev.local.stack import LocalStack
from infra.here import ROOT
from tests.system.conftest import eventually

pytestmark = pytest.mark.system
MINUTES = re.search(r"## The first five minutes\n(.*?)\n## ", (ROOT / "README.md").read_text(), re.DOTALL)
PAGES = {"README": MINUTES[1] if MINUTES else "", "tour": (ROOT / "docs" / "tour.md").read_text()}
BLOCKS = {name: re.findall(r"```(sh|json)\n(.*?)```", page, re.DOTALL) for name, page in PAGES.items()}
DEMO_SECONDS = 240.0


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path_factory.mktemp("readme"), demo=True)
    stack.ready_seconds = DEMO_SECONDS
    with stack:
        yield stack


def shape(value: Any) -> Any:
    """Field names and types, without the values that differ from day to day."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def run(stack: LocalStack, script: str) -> str:
    """A block as a person would paste it, towards this stack."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    here = script.replace("http://127.0.0.1:8000", stack.url)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", here],
        cwd=ROOT,
        env=env | {"DATA": str(stack.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("page", "blocks_min"), [("README", 4), ("tour", 12)])
def test_every_block_answers_what_is_printed_below_it(demo: LocalStack, page: str, blocks_min: int) -> None:
    blocks = BLOCKS[page]
    assert [kind for kind, _ in blocks] == ["sh", "json"] * (len(blocks) // 2)
    assert len(blocks) >= blocks_min
    setting = "\n".join(blocks[0][1].splitlines()[:2]) + "\n"  # the two variables of the first block
    for (_, script), (_, printed) in zip(blocks[::2], blocks[1::2], strict=True):
        answered = run(demo, script if script.startswith(setting) else setting + script)
        assert shape(json.loads(answered)) == shape(json.loads(printed)), script


def test_the_books_agree_after_the_demo(demo: LocalStack) -> None:
    def supply() -> Any:
        return json.loads(run(demo, f"curl -s {demo.url}/v1/supply"))

    eventually(lambda: supply()["points_by_use"]["bought_back"] >= 1_000_000)
    found = supply()
    assert found["grams_backing"] == found["points_circulating"]
    assert found["grams_confirmed"] == found["grams_backing"] + found["grams_held"] + found["grams_retired"]


def test_it_greets_with_lines_to_paste(demo: LocalStack) -> None:
    lines = Path(demo.data / "output.log").read_text()
    pasted = re.findall(r"^  ((?:export|curl) (?:[^\n]*\\\n)?[^\n]*)$", lines, re.MULTILINE)
    assert len(pasted) == 5
    answers = run(demo, "\n".join(f"{line}; echo" for line in pasted)).split("\n")
    assert all("code" not in json.loads(answer) for answer in answers if answer)
    for address in re.findall(r"Certificate: \S+ +(\S+)", lines):
        assert json.loads(run(demo, f"curl -s {address}"))["jws"]
