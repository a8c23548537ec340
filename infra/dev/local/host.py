"""What the host must have: what is missing is reported in one line that says what to install or change."""

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from infra.dev.local.settings import Local

WITHOUT_NODE = (
    "Without npm, or on a machine that dynoxide is not made for, DynamoDB runs in ministack: kill -9 loses what was"
    " written since this start. For a durable store install Node.js 18 or newer, remove .tools and run make tools."
)


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (for those who run it with another interpreter)
        raise SystemExit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: install it and try again")


@contextmanager
def lock(local: Local) -> Iterator[None]:
    """Only one run may have the data folder. The kernel lets go of the lock however this process ends."""
    local.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    local.run.mkdir(exist_ok=True)
    with open(local.run / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(
                f"Another run uses {local.data}: stop it, or choose another folder: make run DATA=<folder>"
            ) from None
        yield


@contextmanager
def listen(port: int) -> Iterator[socket.socket]:
    """A listening socket on loopback, open before anything is started, so that two runs never share a port."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by the connections
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            raise SystemExit(
                f"Port {port} is not available ({reason}): free it, or choose another: make run PORT={port + 1}"
            ) from None
        listening.listen(512)
        yield listening
