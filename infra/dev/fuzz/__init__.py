"""Schemathesis sends what it generates from the OpenAPI document to a running stack, and checks every answer.

It lives in an environment of its own (``.tools/fuzz``): it shares no package with the platform.
"""

import os
import subprocess
from pathlib import Path

from infra.here import ROOT

COMMAND = ROOT / ".tools" / "fuzz" / "bin" / "schemathesis"
# Data that fits a schema may still be refused: points that nobody has, an offer that does not exist.
_LEFT_OUT = "positive_data_acceptance"
_PHASES = "coverage,fuzzing,stateful"


def fuzz(url: str, token: str, seconds: int, report: Path, seed: int | None = None) -> int:
    """Send requests with ``token`` for ``seconds``; all checks but one are on. Returns 0 where every answer passes.

    ``report`` is a file for what it prints. Raises FileNotFoundError where Schemathesis is not installed.
    """
    command = [str(COMMAND), "run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {token}"]
    command += ["--phases", _PHASES, "--checks", "all", "--exclude-checks", _LEFT_OUT, "--warnings", "off"]
    command += ["--continue-on-failure", "--max-time", str(seconds), *(["--seed", str(seed)] if seed else [])]
    environment = {"PATH": os.environ["PATH"], "HOME": str(report.parent), "NO_COLOR": "1"}
    with report.open("wb") as out:
        done = subprocess.run(command, cwd=report.parent, env=environment, stdout=out, stderr=out, check=False)
    return done.returncode
