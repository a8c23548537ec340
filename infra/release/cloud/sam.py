"""``chalice package``, for its template only: the zip is ours."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from infra.here import REGION, ROOT

_CHALICE = "from chalice.cli import main; raise SystemExit(main())"
_NEEDED = ("app.py", "chalicelib", ".chalice")


def template(stage: str, architecture: str) -> dict[str, Any]:
    """The SAM template of app.py for ``stage``. Raises SystemExit with what chalice printed.

    In a copy without requirements: chalice would fetch and zip them, and we do that with their hashes and less.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in _NEEDED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        (folder / "requirements.txt").touch()
        _choose(folder / ".chalice" / "config.json", architecture)
        _run(folder, stage)
        found: dict[str, Any] = json.loads((folder / "out" / "sam.json").read_text())
    return found


def _choose(config: Path, architecture: str) -> None:
    settings = json.loads(config.read_text())
    config.write_text(json.dumps(settings | {"lambda_architecture": architecture}))


def _run(folder: Path, stage: str) -> None:
    # Only what app.py's defaults say: no variable of this machine may find its way into the template.
    environment = {"AWS_DEFAULT_REGION": REGION, "PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [sys.executable, "-c", _CHALICE, "package", "--stage", stage, str(folder / "out")]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"chalice package failed:\n{done.stdout}{done.stderr}")
