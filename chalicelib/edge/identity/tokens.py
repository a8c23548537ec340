"""Tokens: whether the issuer has signed one, and what it claims."""

import math
import time
from functools import lru_cache
from typing import Any

import jwt
from jwt.types import Options

from chalicelib import json_input
from chalicelib.errors import Refusal, Unauthenticated
from chalicelib.kernel.caller import CLOCK_LEEWAY_SECONDS, ROLES
from chalicelib.settings import settings
from chalicelib.signing.issuer import IssuerKeys

_BYTES_MAX = 8 * 1024  # API Gateway takes 10 KB of headers; nothing is read or remembered of a longer token
_VALID_MAX = 4096  # tokens whose claims are remembered: a few megabytes

# The signature is judged before, by keys that are asymmetric only: the platform holds none that could make a token.
_CLAIMS: Options = {
    "verify_signature": False,
    "verify_exp": True,
    "verify_nbf": True,
    "verify_iat": True,
    "verify_aud": True,
    "verify_iss": True,
    "verify_sub": True,
    "require": ["exp", "iss", "aud", "sub"],
}


@lru_cache(maxsize=1)
def _issuer_keys() -> IssuerKeys:
    return IssuerKeys(settings().oidc_jwks_url)


def _timed(payload: Any) -> None:
    """Raises ValueError where a time is no number (RFC 7519, 2): PyJWT would also take a text or true for one."""
    for name in ("exp", "nbf", "iat"):
        value = payload.get(name, 0) if isinstance(payload, dict) else None
        if type(value) not in (int, float) or value in (math.inf, -math.inf):
            raise ValueError(f"{name} is no time")


def claims(token: str) -> dict[str, Any]:
    """The claims of a valid token, to be read only. Raises Unauthenticated for any other, IssuerAway where nobody can
    tell.
    """
    if len(token) > _BYTES_MAX:
        raise Unauthenticated()
    try:
        payload = _issuer_keys().payload(token)
        found = _valid(token, payload, settings().oidc_issuer, settings().oidc_audience)
    except (jwt.PyJWTError, KeyError, ValueError, Refusal) as error:
        raise Unauthenticated() from error
    if int(found["exp"]) <= time.time() - CLOCK_LEEWAY_SECONDS:
        raise Unauthenticated()
    return found


@lru_cache(maxsize=_VALID_MAX)
def _valid(token: str, payload: bytes, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of a token that is signed. Only its expiry can make a valid one invalid, so the rest is checked once.

    Raises PyJWTError, ValueError, Refusal.
    """
    _timed(json_input.read(payload))
    found: dict[str, Any] = jwt.decode(
        token, issuer=issuer, audience=audience, leeway=CLOCK_LEEWAY_SECONDS, options=_CLAIMS
    )
    sub = found["sub"]
    if found.get("role") not in ROLES or not isinstance(sub, str) or not 1 <= len(sub) <= 255:
        raise Unauthenticated()
    return found
