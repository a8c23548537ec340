"""A handle on a whole local stack, for system tests, the demo and the benchmarks.

It is a subprocess like any ``make run``, so that killing it is real::

    with LocalStack(tmp_path) as stack:
        httpx.get(f"{stack.url}/v1/health")
        stack.kill9()
        stack.start()
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

from infra.dev import issuer
from infra.here import CREDENTIALS, ROOT

_READY_SECONDS = 60.0
_STOP_SECONDS = 30.0


class LocalStack:
    """The stack in ``data``. ``port`` 0 takes a free port at the first start and keeps it afterwards.

    ``env`` adds environment variables, for example APP_MODULE or WORKERS. Demo data only with ``demo=True``.
    """

    def __init__(self, data: Path, port: int = 0, *, demo: bool = False, env: dict[str, str] | None = None) -> None:
        self.data, self._port = data.resolve(), port
        self._env = {"DATA": str(self.data), "DEMO": "1" if demo else "0"} | (env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._run: dict[str, Any] = {}
        self.ready_seconds = _READY_SECONDS  # loading the demo data takes longer

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return str(self._run["url"])

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which the app runs (its settings, endpoints and the local credentials)."""
        return {**CREDENTIALS, **self._run["env"]}

    @property
    def dynamodb_endpoint(self) -> str:
        return self.environment["AWS_ENDPOINT_URL_DYNAMODB"]

    @property
    def output(self) -> str:
        """All that the stack has printed, over all its starts."""
        return (self.data / "output.log").read_text()

    def token(self, role: str, sub: str) -> str:
        return issuer.token(self.data / "keys", role, sub)

    def client(self, service: str, **config: Any) -> Any:
        """A boto3 client of the stack's own engine for ``service``."""
        env = self.environment
        special = f"AWS_ENDPOINT_URL_{service.upper()}"
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=env.get(special, env["AWS_ENDPOINT_URL"]),
            region_name=env["AWS_DEFAULT_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            config=Config(**config),
        )

    def pids(self) -> dict[str, int]:
        """The stack's child processes by name: dynoxide, ministack, worker-0 …, pumps, project, react."""
        return {path.stem: int(path.read_text().split()[0]) for path in (self.data / "run").glob("*.pid")}

    def start(self) -> None:
        """Start and wait until it serves. Raises RuntimeError with what it printed if it ends instead."""
        self.data.mkdir(parents=True, exist_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        with open(self.data / "output.log", "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.dev.local"],
                cwd=ROOT,
                env=env | self._env | {"PORT": str(self._port)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + self.ready_seconds
        while not self._ready(self._process):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"the local stack did not start:\n{self.output}")
            time.sleep(0.02)
        self._port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        """Stop in order, as Ctrl-C does."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill9()
            self._process = None

    def kill9(self) -> None:
        """kill -9 of every process at once: nothing gets a chance to save anything."""
        assert self._process is not None
        victims = [self._process.pid, *self.pids().values()]
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def freeze(self, *names: str) -> None:
        """Freeze children: they do nothing any more and are not started again."""
        for name in names:
            os.kill(self.pids()[name], signal.SIGSTOP)

    def thaw(self, *names: str) -> None:
        for name in names:
            os.kill(self.pids()[name], signal.SIGCONT)

    def restart(self) -> None:
        """Start again, after a kill or in order."""
        self.stop()
        self.start()

    def _ready(self, process: subprocess.Popen[bytes]) -> bool:
        try:
            run: dict[str, Any] = json.loads((self.data / "run" / "run.json").read_text())
        except (FileNotFoundError, ValueError):
            return False
        if run["pid"] != process.pid:  # left by a run that was killed
            return False
        self._run = run
        return self._env["DEMO"] == "0" or (self.data / "demo-done").exists()
