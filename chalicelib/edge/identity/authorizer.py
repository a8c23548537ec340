"""API Gateway's question about a token, and who may call a route."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from chalice.app import AuthRequest, AuthResponse, ChaliceAuthorizer

from chalicelib import log
from chalicelib.errors import RoleNotAllowed, Unauthenticated, Unavailable
from chalicelib.kernel.caller import INSTITUTION, Caller
from chalicelib.settings import account_key
from chalicelib.table import keys


def authorize(request: AuthRequest) -> AuthResponse:
    """API Gateway's question about a token. ``Exception("Unauthorized")`` is its word for 401."""
    # Only the authorizer's own function judges tokens: others start without.
    from chalicelib.edge.identity import tokens

    scheme, _, token = request.token.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        found = tokens.claims(token.strip())
    except Unauthenticated as error:
        log.emit("token refused", code=error.code, metrics={"Refusals": 1})
        raise Exception("Unauthorized") from error
    except Exception:
        log.emit(log.FAILED, logging.ERROR, metrics={"AuthorizerFailures": 1}, function="authenticate")
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
    sub = proven["principalId"]
    return _allowed(sub, proven["role"], allow)


def recognise(header: str, allow: tuple[str, ...]) -> Caller:
    """The Caller by the Authorization header of a public route, where the gateway looks at no token.

    Raises Unauthenticated, RoleNotAllowed, and Unavailable where the issuer's keys are away.
    """
    from chalicelib.edge.identity import tokens  # few requests need it
    from chalicelib.signing.issuer import IssuerAway

    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated()
    try:
        claims = tokens.claims(token.strip())
    except IssuerAway as error:
        raise Unavailable() from error
    return _allowed(claims["sub"], claims["role"], allow)


def _allowed(sub: str, role: str, allow: tuple[str, ...]) -> Caller:
    if role not in allow:
        raise RoleNotAllowed(allowed=", ".join(allow), role=role)
    if role != INSTITUTION:
        return Caller(sub, role, account_of(sub))
    from chalicelib.edge.identity import logins  # API Gateway's question is answered without the table

    return logins.acting(sub, role, account_of(sub))


def account_of(sub: str) -> str:
    """The id of the account that a login may open itself, open or not; also the login's own id where it was added."""
    return keys.account_id(sub, account_key())


def acted_for(sub: str, role: str) -> str:
    """The id of the account that a login acts for in ``role``: its own, or that of the institution it was added to."""
    from chalicelib.edge.identity import logins

    login = logins.known(account_of(sub)) if role == INSTITUTION else None
    return login.institution if login else account_of(sub)
