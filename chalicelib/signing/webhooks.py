"""Standard Webhooks 1.0 with ed25519 (``v1a``): signatures of ours for merchants, and of merchants for us.

Each merchant's webhooks are signed by a key of their own, so that what was signed for one proves nothing to another.
These keys follow from the secret ``webhook_key``. It may hold several of 32 bytes: all of them sign and are published,
so that a new one is appended, later the old one taken away, and no webhook is ever without a signature that is known.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chalicelib.settings import secret

PREFIX, VERSION = "whpk_", "v1a,"
TOLERANCE_SECONDS = 300  # between our clock and theirs
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SEED_BYTES = 32
_SIGNATURES_MAX = 8


class BadKey(ValueError):
    """No ``whpk_`` and base64 of an ed25519 public key."""


class BadSignature(ValueError):
    """Not signed by this key, not lately, or not at all."""


def sign(merchant: str, id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The three headers for ``body`` to ``merchant``. ``id`` is the event's, the same for every try."""
    at = str(int(now.timestamp()))
    made = (VERSION + base64.b64encode(key.sign(_signed(id, at, body))).decode() for key in _keys(merchant))
    return {ID: id, TIMESTAMP: at, SIGNATURE: " ".join(made)}


def public_keys(merchant: str) -> list[str]:
    """The keys of which at least one has signed each webhook to ``merchant``."""
    return [PREFIX + base64.b64encode(key.public_key().public_bytes_raw()).decode() for key in _keys(merchant)]


def load(text: str) -> Ed25519PublicKey:
    """A public key as a merchant writes it. Raises BadKey."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        if text.startswith(PREFIX) and len(raw) == _SEED_BYTES:
            return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise BadKey from error
    raise BadKey


def verify(key: Ed25519PublicKey, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises BadSignature unless ``key`` has signed ``body`` within the tolerance. Names of headers in lower case."""
    id, at = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(int(at) - now.timestamp()) > TOLERANCE_SECONDS:
        raise BadSignature
    for each in headers.get(SIGNATURE, "").split(" ")[:_SIGNATURES_MAX]:
        try:
            if each.startswith(VERSION):
                key.verify(base64.b64decode(each.removeprefix(VERSION), validate=True), _signed(id, at, body))
                return
        except (InvalidSignature, binascii.Error):
            continue
    raise BadSignature


def _signed(id: str, at: str, body: bytes) -> bytes:
    return f"{id}.{at}.".encode() + body


def _keys(merchant: str) -> list[Ed25519PrivateKey]:
    held = secret("webhook_key")
    seeds = [held[start : start + _SEED_BYTES] for start in range(0, len(held), _SEED_BYTES)]
    return [Ed25519PrivateKey.from_private_bytes(hmac.digest(seed, merchant.encode(), "sha256")) for seed in seeds]
