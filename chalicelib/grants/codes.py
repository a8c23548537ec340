"""What a person's client hands to a partner: a code that only the partner's verifier opens (RFC 7636). Pure.

Nothing here is kept: ids and codes follow from the key, so a code is a proof and not a password in the table.
"""

import base64
import hashlib
import hmac

_ID_BYTES = 16


def grant_id(record: str, key: bytes) -> str:
    """The name of the grant that ``record`` makes: partners learn it, and cannot compute it from a login."""
    return base64.b32encode(_mac("id", record, key)[:_ID_BYTES]).decode().rstrip("=").lower()


def code(grant: str, key: bytes) -> str:
    """The code of a grant."""
    return f"{grant}.{_base64url(_mac('code', grant, key))}"


def grant_of(presented: str, key: bytes) -> str | None:
    """The grant whose code is ``presented``; None where we never made such a code. Takes the same time for all."""
    grant = presented.partition(".")[0]
    return grant if hmac.compare_digest(code(grant, key).encode(), presented.encode()) else None


def challenge(verifier: str) -> str:
    """The code challenge of a verifier, by S256 (RFC 7636 §4.2)."""
    return _base64url(hashlib.sha256(verifier.encode()).digest())


def answers(verifier: str, kept: str) -> bool:
    """Whether ``verifier`` is the one of the challenge ``kept``."""
    return hmac.compare_digest(challenge(verifier).encode(), kept.encode())


def _mac(use: str, text: str, key: bytes) -> bytes:
    return hmac.new(key, f"grant {use}:{text}".encode(), hashlib.sha256).digest()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
