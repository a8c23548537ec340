"""Child processes that never outlive this one, and leftovers of a run that was killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PATIENCE_SECONDS = 6.0
_PR_SET_PDEATHSIG = 1
Child = subprocess.Popen[bytes]
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(command: Sequence[str], *, run: Path, name: str, env: Mapping[str, str], fds: Sequence[int] = ()) -> Child:
    """Start ``command`` in a session of its own (Ctrl-C reaches only the parent), its output in ``<name>.log``."""
    with open(run / f"{name}.log", "ab") as log:
        child = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=fds,
            start_new_session=True,
            preexec_fn=_follow(os.getpid()),
        )
    pid_file(run, name).write_text(f"{child.pid} {_born(child.pid)}")
    return child


def stop(child: Child) -> None:
    """Ask a child to end, and end it if it does not."""
    child.terminate()
    try:
        child.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def stop_leftovers(run: Path) -> int:
    """End what an earlier run left behind (its parent was killed where children cannot follow it). How many."""
    found = 0
    for path in run.glob("*.pid"):
        pid, _, born = path.read_text().partition(" ")
        if pid and born and _born(int(pid)) == born:
            found += 1
            _end(int(pid), born)
        path.unlink(missing_ok=True)
    return found


def pid_file(run: Path, name: str) -> Path:
    return run / f"{name}.pid"


def _follow(parent: int) -> Callable[[], None] | None:
    """On Linux the kernel ends the child with its parent; elsewhere the next start ends it by its pid file."""
    if _libc is None:
        return None
    libc = _libc

    def follow() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent died before the kernel knew
            os._exit(1)

    return follow


def _born(pid: int) -> str:
    """When process ``pid`` was started, "" if there is none: a pid alone may have been given to another since."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except (OSError, IndexError):
            return ""
    listed = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def _end(pid: int, born: str) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _born(pid) == born and time.monotonic() < deadline:
            time.sleep(0.02)
