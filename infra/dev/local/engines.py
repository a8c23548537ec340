"""The two engines: how each is started, and how one sees that it is ready."""

import http.client
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.dev.local.settings import Local
from infra.here import CREDENTIALS

_READY_SECONDS = 30.0
EMULATOR = Path(__file__).with_name("emulator.py")


@dataclass(frozen=True)
class Engine:
    """A server to start: its command line and environment, and the address where it answers."""

    name: str
    command: list[str]
    url: str
    env: Mapping[str, str] = field(default_factory=dict)


def dynoxide(local: Local) -> Engine | None:
    """DynamoDB and its stream in one SQLite file, or None if it is not installed (npm was missing)."""
    program = _dynoxide_program(local.tools)
    if program is None:
        return None
    port = free_port()
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--db-path", str(database(local))]
    return Engine("dynoxide", command, f"http://127.0.0.1:{port}")


def database(local: Local) -> Path:
    return local.data / "table.sqlite"


def _dynoxide_program(tools: Path) -> str | None:
    # The platform's own program, not npm's wrapper: it must end when we end it.
    for program in sorted((tools / "dynoxide" / "node_modules" / "@dynoxide").glob("*/dynoxide*")):
        if program.is_file() and os.access(program, os.X_OK):
            return str(program)
    return None


def ministack(local: Local) -> Engine:
    """S3, SQS, EventBridge and KMS. Objects are files at once; the rest is saved when it stops in peace."""
    program = local.tools / "ministack" / "bin" / "ministack"
    if not os.access(program, os.X_OK):
        raise SystemExit(f"{program} is missing. Run: make tools")
    port = free_port()
    state = local.data / "ministack"
    scratch = state / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    env = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "objects"),
        "TMPDIR": str(scratch),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": "true",
        "LOG_LEVEL": "WARNING",
    } | CREDENTIALS
    command = [str(program.with_name("python")), "-P", str(EMULATOR)]
    return Engine("ministack", command, f"http://127.0.0.1:{port}", env)


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait(engine: Engine, alive: Callable[[], bool]) -> bool:
    """Whether the engine answers at all; it does not where it has ended. Raises SystemExit if it does neither."""
    deadline = time.monotonic() + _READY_SECONDS
    while not answers(engine.url):
        if not alive():
            return False
        if time.monotonic() > deadline:
            sys.exit(f"{engine.name} does not answer at {engine.url}: see its log in the run folder")
        time.sleep(0.02)
    return True


def answers(url: str) -> bool:
    """Whether a server there answers, whatever it says."""
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
