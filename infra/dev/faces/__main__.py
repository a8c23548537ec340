"""``python -m infra.dev.faces`` (``make faces``): the types of the API and the built pages, both committed."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.dev.faces.contract import TYPES, contract
from infra.here import ROOT

FACES = ROOT / "faces"
MODULES = ROOT / ".tools" / "faces" / "node_modules"
_MARK = "// of the contract "


def link() -> None:
    """``faces/node_modules`` leads to what ``make`` has installed."""
    if not MODULES.is_dir():
        sys.exit(f"{MODULES} is missing: run make faces, on a machine that has npm")
    place = FACES / "node_modules"
    if not place.is_dir():
        place.unlink(missing_ok=True)
        place.symlink_to(os.path.relpath(MODULES, FACES))


def node(program: str, *arguments: str, **env: str) -> None:
    """Run one of the installed programs in faces/. Raises CalledProcessError."""
    link()
    command = ["node", str(FACES / "node_modules" / program), *arguments]
    subprocess.run(command, cwd=FACES, env=os.environ | env, check=True, stdout=subprocess.DEVNULL)


def mark() -> str:
    """The first line of the types: the contract that they are of."""
    return f"{_MARK}{hashlib.sha256(contract().encode()).hexdigest()}"


def write_types() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source, made = Path(scratch) / "openapi.json", Path(scratch) / "api.d.ts"
        source.write_text(contract())
        node("openapi-typescript/bin/cli.js", str(source), "--output", str(made), "--default-non-nullable=false")
        TYPES.write_text(f"{mark()}\n{made.read_text()}")


def build(out: Path) -> None:
    """The four faces, into ``out``: the same sources and packages give the same bytes."""
    shutil.rmtree(out, ignore_errors=True)
    node("vite/bin/vite.js", "build", "--logLevel", "error", OUT=str(out))


if __name__ == "__main__":
    write_types()
    node("vue-tsc/bin/vue-tsc.js", "--noEmit")
    build(FACES / "dist")
