"""The sample app on a local stack of its own."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.dev.local.stack import LocalStack

# Files whose tests take longest: the whole takes as long as the last file that begins.
_FIRST = ("test_readme", "test_buyback_races", "test_partners", "test_hold_races", "test_onboarding")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _FIRST.index(item.path.stem) if item.path.stem in _FIRST else len(_FIRST))


class Sample(LocalStack):
    """A local stack that serves tests/system/sample_app.py."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.notes_file = folder / "notes"
        self.failing = folder / "fail"
        app = {"APP_MODULE": "tests.system.sample_app", "SAMPLE_NOTES": str(self.notes_file)}
        super().__init__(folder / "data", env=app | env)

    def notes(self, kind: str) -> list[list[Any]]:
        """What the handlers have written down, without the lines that a kill cut short."""
        if not self.notes_file.exists():
            return []
        whole = [line for line in self.notes_file.read_text().splitlines() if line.endswith("]")]
        return [note[1:] for note in map(json.loads, whole) if note[0] == kind]


def eventually(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until ``true()``; fail if it does not become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """One running sample, shared by tests that do not harm it."""
    with Sample(tmp_path_factory.mktemp("sample")) as stack:
        yield stack
