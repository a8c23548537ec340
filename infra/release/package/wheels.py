"""The wheels that ship: what requirements.txt pins, with its hashes, for the machine that Lambda runs on."""

import hashlib
import platform
import re
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

from infra.here import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
CACHE = ROOT / "build" / "wheels"
PLATFORMS = {  # glibc 2.34 of Amazon Linux 2023 runs both kinds
    "arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
}
# Only the command line of chalice needs these: nothing that runs in Lambda imports them.
LEFT_OUT = {
    *("blessed", "click", "editor", "inquirer", "jinxed", "packaging", "pip", "pyyaml", "readchar", "runs"),
    *("setuptools", "wcwidth", "wheel", "xmod"),
}
# Published as source only. Pure Python, so that what pip built here, from the pinned hash, serves everywhere.
NO_WHEEL = ("openapi-ui-bundles",)
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)")


def native() -> str:
    """The architecture of this machine."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def pinned() -> dict[str, str]:
    """What ships: the requirement's lines with their hashes, by name."""
    found: dict[str, str] = {}
    name = ""
    for line in REQUIREMENTS.read_text().splitlines():
        if begun := _NAME.match(line):
            name = begun[1]
        if name and not line.lstrip().startswith("#"):
            found[name] = found.get(name, "") + line + "\n"
    return {name: lines for name, lines in found.items() if name not in LEFT_OUT}


def versions() -> dict[str, str]:
    """Version by name of what ships."""
    return {name: found[2] for name, lines in pinned().items() if (found := _NAME.match(lines))}


def fetch(architecture: str, cache: Path = CACHE) -> list[Path]:
    """The wheels, from ``cache`` where an earlier build of the same requirements left them. Raises SystemExit."""
    wanted = "".join(lines for name, lines in pinned().items() if name not in NO_WHEEL)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(f"{python} {wanted}".encode()).hexdigest()[:16]
    folder = cache / f"{architecture}-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            _download(wanted, architecture, python, Path(draft))
            Path(draft, "wheels").rename(folder)
    return sorted(folder.glob("*.whl"))


def _download(wanted: str, architecture: str, python: str, draft: Path) -> None:
    (draft / "requirements.txt").write_text(wanted)
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for name in PLATFORMS[architecture]:
        command += ["--platform", name]
    command += ["-r", str(draft / "requirements.txt"), "-d", str(draft / "wheels")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"The wheels for {architecture} could not be fetched:\n{done.stderr.strip()}")


def unpack(wheels: list[Path], folder: Path) -> None:
    """Every file of ``wheels`` into ``folder``, as pip would lay it out, and of what has no wheel."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    for name in NO_WHEEL:
        installed = distribution(name)
        if installed.version != versions()[name]:
            sys.exit(f"{name} {installed.version} is installed, {versions()[name]} is pinned: run make again")
        for file in installed.files or ():
            if ".dist-info" not in file.parts[0] and file.suffix != ".pyc":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(Path(str(file.locate())).read_bytes())


if __name__ == "__main__":  # make does it while it installs: tests then build the zip without the network
    fetch(native())
