"""Tokens of an issuer that only the tests trust, and keys of certificates."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


@lru_cache(maxsize=1)
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_jwks() -> dict[str, Any]:
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    return {"keys": [jwk | {"kid": "test", "alg": "ES256", "use": "sig"}]}


def token(role: str, sub: str, kid: str | None = "test", **claims: Any) -> str:
    """A token; ``claims`` replace the valid ones, None leaves one out. ``kid``: the name of its key, None for none."""
    usual = not claims and isinstance(role, str)  # some tests give what no issuer would
    return _new(role, sub, kid, **claims) if not usual else _usual(role, sub, kid, int(time.time() // 600))


@lru_cache(maxsize=10_000)
def _usual(role: str, sub: str, kid: str | None, _: int) -> str:
    """The same token for ten minutes, as a client uses one."""
    return _new(role, sub, kid)


def _new(role: str, sub: str, kid: str | None, **claims: Any) -> str:
    valid = {
        "sub": sub,
        "role": role,
        "iss": "carbon-points-local",
        "aud": "carbon-points",
        "exp": int(time.time()) + 3600,
    }
    payload = {name: value for name, value in (valid | claims).items() if value is not None}
    return jwt.encode(payload, signing_key(), algorithm="ES256", headers={"kid": kid} if kid else None)


def new_signing_key(path: Path) -> None:
    """A new key for certificates, in a file of its own."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pem)
