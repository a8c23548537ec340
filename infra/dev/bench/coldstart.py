"""The built zip's API handler in fresh processes: import and first request, against boto3 and a client alone."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from infra.dev.bench import start
from infra.dev.bench.setting import Setting
from infra.dev.local.stack import LocalStack
from infra.release.package import bundle, wheels

ROUNDS, WARM = 15, 300


class Start(NamedTuple):
    """Medians: milliseconds of wall clock, and of processor time for a warm request beside its AWS calls."""

    megabytes: float
    imported: float
    first: float
    bare: float
    ratio: float
    warm: float


def compare(stack: LocalStack, setting: Setting, progress: Callable[[], None]) -> Start:
    """``ROUNDS`` pairs of fresh processes, in turn; each of ours reads an account in the store of ``stack``."""
    setting.grow(WARM)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        zipped = folder / "deployment.zip"
        bundle.build(wheels.native(), zipped)
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(folder / "task")
        ours, bare = [], []
        for number in range(-1, ROUNDS):
            events = folder / "events.json"
            warm = [setting.redemption(person) for person in range(WARM if number == 0 else 0)]
            events.write_text(json.dumps([setting.look(0), *warm]))
            pair = _run(stack, folder / "task", str(events)), _run(stack, Path(boto3.__file__).parents[1], "-")
            progress()
            if number >= 0:  # the first pair warms the disk's cache
                ours.append(pair[0])
                bare.append(pair[1]["seconds"])
        ratio = statistics.median(mine["seconds"] / other for mine, other in zip(ours, bare, strict=True))
        imported, first = (statistics.median(each[name] for each in ours) for name in ("import", "seconds"))
        return Start(
            zipped.stat().st_size / 1e6,
            imported * 1e3,
            first * 1e3,
            statistics.median(bare) * 1e3,
            ratio,
            ours[0]["warm"] * 1e3,
        )


def _run(stack: LocalStack, libraries: Path, events: str) -> dict[str, Any]:
    command = [sys.executable, "-I", "-S", start.__file__, str(libraries), events]
    # Both read their bytecode: the installation's own is there, since this process has imported it.
    environment = {"PATH": os.environ["PATH"], **stack.environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
