"""The zip: libraries, trimmed; the platform's code; bytecode for both."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.here import ROOT
from infra.release.package import archive, contents, wheels

BYTES_MAX = 15_500_000  # half of it the letters of certificates: a file that only a PDF opens
_CODE = ("app.py", "chalicelib")
ROOMS = "chalicelib/edge/rooms.json"  # read by rooms.py beside it


def build(architecture: str, target: Path) -> None:
    """Write the zip for ``architecture`` to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "task"
        shutil.copytree(wheels.fetch(architecture) / "site", folder)
        contents.trim(folder)
        for name in _CODE:
            _copy(ROOT / name, folder / name)
        (folder / ROOMS).write_text(_rooms())
        archive.compile_all(folder)
        archive.write(folder, target)


def _rooms() -> str:
    """The rooms of every route as JSON: what the app knows once all are loaded, asked of it in a process of its own."""
    program = "import app, json; print(json.dumps(app.app.serving, sort_keys=True))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"app.py cannot be imported:\n{done.stderr}")
    return done.stdout


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
