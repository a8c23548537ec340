"""Signs requests as a merchant's server does (RFC 9421), by a library that shares no code with the platform's check."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

COVERED = ("@method", "@path", "content-digest", "idempotency-key")


def signed(
    key: Ed25519PrivateKey,
    method: str,
    path: str,
    body: bytes,
    idempotency_key: str,
    at: datetime,
    *,
    covered: Sequence[str] = COVERED,
    digest: str = "",
    keyid: str = "",
    more: str = "",
) -> dict[str, str]:
    """The headers that sign a request."""
    digest = digest or f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    values = {"@method": method, "@path": path, "content-digest": digest, "idempotency-key": idempotency_key}
    keyid = keyid or "whpk_" + base64.b64encode(key.public_key().public_bytes_raw()).decode()
    names = " ".join(f'"{name}"' for name in covered)
    params = f'({names});created={int(at.timestamp())};keyid="{keyid}"{more}'
    base = "".join(f'"{name}": {values.get(name, "")}\n' for name in covered) + f'"@signature-params": {params}'
    signature = base64.b64encode(key.sign(base.encode())).decode()
    return {"content-digest": digest, "signature-input": f"sig={params}", "signature": f"sig=:{signature}:"}
