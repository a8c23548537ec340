"""The platform's front door, just behind API Gateway: everything below it is the real thing."""

import json
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from chalice.app import CaseInsensitiveMapping

from chalicelib import deadline, log
from chalicelib.edge import queries
from chalicelib.edge.endpoints import ENDPOINTS, attended, change
from tests.world import Answer, World

if TYPE_CHECKING:
    from tests.simulation.run import Simulation

SECONDS = 29.0  # of a function that a request waits for


class _Request:
    """What the edge looks at of chalice's."""

    def __init__(self, role: str, sub: str, headers: dict[str, str], body: bytes, path: str, params: Any) -> None:
        self.headers = CaseInsensitiveMapping(headers)
        self.raw_body, self.query_params = body, params
        proven = {"authorizer": {"principalId": sub, "role": role, "exp": "99999999999"}} if role else {}
        self.context = proven | {"requestId": "r", "path": path}
        self.uri_params: dict[str, str] = {}


@cache
def _route(method: str, path: str) -> tuple[Any, dict[str, str]]:
    wanted = path.split("/")
    for endpoint in sorted(ENDPOINTS, key=lambda each: each.path.count("{")):
        parts = endpoint.path.split("/")
        if endpoint.method == method and len(parts) == len(wanted):
            pairs = list(zip(parts, wanted, strict=True))
            if all(one == other or one.startswith("{") for one, other in pairs):
                return endpoint, {one[1:-1]: other for one, other in pairs if one.startswith("{")}
    raise LookupError(path)


class Front(World):
    """A World whose calls go to the endpoint at once."""

    sim: "Simulation"

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: str | None = None,
        sub: str = "",
        key: str | None = "",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> Answer:
        endpoint, segments = _route(method, path)
        sent = {"idempotency-key": key or f"key-{next(self.numbers)}"}
        payload = b"" if body is None else json.dumps(body).encode()
        request = _Request(role or "", sub, sent, payload, path, {k: str(v) for k, v in params.items()})
        handle = partial(change if method != "GET" else queries.ask, endpoint)
        self.sim.serve(request)
        route = f"{endpoint.method} {endpoint.path}"
        with log.line("request", route=route, request=urlencode(params)) as line, deadline.within(SECONDS):
            got = attended(handle, cast(Any, request), segments, line)
            line.fields["status"] = got.status_code
        return Answer(got.status_code, json.loads(got.body), {name: str(value) for name, value in got.headers.items()})
