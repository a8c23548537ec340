"""A zip whose bytes follow from its content alone: sorted names, one date, bytecode that no clock is asked about."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
_ROOT = "/var/task"  # where Lambda unpacks it: tracebacks name it


def compile_all(folder: Path) -> None:
    """Bytecode in the place of every source: half the bytes. A traceback names its lines, and does not quote them.

    Bytecode is trusted as it stands: Lambda's file system is read-only, and need not be asked for dates.

    In a process of its own with a fixed hash seed: the order of a set's constants is part of the bytecode. Without the
    columns of instructions, a quarter of it, which would underline a part of a line in a traceback.
    """
    command = [sys.executable, "-m", "compileall", "-q", "-b", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", _ROOT, str(folder)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONNODEBUGRANGES": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"The package does not compile:\n{done.stdout}{done.stderr}")
    for source in folder.rglob("*.py"):
        source.unlink()


def write(folder: Path, target: Path) -> None:
    """Zip ``folder`` into ``target``, whole or not at all."""
    draft = target.with_suffix(".draft")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    draft.replace(target)


def sizes(target: Path) -> dict[str, int]:
    """Compressed bytes by package, the largest first: the size printed with what it is made of."""
    found: dict[str, int] = {}
    with zipfile.ZipFile(target) as archive:
        for entry in archive.infolist():
            package = entry.filename.split("/")[0]
            found[package] = found.get(package, 0) + entry.compress_size
    return dict(sorted(found.items(), key=lambda each: -each[1]))
