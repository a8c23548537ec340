"""API Gateway's TOKEN authorizer: who may pass, remembered for as long as the authorizer allows."""

import time
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from chalice.app import ChaliceAuthorizer

from chalicelib.edge.problem import InternalError
from chalicelib.errors import Refusal, RoleNotAllowed, Unauthenticated
from infra.dev.gateway.events import Context, method_arn

_REMEMBERED_MAX = 10_000
_TTL_SECONDS_DEFAULT = 300  # API Gateway's


class Denied(Exception):
    """The gateway refuses; ``refusal`` says it to the caller."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


class Gatekeeper:
    """Asks a route's authorizer and keeps its answers by token."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    def admit(self, authorizer: ChaliceAuthorizer, token: str | None, method: str, path: str) -> dict[str, Any]:
        """The authorizer's context, with ``principalId``. Raises Denied."""
        if not token:
            raise Denied(Unauthenticated())
        arn = method_arn(method, path)
        policy = self._policy(authorizer, token, arn)
        if not _allows(policy["policyDocument"], arn):
            raise Denied(RoleNotAllowed())
        return {**(policy.get("context") or {}), "principalId": policy["principalId"]}

    def _policy(self, authorizer: ChaliceAuthorizer, token: str, arn: str) -> dict[str, Any]:
        now = time.monotonic()
        until, policy = self._known.get((authorizer.name, token), (0.0, {}))
        if until > now:
            return policy
        policy = _ask(authorizer, {"type": "TOKEN", "authorizationToken": token, "methodArn": arn})
        ttl = getattr(authorizer.config, "ttl_seconds", None)
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.clear()
        self._known[(authorizer.name, token)] = (now + (_TTL_SECONDS_DEFAULT if ttl is None else ttl), policy)
        return policy


def _ask(authorizer: ChaliceAuthorizer, event: dict[str, Any]) -> dict[str, Any]:
    try:
        return authorizer(event, vars(Context()))
    except Exception as error:
        if str(error) == "Unauthorized":  # the one sentence that API Gateway answers with 401
            raise Denied(Unauthenticated()) from error
        raise Denied(InternalError()) from error


def _allows(policy: Mapping[str, Any], arn: str) -> bool:
    effects = {
        statement["Effect"]
        for statement in policy["Statement"]
        if any(fnmatchcase(arn, pattern) for pattern in _listed(statement["Resource"]))
    }
    return effects == {"Allow"}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
