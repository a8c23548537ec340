"""A merchant's system that does what a test wants of it: an HTTP server on loopback, in a thread of its own."""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.kernel.settle import derive
from chalicelib.partners import actions, queries
from chalicelib.partners.items import Partner, Signatures


def register(
    merchant: str,
    url: str,
    public_key: str,
    at: str = "2026-01-31T08:00:00.000Z",
    signatures: Signatures = "optional",
    redirects: tuple[str, ...] = (),
) -> None:
    """What the step of onboarding keeps of a merchant's system, instead of the one that it had."""
    partner = Partner(
        merchant=merchant, callback_url=url, public_key=public_key, at=at, signatures=signatures,
        consent_redirects=redirects,
    )  # fmt: skip
    for write in actions.register(partner, queries.partner(merchant)):
        assert derive(write).done


@dataclass
class Sent:
    """What the system answers; ``raw`` bytes instead of everything, if there are any."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""
    wait: threading.Event | None = None  # nothing is answered before it is set


@dataclass
class Got:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class System:
    """``answer`` makes what is answered; ``got`` holds what came, in its order."""

    url: str = ""
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], Sent] = lambda _: Sent()
    server: ThreadingHTTPServer | None = None

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        assert self.server
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def public_key(self) -> str:
        return "whpk_" + base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def prove(self, got: Got) -> Sent:
        """The right answer to a challenge."""
        return self.signed(
            got.headers["webhook-id"], json.dumps({"challenge": got.event["data"]["challenge"]}).encode()
        )

    def signed(self, id: str, body: bytes, *, at: int | None = None, key: Ed25519PrivateKey | None = None) -> Sent:
        now = str(int(time.time()) if at is None else at)
        signature = (key or self.key).sign(f"{id}.{now}.".encode() + body)
        headers = {"webhook-id": id, "webhook-timestamp": now}
        return Sent(200, body, headers | {"webhook-signature": "v1a," + base64.b64encode(signature).decode()})

    def events(self) -> list[tuple[str, str]]:
        """Type of what came, and the id of what it is about."""
        return [(each.event["type"], _subject(each.event["data"])) for each in self.got]


def _subject(data: dict[str, Any]) -> str:
    return str(next((data[name] for name in ("redemption", "hold", "grant", "dispute") if name in data), ""))


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """The other side hangs up where a test lets it wait."""


@contextmanager
def system(port: int = 0) -> Iterator[System]:
    """A system that listens until the end of the block."""
    found = System()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got = Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            found.got.append(got)
            sent = found.answer(got)
            if sent.wait:
                sent.wait.wait(20)
            if sent.raw:
                self.wfile.write(sent.raw)
                return
            self.send_response(sent.status)
            for name, value in ({"content-length": str(len(sent.body))} | sent.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent.body)

        def log_message(self, *_: Any) -> None:
            """Tests say what went wrong."""

    server = _Quiet(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.server = server
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
