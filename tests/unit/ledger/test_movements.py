"""The kinds of lines that a statement can be asked for are those that there are."""

import re
from pathlib import Path
from typing import get_args

import chalicelib
from chalicelib.ledger.model import Movement, Shown


def test_every_transfer_of_the_code_is_a_movement_and_every_movement_is_some_transfer() -> None:
    [folder] = chalicelib.__path__
    sources = [path.read_text("utf-8") for path in Path(folder).rglob("*.py")]
    made = {kind for source in sources for kind in re.findall(r'Transfer\(\s*"(\w+)"', source)}
    assert made == set(get_args(Movement))
    assert set(get_args(Shown)) < made
