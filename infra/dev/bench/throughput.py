"""16 HTTP clients against the running stack, and 16 threads of bare transactions on the same store, in turn."""

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
    """The clients live in processes of their own, so that they do not share the interpreter with what they measure."""
    each = CLIENTS // PROCESSES
    started = []
    for process in range(PROCESSES):
        tokens = [stack.token("individual", sub(process * each + number)) for number in range(each)]
        order = json.dumps({"url": stack.url, "offer": offer, "tokens": tokens, "seconds": SECONDS})
        command = [sys.executable, "-m", "infra.dev.bench.throughput", order]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    return sum(int(process.communicate()[0]) for process in started) / SECONDS


def _client(order: dict[str, Any]) -> None:
    done = [0] * len(order["tokens"])
    end = time.monotonic() + order["seconds"]
    place = urlsplit(order["url"])
    body = json.dumps({"offer": order["offer"], "quantity": 1, "points": 10})

    def send(number: int) -> None:
        head = (
            f"POST /v1/redemptions HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nAuthorization: Bearer {order['tokens'][number]}\r\nIdempotency-Key: "
        )
        with socket.create_connection((place.hostname, place.port)) as connection:
            while time.monotonic() < end:
                connection.sendall(f"{head}load-{number}-{time.time_ns()}\r\n\r\n{body}".encode())
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 201 "):
                    raise RuntimeError(answer)
                done[number] += 1

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(done))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(done))


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
    _client(json.loads(sys.argv[1]))
