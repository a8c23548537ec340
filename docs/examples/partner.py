"""An example of a merchant's system: answers the handshake, verifies webhooks, prints orders.

    python partner.py --merchant <account id> --platform http://127.0.0.1:8000 --port 8900

It needs Python 3.11 and the package ``cryptography``. It makes its key at the first start (``partner.key``) and prints
what the integration step takes: ``callback_url`` and ``public_key``.
"""

import argparse
import base64
import json
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

TOLERANCE_SECONDS = 300
BODY_BYTES_MAX = 64 * 1024


class Partner:
    """``merchant`` is our account's id: its webhooks are signed by keys that sign nobody else's."""

    def __init__(self, merchant: str, key: Ed25519PrivateKey, platform: str) -> None:
        self.merchant, self.key, self.platform = merchant, key, platform
        self.seen: set[str] = set()  # a real system keeps these with its orders

    @property
    def public_key(self) -> str:
        return "whpk_" + base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def verify(self, headers: dict[str, str], body: bytes) -> bool:
        """Whether the platform signed this for us within the tolerance."""
        sent = headers.get("webhook-timestamp", "")
        if not sent.isdigit() or abs(time.time() - int(sent)) > TOLERANCE_SECONDS:
            return False
        signed = f"{headers.get('webhook-id', '')}.{sent}.".encode() + body
        signatures = headers.get("webhook-signature", "").split(" ")
        given = [each.removeprefix("v1a,") for each in signatures if each.startswith("v1a,")]
        return any(proves(key, each, signed) for key in self.platform_keys() for each in given)

    def platform_keys(self) -> list[str]:
        """A real system asks once, and again when no key that it knows fits a signature."""
        with urllib.request.urlopen(f"{self.platform}/v1/webhook-keys/{self.merchant}", timeout=3) as answer:
            keys: list[str] = json.load(answer)["keys"]
        return keys

    def answer(self, id: str, body: bytes) -> dict[str, str]:
        """The headers that sign our answer to a challenge, as Standard Webhooks signs: id, time, body."""
        now = str(int(time.time()))
        signature = base64.b64encode(self.key.sign(f"{id}.{now}.".encode() + body)).decode()
        return {"webhook-id": id, "webhook-timestamp": now, "webhook-signature": f"v1a,{signature}"}

    def receive(self, id: str, event: dict[str, object]) -> None:
        """Takes each event once, although it may arrive again. A real system commits here, before it answers."""
        if id not in self.seen:
            self.seen.add(id)
            print(json.dumps({"id": id} | event, ensure_ascii=False), flush=True)


def proves(key: str, signature: str, signed: bytes) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
        public.verify(base64.b64decode(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


class Handler(BaseHTTPRequestHandler):
    partner: Partner

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), BODY_BYTES_MAX))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            genuine = self.partner.verify(headers, body)
        except OSError:  # the platform's keys are unavailable: it will send this again
            return self.reply(503, b"{}")
        if not genuine:
            return self.reply(401, b"{}")
        event = json.loads(body)
        if event["type"] == "integration.challenge":
            answer = json.dumps({"challenge": event["data"]["challenge"]}).encode()
            return self.reply(200, answer, self.partner.answer(headers["webhook-id"], answer))
        self.partner.receive(headers["webhook-id"], event)
        return self.reply(204, b"")

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body))}.items():
            self.send_header(name, value)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Prints orders only."""


def key_in(file: Path) -> Ed25519PrivateKey:
    """The key in ``file``; a new one where there is none yet."""
    if not file.exists():
        file.touch(0o600)
        file.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(file.read_bytes())


def main() -> None:
    asked = argparse.ArgumentParser(description="An example of a merchant's system")
    asked.add_argument("--merchant", required=True)
    asked.add_argument("--platform", default="http://127.0.0.1:8000")
    asked.add_argument("--port", type=int, default=8900)
    asked.add_argument("--key", type=Path, default=Path("partner.key"))
    given = asked.parse_args()
    Handler.partner = Partner(given.merchant, key_in(given.key), given.platform)
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    print(json.dumps({"callback_url": url, "public_key": Handler.partner.public_key}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
