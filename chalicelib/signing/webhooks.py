"""Standard Webhooks 1.0 with ed25519 (``v1a``): signatures of ours for merchants, and of merchants for us.

Each merchant's webhooks are signed by a key of their own, so that what was signed for one proves nothing to another.
These keys follow from the secret ``webhook_key``. It may hold several of 32 bytes: all of them sign and are published,
so that a new one is appended, later the old one taken away, and no webhook is ever without a signature that is known.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.settings import secret

if TYPE_CHECKING:
    from Cryptodome.PublicKey.ECC import EccKey

PREFIX, VERSION = "whpk_", "v1a,"
TOLERANCE_SECONDS = 300  # between our clock and theirs
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SEED_BYTES = 32
_SIGNATURES_MAX = 8
_FIELD = 2**255 - 19  # of the coordinates of Curve25519


class BadKey(ValueError):
    """No ``whpk_`` and base64 of an ed25519 public key."""


class BadSignature(ValueError):
    """Not signed by this key, not lately, or not at all."""


def sign(merchant: str, id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers for ``body`` to ``merchant``. ``id`` is the event's, the same for every try."""
    from Cryptodome.Signature import eddsa

    at = str(int(now.timestamp()))
    signatures = (eddsa.new(key, "rfc8032").sign(_signed(id, at, body)) for key in _keys(merchant))
    made = (VERSION + base64.b64encode(each).decode() for each in signatures)
    return {ID: id, TIMESTAMP: at, SIGNATURE: " ".join(made)}


def public_keys(merchant: str) -> list[str]:
    """The keys of which at least one has signed each webhook to ``merchant``."""
    return [PREFIX + base64.b64encode(key.public_key().export_key(format="raw")).decode() for key in _keys(merchant)]


def load(text: str) -> "EccKey":
    """A public key as a merchant writes it. Raises BadKey."""
    from Cryptodome.Signature import eddsa

    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        if text.startswith(PREFIX) and len(raw) == _SEED_BYTES and not _is_weak(raw):
            return eddsa.import_public_key(raw)
    except ValueError as error:
        raise BadKey from error
    raise BadKey


def _is_weak(raw: bytes) -> bool:
    """Whether a public key proves nothing: a point of small order, for which signatures can be found without a secret,
    or a second spelling of a point (RFC 8032, 5.1.3 and 5.1.7). Raises ValueError for what is no point.
    """
    from Cryptodome.Signature import eddsa

    y = int.from_bytes(raw, "little") & ~(1 << 255)
    if y >= _FIELD:
        return True
    times_8 = eddsa.import_public_key(raw).pointQ * 8
    return bool(times_8.x == 0 and times_8.y == 1)


def verify(key: "EccKey", headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises BadSignature unless ``key`` has signed ``body`` within the tolerance. Names of headers in lower case."""
    from Cryptodome.Signature import eddsa

    id, at = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(int(at) - now.timestamp()) > TOLERANCE_SECONDS:
        raise BadSignature
    for each in headers.get(SIGNATURE, "").split(" ")[:_SIGNATURES_MAX]:
        try:
            if each.startswith(VERSION):
                signature = base64.b64decode(each.removeprefix(VERSION), validate=True)
                eddsa.new(key, "rfc8032").verify(_signed(id, at, body), signature)
                return
        except ValueError:  # no base64, or another signature
            continue
    raise BadSignature


def _signed(id: str, at: str, body: bytes) -> bytes:
    return f"{id}.{at}.".encode() + body


def _keys(merchant: str) -> list["EccKey"]:
    from Cryptodome.PublicKey import ECC

    held = secret("webhook_key")
    seeds = [held[start : start + _SEED_BYTES] for start in range(0, len(held), _SEED_BYTES)]
    own = (hmac.digest(seed, merchant.encode(), "sha256") for seed in seeds)
    return [ECC.construct(curve="Ed25519", seed=each) for each in own]  # type: ignore[arg-type] # bytes, its stub errs
