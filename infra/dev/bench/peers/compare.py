"""Ours and the peers in turns: redemptions a second, latency, and the processor time of server and store."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import urllib3
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from rich.console import Console
from rich.progress import Progress

from infra.dev.bench.figures import Figure
from infra.dev.bench.judgements import consumers_resting
from infra.dev.bench.peers import postgres, processor
from infra.dev.bench.setting import Setting, sub
from infra.dev.bench.throughput import CLIENTS, SECONDS, redeem_by
from infra.dev.local.stack import LocalStack
from infra.here import ROOT

HERE, BIN = Path(__file__).parent, ROOT / ".tools" / "peers" / "bin"
ROUNDS, PRICE, PEOPLE = 5, 10, 640  # so many people that none is in her own way
_REST_SECONDS, _START_SECONDS = 2.0, 30.0
Tokens = list[list[str]]


class Peer(NamedTuple):
    """A server at ``url``; the processes of it and of its store, whose children count, too."""

    name: str
    url: str
    server: list[int]
    store: list[int]


@dataclass
class Found:
    """Of each round: redemptions a second, processor milliseconds of each; and how long every redemption took."""

    rates: list[float] = field(default_factory=list)
    server_ms: list[float] = field(default_factory=list)
    store_ms: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        took = sorted(self.took)
        whole = (statistics.median(self.rates), took[len(took) // 2], took[int(0.99 * len(took))])
        costs = (statistics.median(self.server_ms), statistics.median(self.store_ms))
        return [*(f"{each:.0f}" for each in whole), *(f"{each:.2f}" for each in costs)]


def figures(console: Console, stack: LocalStack, setting: Setting) -> Iterator[Figure]:
    """One, where ``PEERS`` is set: they need what most machines lack."""
    if os.environ.get("PEERS"):
        yield figure(console, stack, setting)


def figure(console: Console, stack: LocalStack, setting: Setting) -> Figure:
    """Every peer in turns, ``ROUNDS`` times, with an offer for each client and then with one for all."""
    setting.grow(PEOPLE)
    people = [sub(number) for number in range(PEOPLE)]
    tokens = [[stack.token("individual", people[n]) for n in range(c, PEOPLE, CLIENTS)] for c in range(CLIENTS)]
    offers = [setting.new_offer() for _ in range(CLIENTS)]
    rows = []
    with ExitStack() as opened:
        peers = [_ours(stack), *_others(opened, stack, people, offers)]
        progress = opened.enter_context(Progress(console=console, transient=True))
        task = progress.add_task("peers", total=2 * len(peers) * (ROUNDS + 1))
        for spread, of in (("one for each client", offers), ("one for all", offers[:1] * CLIENTS)):
            found = {peer.name: Found() for peer in peers}
            for number in range(ROUNDS + 1):  # the first does not count: servers meet their first requests
                for peer in peers:
                    _round(stack, peer, of, tokens, found[peer.name] if number else Found())
                    progress.advance(task)
            rows += [(name, spread, *each.columns) for name, each in found.items()]
    return Figure(
        "The same redemption by others",
        ("peer", "offers", "redemptions/s", "p50 ms", "p99 ms", "server CPU ms", "store CPU ms"),
        rows,
        f"{CLIENTS} clients, {ROUNDS} rounds of {SECONDS:.0f} s in turns, medians, as many server processes each."
        " PostgreSQL has its default settings. What ours does after the commit (statements, totals) rests meanwhile.",
    )


def _ours(stack: LocalStack) -> Peer:
    pids = stack.pids()
    workers = [pid for name, pid in pids.items() if name.startswith("worker")]
    return Peer("ours: Chalice, DynamoDB (dynoxide)", stack.url, workers, [pids["dynoxide"]])


def _others(opened: ExitStack, stack: LocalStack, people: list[str], offers: list[str]) -> Iterator[Peer]:
    workers = sum(name.startswith("worker") for name in stack.pids())
    private = load_pem_private_key((stack.data / "keys" / "token.pem").read_bytes(), None)
    key = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for name, file, command in (
        ("FastAPI, psycopg, PostgreSQL", "sql.py", ("uvicorn", "sql:app", "--no-access-log", "--workers")),
        ("Django, django-hordak, PostgreSQL", "hordak_app.py", ("gunicorn", "hordak_app", "--threads=8", "--workers")),
    ):
        dsn, store = opened.enter_context(postgres.running(stack.data))
        env = {"PATH": os.environ["PATH"], "DSN": dsn, "TOKEN_KEY": key, "PYTHONPATH": str(HERE)}
        made = json.dumps({"people": people, "offers": offers, "price": PRICE})
        subprocess.run([BIN / "python", HERE / file], env=env, input=made, text=True, check=True)
        url, server = opened.enter_context(_serving([*command, str(workers)], env, stack.data / f"{file}.log"))
        yield Peer(name, url, [server], [store])


@contextmanager
def _serving(command: list[str], env: dict[str, str], log: Path) -> Iterator[tuple[str, int]]:
    """A server on a port of its own, and its process. Raises RuntimeError where it does not answer."""
    port = postgres.free_port()
    bind = [f"--bind=127.0.0.1:{port}"] if command[0] == "gunicorn" else ["--host=127.0.0.1", f"--port={port}"]
    with open(log, "wb") as written:
        server = subprocess.Popen([BIN / command[0], *command[1:], *bind], env=env, stdout=written, stderr=written)
    deadline = time.monotonic() + _START_SECONDS
    try:
        while not _heard(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(30)


def _heard(port: int) -> bool:
    try:
        urllib3.request("GET", f"http://127.0.0.1:{port}/", retries=False, timeout=5.0)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def _round(stack: LocalStack, peer: Peer, offers: list[str], tokens: Tokens, found: Found) -> None:
    time.sleep(_REST_SECONDS)  # the stream's consumers catch up
    with consumers_resting(stack):
        server, store = processor.seconds(peer.server), processor.seconds(peer.store)
        took = redeem_by(peer.url, offers, tokens)
        server, store = processor.seconds(peer.server) - server, processor.seconds(peer.store) - store
    found.took += took
    found.rates.append(len(took) / SECONDS)
    found.server_ms.append(1000 * server / len(took))
    found.store_ms.append(1000 * store / len(took))
