"""Faults planted into account life."""

from dataclasses import replace
from functools import partial
from typing import Any
from unittest.mock import patch

from chalicelib.accounts import actions as accounts
from chalicelib.procedures import effects
from tests.simulation.mutants import Mutant, anyway, around

LIVES = frozenset({"inherit", "free", "claim", "decide", "report", "close"})


def _with_its_number(real: Any, command: Any, write: Any, **more: Any) -> Any:
    found = real(command, write, **more)
    return replace(found, assign={name: value for name, value in found.assign.items() if name != "identity"})


def _a_point_less(real: Any, account: Any, other: Any) -> Any:
    return [each._replace(amount=each.amount - 1) for each in real(account, other) if each.amount > 1]


def _unmarked(real: Any, account: Any, after: Any) -> Any:
    return real(account, {name: value for name, value in after.items() if value != "ended"})


MUTANTS: dict[str, Mutant] = {
    "life: a number has two accounts": Mutant(
        "who has a number is not looked at when it is claimed",
        lambda: patch.multiple(accounts, _may_open=lambda *_: None, _claim=partial(anyway, accounts._claim)),
        ("one live holder of a number", "who died opens nothing"), LIVES, focus="life",
    ),
    "life: an end is none": Mutant(
        "an account that was ended keeps its number", around(effects, "ended", _with_its_number),
        ("an account that ended stays closed", "it happens once"), LIVES, focus="life",
    ),
    "life: a point stays": Mutant(
        "an heir gets a point too few", around(effects, "given", _a_point_less),
        ("who ended keeps nothing",), LIVES, focus="life",
    ),
    "life: the dead open accounts": Mutant(
        "a number is not barred when its person has died", around(effects, "_claim", _unmarked),
        ("who died opens nothing",), LIVES, focus="life",
    ),
}  # fmt: skip
