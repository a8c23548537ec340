"""16 HTTP clients against the running stack, and 16 threads of bare transactions on the same store, in turn."""

import itertools
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from infra.dev.bench.inprocess import twin_of
from infra.dev.bench.setting import Setting, sub
from infra.dev.local.stack import LocalStack

CLIENTS, PROCESSES = 16, 2
SECONDS, ROUNDS = 4.0, 5
_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n(?:.*\r\n)*?\r\n", re.IGNORECASE)  # ends where the body begins
_REST_SECONDS = 3.0  # the stream's consumer catches up: no round pays for the one before


class Throughput(NamedTuple):
    """Redemptions a second over HTTP, and bare transactions a second, round by round."""

    http: list[float]
    bare: list[float]

    @property
    def ratio(self) -> float:
        """Of all rounds together: one round's says more about what else the machine did."""
        return sum(self.http) / sum(self.bare)


def compare(stack: LocalStack, setting: Setting, progress: Callable[[], None]) -> Throughput:
    """``ROUNDS`` times each, alternating, so that a drifting machine hits both alike."""
    setting.grow(1000)
    with setting.platform.watching() as requests:
        setting.redeem(0)
    transaction = requests[-1]["params"]
    found = Throughput([], [])
    _http(stack, setting.offer)  # a round that does not count: the server meets its first requests
    for _ in range(ROUNDS):
        time.sleep(_REST_SECONDS)
        found.bare.append(bare(transaction))
        progress()
        time.sleep(_REST_SECONDS)
        found.http.append(_http(stack, setting.offer))
        progress()
    return found


def bare(transaction: dict[str, Any]) -> float:
    """Twins of ``transaction`` a second, by 16 threads."""
    client = boto3.client("dynamodb", config=Config(max_pool_connections=CLIENTS))
    done = [0] * CLIENTS
    end = time.monotonic() + SECONDS

    def send(number: int) -> None:
        while time.monotonic() < end:
            client.transact_write_items(**twin_of(transaction, number))
            done[number] += 1

    threads = [threading.Thread(target=send, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def _http(stack: LocalStack, offer: str) -> float:
    tokens = [[stack.token("individual", sub(number))] for number in range(CLIENTS)]
    return len(redeem_by(stack.url, [offer] * CLIENTS, tokens)) / SECONDS


def redeem_by(url: str, offers: list[str], tokens: list[list[str]]) -> list[float]:
    """The milliseconds of each redemption of ``SECONDS`` by ``CLIENTS`` clients: each has an offer and people by turns.

    The clients live in processes of their own, so that they do not share the interpreter with what they measure.
    Raises RuntimeError where anything but 201 is answered.
    """
    started = []
    for process in range(PROCESSES):
        clients = {"offers": offers[process::PROCESSES], "tokens": tokens[process::PROCESSES]}
        command = [sys.executable, "-m", "infra.dev.bench.throughput"]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        _hand(started[-1], json.dumps(clients | {"url": url, "seconds": SECONDS}))
    found: list[float] = []
    for client in started:
        written = client.communicate()[0]
        if client.returncode:
            raise RuntimeError("a client was refused: it says above why")
        found += json.loads(written)
    return found


def _hand(client: subprocess.Popen[str], order: str) -> None:
    assert client.stdin
    client.stdin.write(f"{order}\n")
    client.stdin.flush()


def _client(order: dict[str, Any]) -> list[float]:
    took: list[float] = []
    end = time.monotonic() + order["seconds"]
    place = urlsplit(order["url"])
    refused: list[bytes] = []

    def send(number: int) -> None:
        body = json.dumps({"offer": order["offers"][number], "quantity": 1, "points": 10})
        head = (
            f"POST /v1/redemptions HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
        )
        people = itertools.cycle(order["tokens"][number])
        with socket.create_connection((place.hostname, place.port)) as connection:
            while (began := time.monotonic()) < end and not refused:
                proof = f"Authorization: Bearer {next(people)}\r\nIdempotency-Key: load-{number}-{time.time_ns()}"
                connection.sendall(f"{head}{proof}\r\n\r\n{body}".encode())
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 201 "):
                    refused.append(answer)
                took.append(1000 * (time.monotonic() - began))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(order["tokens"]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise RuntimeError(refused[0])
    return took


def _answer(connection: socket.socket) -> bytes:
    """One whole answer. By hand: an HTTP client of Python's takes a millisecond from the server that it measures."""
    got = b""
    while (found := _LENGTH.search(got)) is None or len(got) < found.end() + int(found[1]):
        more = connection.recv(65536)
        if not more:
            raise RuntimeError("the server hung up")
        got += more
    return got


if __name__ == "__main__":
    print(json.dumps(_client(json.loads(sys.stdin.readline()))))
