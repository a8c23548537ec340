"""Runs a design in Quint's simulator: its invariant at every step, and the traces of some runs.

Its verifier (Apalache) needs a Java server that is not here: what the simulator does not reach, nobody has checked.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.here import ROOT

COMMAND = ROOT / ".tools" / "quint" / "node_modules" / ".bin" / "quint"
DESIGNS = Path(__file__).parent
State = dict[str, Any]


def simulate(design: str, seed: int, samples: int, steps: int, traces: int, folder: Path) -> Iterator[list[State]]:
    """The states of ``traces`` runs, of ``samples`` whose every state keeps the invariant ``safe``.

    Raises AssertionError with Quint's counterexample, FileNotFoundError where Quint is not installed.
    """
    command = [str(COMMAND), "run", str(DESIGNS / f"{design}.qnt"), "--backend=typescript", "--invariant=safe"]
    command += [f"--max-samples={samples}", f"--max-steps={steps}", f"--n-traces={traces}", f"--seed={seed}"]
    command.append(f"--out-itf={folder}/{design}_{{seq}}.itf.json")
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, check=False)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"
    for path in sorted(folder.glob(f"{design}_*.itf.json")):
        yield [_plain(state) for state in json.loads(path.read_text())["states"]]


def _plain(value: Any) -> Any:
    """A value of the Informal Trace Format as one of Python."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "#bigint" in value:
        return int(value["#bigint"])
    if "#map" in value:
        return {_plain(key): _plain(each) for key, each in value["#map"]}
    if "#set" in value:
        return [_plain(each) for each in value["#set"]]  # records are not hashable
    return {name: _plain(each) for name, each in value.items() if name != "#meta"}
