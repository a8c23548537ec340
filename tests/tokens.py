"""Tokens of an issuer that only the tests trust."""

import time
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec


@lru_cache(maxsize=1)
def signing_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def make_jwks() -> dict[str, Any]:
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(signing_key().public_key(), as_dict=True)
    return {"keys": [jwk | {"kid": "test", "alg": "ES256", "use": "sig"}]}


def token(role: str, sub: str, **claims: Any) -> str:
    """A token; ``claims`` replace the valid ones, None leaves one out."""
    valid = {
        "sub": sub,
        "role": role,
        "iss": "carbon-points-local",
        "aud": "carbon-points",
        "exp": int(time.time()) + 3600,
    }
    said = {name: value for name, value in (valid | claims).items() if value is not None}
    return jwt.encode(said, signing_key(), algorithm="ES256", headers={"kid": "test"})
