"""What ships: the libraries that requirements.txt pins, with its hashes, as Lambda's machine wants them."""

import hashlib
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.here import ROOT

REQUIREMENTS = ROOT / "requirements.txt"
CACHE = ROOT / "build" / "libraries"
PLATFORMS = {  # glibc 2.34 of Amazon Linux 2023 runs both kinds
    "arm64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "x86_64": ("manylinux2014_x86_64", "manylinux_2_28_x86_64"),
}
# Only the command line of chalice needs these: nothing that runs in Lambda imports them.
LEFT_OUT = {
    *("blessed", "click", "editor", "inquirer", "jinxed", "packaging", "pip", "pyyaml", "readchar", "runs"),
    *("setuptools", "wcwidth", "wheel", "xmod"),
}
NO_WHEEL = "openapi-ui-bundles"  # published as source only; pure Python, so that what pip builds here serves everywhere
_NAME = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)")


def native() -> str:
    """The architecture of this machine."""
    return "arm64" if platform.uname()[4] in {"arm64", "aarch64"} else "x86_64"


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


def fetch(architecture: str, cache: Path = CACHE) -> Path:
    """A folder with what ships in ``site``, and pip's report of it. Raises SystemExit where pip cannot have all of it.

    It lies in ``cache``, where later builds of the same requirements find it without the network.
    """
    wanted = "".join(pinned().values())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(f"{python} {wanted}".encode()).hexdigest()[:16]
    folder = cache / f"{architecture}-{digest}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            _install(wanted, architecture, python, Path(draft))
            Path(draft, "installed").rename(folder)
    return folder


def _install(wanted: str, architecture: str, python: str, draft: Path) -> None:
    (draft / "requirements.txt").write_text(wanted)
    (draft / "installed").mkdir()
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    command += ["--require-hashes", "--only-binary=:all:", f"--no-binary={NO_WHEEL}"]
    command += ["--implementation", "cp", "--python-version", python]
    for name in PLATFORMS[architecture]:
        command += ["--platform", name]
    command += ["-r", str(draft / "requirements.txt"), "--target", str(draft / "installed" / "site")]
    command += ["--report", str(draft / "installed" / "report.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"What ships to {architecture} could not be fetched:\n{done.stderr.strip()}")


if __name__ == "__main__":  # make does it while it installs: tests then build the zip without the network
    fetch(native())
