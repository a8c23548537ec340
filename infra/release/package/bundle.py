"""The zip: libraries, trimmed; the platform's code; bytecode for both."""

import shutil
import tempfile
from pathlib import Path

from infra.here import ROOT
from infra.release.package import archive, contents, wheels

BYTES_MAX = 15_500_000  # half of it the letters of certificates: a file that only a PDF opens
_CODE = ("app.py", "chalicelib")


def build(architecture: str, target: Path) -> None:
    """Write the zip for ``architecture`` to ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "task"
        shutil.copytree(wheels.fetch(architecture) / "site", folder)
        contents.trim(folder)
        archive.compile_libraries(folder)
        for name in _CODE:
            _copy(ROOT / name, folder / name)
        archive.compile_code(folder)
        archive.write(folder, target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
