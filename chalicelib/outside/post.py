"""One POST to an address that somebody named: no redirect, no proxy, no second address, little time, a short answer."""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from chalicelib.deadline import begin
from chalicelib.outside.addresses import NotReached, Target, locate
from chalicelib.settings import VERSION

ANSWER_BYTES_MAX = 8 * 1024
_HEADERS = {
    "Content-Type": "application/json",
    "Connection": "close",
    "User-Agent": f"carbon-points/{VERSION} (Standard Webhooks)",
}


class Reply(NamedTuple):
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, seconds: float, answer_bytes_max: int = ANSWER_BYTES_MAX
) -> Reply:
    """Send ``body`` and wait for the whole answer, ``seconds`` for all of it.

    ``answer_bytes_max`` 0: only the status matters, and the body of the answer is not read.
    Raises NotReached, and Unavailable where the request that asks for it has less time left.
    """
    begin(seconds)
    deadline = time.monotonic() + seconds
    connection = _Pinned(locate(url, seconds), deadline)
    # A time-out of a socket starts again with every byte; this one ends the call, however slowly it trickles.
    watch = threading.Timer(max(0.0, deadline - time.monotonic()), connection.cut)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", connection.target.path, body, _HEADERS | dict(headers))
        with connection.getresponse() as answer:
            content = answer.read(answer_bytes_max + 1) if answer_bytes_max else b""
    except (OSError, HTTPException) as error:
        raise NotReached("late" if time.monotonic() >= deadline else _why(error)) from error
    finally:
        watch.cancel()
        connection.close()
    if time.monotonic() >= deadline:
        raise NotReached("late")
    if 300 <= answer.status < 400:
        raise NotReached("redirected")
    if len(content) > answer_bytes_max:
        raise NotReached("too_large")
    return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "late"
    if isinstance(error, ssl.SSLError):
        return "tls_failed"
    return "no_answer" if isinstance(error, OSError) else "malformed"


class _Pinned(HTTPConnection):
    """A connection to the address of a Target, and to no other; over TLS its certificate must bear the name."""

    def __init__(self, target: Target, deadline: float) -> None:
        super().__init__(target.host, target.port)
        self.target, self._deadline = target, deadline
        self.default_port = 443 if target.secure else 80

    def connect(self) -> None:
        left = max(0.001, self._deadline - time.monotonic())
        self.sock = socket.create_connection((self.target.address, self.target.port), left)
        if self.target.secure:  # the handshake comes after the assignment, so that it too can be cut
            wrapped = _trust().wrap_socket(self.sock, server_hostname=self.target.host, do_handshake_on_connect=False)
            self.sock = wrapped
            wrapped.do_handshake()

    def cut(self) -> None:
        """End it from another thread: who waits for its bytes gets none any more."""
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # TLS's own would speak to the other side first
        except (OSError, AttributeError, TypeError):  # not open yet, or not any more
            return


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
