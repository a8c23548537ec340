"""Settings of the local system: where things are and which engines are already running."""

import os
from dataclasses import dataclass
from pathlib import Path

from infra import here
from infra.release.cloud import triggers

CONSUMERS = tuple(triggers.CONSUMERS)  # the functions that read the stream; each has a process of its own
WAKING = ("pumps", *CONSUMERS)  # the processes that call functions, as AWS would


@dataclass(frozen=True)
class Local:
    """``port`` 0 takes a free one. The endpoints are None where an engine is to be started here."""

    data: Path
    port: int
    workers: int
    demo: bool
    tools: Path
    app_module: str
    dynamodb: str | None
    aws: str | None

    @property
    def keys(self) -> Path:
        return self.data / "keys"

    @property
    def run(self) -> Path:
        """Pid files, the lock and run.json: what is true only while it runs."""
        return self.data / "run"


def read() -> Local:
    """The settings in the environment: PORT, DATA, WORKERS, DEMO, TOOLS, APP_MODULE, AWS_ENDPOINT_URL…

    AWS_ENDPOINT_URL means every service, DynamoDB too unless AWS_ENDPOINT_URL_DYNAMODB names another.
    """
    env = os.environ.get
    aws = env("AWS_ENDPOINT_URL")
    return Local(
        data=here.data(),
        port=int(env("PORT") or 8000),
        workers=int(env("WORKERS") or _workers()),
        demo=env("DEMO", "1") != "0",
        tools=Path(env("TOOLS") or here.ROOT / ".tools").resolve(),
        app_module=env("APP_MODULE") or "app",
        dynamodb=env("AWS_ENDPOINT_URL_DYNAMODB") or aws,
        aws=aws,
    )


def _workers() -> int:
    """Half of the cores, since the engine, the clients and the pumps need the others; but two where there are two: one
    worker's interpreter is busy before the machine is (measured: a sixth more requests)."""
    cores = os.cpu_count() or 2
    return min(4, max(min(2, cores), cores // 2))
