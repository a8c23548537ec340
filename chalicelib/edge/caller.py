"""Who is calling: the JWT authorizer, and the Caller that every action and query is told of."""

import logging
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from chalice.app import AuthRequest, AuthResponse, ChaliceAuthorizer

from chalicelib.edge import log
from chalicelib.errors import RoleNotAllowed, Unauthenticated
from chalicelib.table import keys

INDIVIDUAL, INSTITUTION, OPERATOR = "individual", "institution", "scenario_operator"
EXCHANGE, BUREAU = "exchange", "bureau"
ROLES = (INDIVIDUAL, INSTITUTION, OPERATOR, EXCHANGE, BUREAU)
CLOCK_LEEWAY_SECONDS = 10  # clocks differ: how far another's may be ahead of ours


class Caller(NamedTuple):
    """The proven subject of a token and its one role.

    One ``sub`` may hold tokens of several roles, and neither ``sub`` nor an account id names the role. Every check of
    ownership is therefore one of ``holds``, ``operates`` and ``made``, which compare both; a house rule forbids others.
    """

    sub: str
    role: str

    @property
    def account(self) -> str:
        """The id of this caller's account, open or not: to read or write it, never to compare it (see ``holds``)."""
        return keys.account_id(self.sub)

    def holds(self, role: str, account: str | None) -> bool:
        """Whether this caller comes in ``role``, as the holder of ``account``."""
        return self.role == role and self.account == account

    def operates(self, item: Mapping[str, Any]) -> bool:
        """Whether this caller is the scenario operator that a scenario or a batch names."""
        return self == Caller(item["operator"], OPERATOR)

    def made(self, record: Mapping[str, Any]) -> bool:
        """Whether this caller, in this role, made the request that a Record keeps."""
        return self == Caller(record["caller"], record["role"])


def authorize(request: AuthRequest) -> AuthResponse:
    """API Gateway's question about a token. ``Exception("Unauthorized")`` is its word for 401."""
    from chalicelib.edge import tokens  # only the authorizer's own function judges tokens: others start without

    scheme, _, token = request.token.partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise Unauthenticated()
        found = tokens.claims(token.strip())
    except Unauthenticated as error:
        log.tell("token refused", code=error.code, metrics={"Refusals": 1})
        raise Exception("Unauthorized") from error
    except Exception:
        log.tell(log.FAILED, logging.ERROR, metrics={"AuthorizerFailures": 1}, function="authenticate")
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
