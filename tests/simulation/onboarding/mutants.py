"""Faults planted into onboarding."""

from typing import Any
from unittest.mock import patch

from chalicelib.onboarding import actions, prepare, steps
from chalicelib.onboarding.forms import drafts
from chalicelib.renewals import worker as renewals
from tests.simulation.mutants import ANYWAY, Mutant, anyway, around

APPLYING = frozenset({"apply", "complete", "onward", "review", "opinion", "acknowledge", "document"})


def _put_anyway(real: Any, *args: Any, **options: Any) -> Any:
    return real(*args, **options, require=ANYWAY)


def _remembers(*_: Any, **__: Any) -> bool:
    return True


MUTANTS: dict[str, Mutant] = {
    "onboarding: two reviewers": Mutant(
        "an application is changed though another changed it", around(steps, "changed", anyway),
        ("a step is decided on what stands", "states never skip", "each step is its party's"), APPLYING,
        focus="onboarding",
    ),
    "onboarding: files stay where they are forgotten": Mutant(
        "a document that is submitted is not copied", lambda: patch.object(prepare, "_keep", _remembers),
        ("what is submitted stays as it was announced",), APPLYING, focus="onboarding",
    ),
    "onboarding: documents are missing": Mutant(
        "an application is submitted without them", lambda: patch.object(actions, "complete", lambda *_: None),
        ("what is submitted is complete",), APPLYING, focus="onboarding",
    ),
    "onboarding: two at a time": Mutant(
        "an open application is not looked at", around(drafts, "put", _put_anyway),
        ("one application at a time",), APPLYING, focus="onboarding",
    ),
    "onboarding: an end refuses the request": Mutant(
        "what has ended before the last step is looked at by the admission only",
        lambda: patch.object(steps, "unended", lambda *_: None),
        ("a refusal names what was sent",), APPLYING | {"agree", "integrate"}, seed=25, focus="onboarding",
    ),
    "onboarding: no agreement ends": Mutant(
        "the schedule sees an end and does nothing", lambda: patch.object(renewals, "_watch", lambda *_: None),
        ("who has no valid agreement stops selling",), APPLYING, focus="onboarding", steps=6000,
    ),
}  # fmt: skip
