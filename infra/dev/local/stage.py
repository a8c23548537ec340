"""Starts the parts in order and leaves nothing running behind."""

import os
import socket
import sys
import time
from typing import Self

import boto3

from infra.dev.local import (
    demo_data,
    engines,
    environment,
    history,
    host,
    keys,
    processes,
    queues,
    resources,
    template,
)
from infra.dev.local.crew import Crew, Restore
from infra.dev.local.engines import Engine
from infra.dev.local.settings import CONSUMERS, Local
from infra.ops import lines


class Stage:
    """Everything of one run. A context manager: however it ends, its children end with it."""

    def __init__(self, local: Local, listening: socket.socket) -> None:
        self._local, self._listening = local, listening
        self._crew = Crew(local.run)
        self._described = local.run / "run.json"
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._described.unlink(missing_ok=True)
        _say("Stopping. What was acknowledged is kept.")
        self._crew.stop_all()

    def start(self) -> None:
        """From nothing to serving."""
        began = time.monotonic()
        _say(f"Starting; data in {self._local.data}")
        for log in self._local.run.glob("*.log"):  # each run tells its own story
            log.unlink()
        keys.make(self._local.keys)
        table = self._store()
        os.environ["PAGES_ORIGIN"] = f"{self.url},{self.url.replace('127.0.0.1', 'localhost')}"
        bucket, named = _emulated()
        described = environment.describe(
            self._local, url=self.url, table=table.name, stream_arn=table.stream_arn, bucket=bucket
        )
        described |= named
        os.environ.update(described)
        if self._local.app_module == "app":
            self._migrate(table)
        self._serve()
        environment.write_run(self._described, self.url, described)
        _say(f"Ready after {time.monotonic() - began:.1f} s at {self.url} (Ctrl-C stops, the data stays)")
        demo_data.offer(self._local, self.url, new=table.created)

    def keep_alive(self) -> None:
        """Until a signal. Raises SystemExit."""
        self._crew.keep_alive()

    def _store(self) -> resources.Table:
        """The engines that the user does not bring, and the table in one of them."""
        local = self._local
        aws, dynamodb = local.aws, local.dynamodb
        if aws is None:
            aws = self._engine(engines.ministack(local), self._restore_emulated).url
        durable = None
        if dynamodb is None:
            durable = engines.dynoxide(local)
            dynamodb = self._durable(durable).url if durable else aws
            if durable is None:
                _say(host.WITHOUT_NODE)
        environment.point_at(local, dynamodb=dynamodb, aws=aws)
        table = resources.ensure_table(boto3.client("dynamodb"))
        if durable and history.is_wild(engines.database(local)):
            self._crew.stop(durable.name)
            self._durable(durable)
        return table

    def _migrate(self, table: resources.Table) -> None:
        """What operations.md asks of a stage with data from before, once."""
        if table.created:
            lines.mark()
        elif not lines.is_marked():
            _say(f"Copied {lines.fill():,} lines of statements by their kind")

    def _durable(self, engine: Engine) -> Engine:
        name = template.properties("Table")["TableName"]
        history.tame(engines.database(self._local), resources.positions_name(name))
        return self._engine(engine)

    def _engine(self, engine: Engine, restore: Restore = lambda: None) -> Engine:
        def start() -> processes.Child:
            env = os.environ | engine.env
            child = processes.spawn(engine.command, run=self._local.run, name=engine.name, env=env)
            engines.wait(engine, lambda: child.poll() is None)
            return child

        self._crew.add(engine.name, start, restore)
        self._crew.check()
        return engine

    def _restore_emulated(self) -> None:
        """After the emulator died: its queues and the bucket's settings. The restarted pumps find what it lost."""
        _emulated()
        self._crew.restart("pumps")

    def _serve(self) -> None:
        listening = self._listening.fileno()
        for number in range(self._local.workers):
            self._python(f"worker-{number}", "infra.dev.gateway.server", str(listening), fds=(listening,))
        self._python("pumps", "infra.dev.local.pumps")
        for name in CONSUMERS:
            self._python(name, "infra.dev.local.consumers", name)
        while not engines.answers(self.url):
            self._crew.check()
            time.sleep(0.02)

    def _python(self, name: str, module: str, *arguments: str, fds: tuple[int, ...] = ()) -> None:
        command = [sys.executable, "-m", module, *arguments]
        run = self._local.run
        self._crew.add(name, lambda: processes.spawn(command, run=run, name=name, env=os.environ, fds=fds))


def _emulated() -> tuple[str, dict[str, str]]:
    """The bucket and the queues, made where they are missing: the bucket's name, the settings that name the queues."""
    return resources.ensure_bucket(boto3.client("s3")), queues.ensure(boto3.client("sqs"))


def _say(line: str) -> None:
    print(line, flush=True)
