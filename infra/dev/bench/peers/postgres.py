"""A PostgreSQL of one's own, with what it promises by default (each commit is on the disk)."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_USER = "postgres"  # it refuses to run as root
_START_SECONDS = 30.0


def programs() -> Path | None:
    """The folder of its programs, if it is installed."""
    found = shutil.which("postgres")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return places[-1] if places and (places[-1] / "initdb").exists() else None


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[str, int]]:
    """Where it answers, and its process. Raises RuntimeError with its log where it does not start."""
    place, port = programs(), free_port()
    if place is None:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    data = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))  # its user reaches no folder of ours
    if not os.getuid():
        shutil.chown(data, _USER)
    subprocess.run(
        _as_user([str(place / "initdb"), "-A", "trust", "-U", _USER, str(data)]), check=True, capture_output=True
    )
    with open(folder / "postgres.log", "wb") as log:
        command = [str(place / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data)]
        server = subprocess.Popen(_as_user(command), stdout=log, stderr=log)
    try:
        _answers(port, server, folder / "postgres.log")
        yield f"host=127.0.0.1 port={port} user={_USER} dbname=postgres", server.pid
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(data, ignore_errors=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _as_user(command: list[str]) -> list[str]:
    return command if os.getuid() else ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *command]


def _answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.05)
