"""Who is calling: the JWT authorizer, and the Caller that every action and query is told of."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from chalice.app import AuthRequest, AuthResponse, ChaliceAuthorizer
from jwt.types import Options

from chalicelib.edge import log
from chalicelib.errors import RoleNotAllowed, Unauthenticated
from chalicelib.settings import settings
from chalicelib.signing import jose
from chalicelib.signing.issuer import IssuerKeys
from chalicelib.table import keys

INDIVIDUAL, INSTITUTION, OPERATOR = "individual", "institution", "scenario_operator"
EXCHANGE, BUREAU = "exchange", "bureau"
ROLES = (INDIVIDUAL, INSTITUTION, OPERATOR, EXCHANGE, BUREAU)

_LEEWAY_SECONDS = 10  # clocks differ
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


@dataclass(frozen=True)
class Caller:
    """The proven subject of a token and its one role."""

    sub: str
    role: str

    @property
    def account(self) -> str:
        """The id of this caller's account, open or not."""
        return keys.account_id(self.sub)


@lru_cache(maxsize=1)
def _issuer_keys() -> IssuerKeys:
    return IssuerKeys(settings().oidc_jwks_url)


def claims(token: str) -> dict[str, Any]:
    """The claims of a valid token. Raises Unauthenticated for any other, IssuerAway where nobody can tell."""
    try:
        jose.verify(token, _issuer_keys().for_token(token))
        found: dict[str, Any] = jwt.decode(
            token,
            issuer=settings().oidc_issuer,
            audience=settings().oidc_audience,
            leeway=_LEEWAY_SECONDS,
            options=_CLAIMS,
        )
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
