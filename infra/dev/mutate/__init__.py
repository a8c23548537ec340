"""Mutation testing: mutmut changes the money path in small ways, one at a time, and the unit tests must notice each.

mutmut lives in an environment of its own (``.tools/mutate``) and works in a folder of its own (``build/mutate``) whose
parts are links to the project's. What is changed and which tests are asked stands in ``pyproject.toml``.
"""

import json
import os
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator

from infra.here import ROOT

PYTHON = ROOT / ".tools" / "mutate" / "bin" / "python"
FOLDER = ROOT / "build" / "mutate"
_PARTS = (
    "app.py", "chalicelib", "infra", "tests", "docs", "faces", ".chalice", "pyproject.toml", "requirements.txt",
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
)  # fmt: skip
_VERDICTS = {0: "survived", 1: "killed", 3: "killed", 33: "no test", 36: "time-out", 24: "time-out", None: "not run"}
NOTICED = ("killed", "time-out")  # a test that never ends has noticed, too


def mutate(names: list[str]) -> None:
    """Run mutmut on the mutants called so (``chalicelib.ledger.*``), on all where none is named; it says how far it is.

    Raises CalledProcessError where the tests fail without any change.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in _PARTS:
        (FOLDER / part).unlink(missing_ok=True)
        (FOLDER / part).symlink_to(ROOT / part)
    # the project's own packages come first; the deadlines of hypothesis are for a machine that does nothing else
    environment = os.environ | {"PYTHONPATH": sysconfig.get_path("purelib"), "CI": "1"}
    subprocess.run([PYTHON, "-m", "mutmut", "run", *names], cwd=FOLDER, env=environment, check=True)


def verdicts() -> Iterator[tuple[str, str, str]]:
    """Of each mutant its module, its name and what became of it."""
    kept = FOLDER / "mutants" / "chalicelib"
    for path in sorted(kept.rglob("*.py.meta")):
        module = str(path.relative_to(kept)).removesuffix(".py.meta")
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            yield module, name, _VERDICTS.get(code, "suspicious")


def table(found: list[tuple[str, str, str]]) -> list[str]:
    """A line a module, and one for all: how many mutants were noticed, of those that were run."""
    lines, whole = [], Counter[str]()
    for module in dict.fromkeys(each[0] for each in found):
        counted = Counter(verdict for where, _, verdict in found if where == module)
        whole += counted
        lines.append(f"{module:30} {_share(counted)}")
    return [*lines, f"{'all':30} {_share(whole)}"]


def share(counted: Counter[str]) -> float:
    """The part that was noticed, of all that was run."""
    run = sum(counted.values()) - counted["not run"]
    return sum(counted[each] for each in NOTICED) / run if run else 1.0


def _share(counted: Counter[str]) -> str:
    run = sum(counted.values()) - counted["not run"]
    return f"{sum(counted[each] for each in NOTICED):5} of {run:5}  {100 * share(counted):5.1f} %"


def survivors(found: list[tuple[str, str, str]]) -> list[str]:
    """The names of the mutants that no test noticed: ``mutmut show NAME`` in ``build/mutate`` shows one."""
    return [name for _, name, verdict in found if verdict not in (*NOTICED, "not run")]
