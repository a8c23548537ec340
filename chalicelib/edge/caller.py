"""Who is calling: the JWT authorizer, and the Caller that every action and query is told of."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jwt
from chalice.app import AuthRequest, AuthResponse, ChaliceAuthorizer

from chalicelib.edge import log
from chalicelib.errors import RoleNotAllowed, Unauthenticated
from chalicelib.settings import settings
from chalicelib.table import keys

INDIVIDUAL, INSTITUTION, OPERATOR = "individual", "institution", "scenario_operator"
EXCHANGE, BUREAU = "exchange", "bureau"
ROLES = (INDIVIDUAL, INSTITUTION, OPERATOR, EXCHANGE, BUREAU)

_LEEWAY_SECONDS = 10  # clocks differ
_ALGORITHMS = ["ES256", "RS256"]  # asymmetric only: the platform holds no key that could make a token


@dataclass(frozen=True)
class Caller:
    """The proven subject of a token and its one role."""

    sub: str
    role: str

    @property
    def account(self) -> str:
        """The id of this caller's account, open or not."""
        return keys.account_id(self.sub)


class _LocalKeys:
    """The one-machine issuer: its keys lie in a file."""

    def __init__(self, path: str) -> None:
        self._keys = jwt.PyJWKSet.from_json(Path(path).read_text())

    def get_signing_key_from_jwt(self, token: str) -> jwt.PyJWK:
        kid = jwt.get_unverified_header(token).get("kid", "")
        return self._keys[kid]


@lru_cache(maxsize=1)
def _issuer_keys() -> jwt.PyJWKClient | _LocalKeys:
    url = settings().oidc_jwks_url
    if url.startswith("file://"):
        return _LocalKeys(unquote(urlsplit(url).path))
    return jwt.PyJWKClient(url, cache_jwk_set=True, lifespan=3600, timeout=3)


def claims(token: str) -> dict[str, Any]:
    """The claims of a valid token. Raises Unauthenticated for any other."""
    try:
        found: dict[str, Any] = jwt.decode(
            token,
            _issuer_keys().get_signing_key_from_jwt(token),  # with the algorithm that it is for
            algorithms=_ALGORITHMS,
            issuer=settings().oidc_issuer,
            audience=settings().oidc_audience,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except jwt.PyJWKClientConnectionError:
        raise  # the issuer is away: our fault or its own, not the token's
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise Unauthenticated() from error
    sub = found["sub"]
    if found.get("role") not in ROLES or not isinstance(sub, str) or not 1 <= len(sub) <= 255:
        raise Unauthenticated()
    return found


def authorize(request: AuthRequest) -> AuthResponse:
    """API Gateway's question about a token. ``Exception("Unauthorized")`` is its word for 401."""
    scheme, _, token = request.token.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        found = claims(token.strip())
    except Unauthenticated as error:
        log.tell("token refused", code=error.code, metrics={"Refusals": 1})
        raise Exception("Unauthorized") from error
    except Exception:
        log.tell("token not judged", logging.ERROR, metrics={"AuthorizerFailures": 1})
        raise
    context = {"role": found["role"], "exp": str(int(found["exp"]))}
    return AuthResponse(routes=["*"], principal_id=found["sub"], context=context)


# Routes name the authorizer before app.py has declared it; app.py gives it its configuration.
authenticate = ChaliceAuthorizer("authenticate", authorize)


def admit(context: Mapping[str, Any], allow: tuple[str, ...]) -> Caller:
    """The Caller that the gateway vouches for, if its role may call here.

    The gateway keeps an authorizer's answer for a while, so the expiry is looked at again.
    Raises Unauthenticated, RoleNotAllowed.
    """
    proven = context.get("authorizer") or {}
    if "principalId" not in proven or int(proven.get("exp", 0)) <= time.time():
        raise Unauthenticated()
    caller = Caller(proven["principalId"], proven["role"])
    if caller.role not in allow:
        raise RoleNotAllowed(allowed=", ".join(allow), role=caller.role)
    return caller
