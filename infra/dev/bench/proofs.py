"""Processor time of verifying the signature of a merchant's request (RFC 9421), its digest and its base included."""

import base64
import hashlib
import statistics
import time
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chalicelib.signing.messages import REQUIRED, Message, verify

ROUNDS, BATCH = 9, 50
_PATH, _KEY = "/v1/holds/k3v5zq6x7n4m2p8r9s0t1u2w3y/capture", "capture-2026-01-31-0815"


def milliseconds() -> float:
    """The median of rounds, a warm process: a container verifies its first signature once."""
    key = Ed25519PrivateKey.generate()
    public, now = "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode(), datetime.now(UTC)
    message = _signed(key, public, now)
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(BATCH):
            verify(message, (public,), now)
        found.append((time.process_time() - began) / BATCH * 1e3)
    return statistics.median(found)


def _signed(key: Ed25519PrivateKey, public: str, now: datetime) -> Message:
    body = b'{"points":2500}'
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    values = ("POST", _PATH, digest, _KEY)
    names = " ".join(f'"{name}"' for name in REQUIRED)
    params = f'({names});created={int(now.timestamp())};keyid="{public}"'
    lines = [f'"{name}": {value}' for name, value in zip(REQUIRED, values, strict=True)]
    signature = base64.b64encode(key.sign("\n".join([*lines, f'"@signature-params": {params}']).encode())).decode()
    headers = {"content-digest": digest, "idempotency-key": _KEY}
    return Message("POST", _PATH, headers | {"signature-input": f"a={params}", "signature": f"a=:{signature}:"}, body)
