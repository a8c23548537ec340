"""How a room declares a route: ``@command`` for what changes something, ``@query`` for what only reads."""

import functools
from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib import log
from chalicelib.deadline import GATEWAY_SECONDS, within
from chalicelib.edge.http import Endpoint, ask, attended, change
from chalicelib.edge.identity.authorizer import authenticate
from chalicelib.errors import Refusal
from chalicelib.kernel.caller import readers
from chalicelib.kernel.decision import Decision
from chalicelib.kernel.fields import Params

ENDPOINTS: list[Endpoint] = []


def command(
    room: Blueprint,
    route: str,
    *,
    body: type[BaseModel],
    answer: Any,
    allow: tuple[str, ...],
    refuses: tuple[type[Refusal], ...] = (),
    status: int = 201,
    prepare: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Decision]], Callable[..., Decision]]:
    """Declare a route that changes something. The view gets a Command and returns a Decision; it may run again.

    ``prepare`` gets the same and runs once, before the view: calls and copies belong there. The view gets what it
    returns behind the Command.
    """
    method, path = route.split(" ")

    def declare(view: Callable[..., Decision]) -> Callable[..., Decision]:
        endpoint = Endpoint(method, path, body, answer, allow, refuses, status, view, prepare=prepare)
        _register(room, endpoint, change)
        return view

    return declare


def query(
    room: Blueprint,
    path: str,
    *,
    answer: Any,
    allow: tuple[str, ...] = (),
    params: type[Params] = Params,
    refuses: tuple[type[Refusal], ...] = (),
    also: tuple[str, ...] = (),
    cache: int | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route that only reads. The view gets a Query and returns the answer's model or a Response.

    What exchange or bureau may read, the auditor may (``readers``), so no route names it. A public route names its
    ``cache``; a private one is never cached.
    """
    if (cache is None) != bool(allow):
        raise ValueError(f"{path}: a public read says how long it stays fresh, and only a public one")

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        endpoint = Endpoint("GET", path, params, answer, readers(allow), refuses, 200, view, also, cache)
        _register(room, endpoint, ask)
        return view

    return declare


def _register(
    room: Blueprint, endpoint: Endpoint, handle: Callable[[Endpoint, Request, dict[str, str]], Response]
) -> None:
    @functools.wraps(endpoint.view)
    def view(**segments: str) -> Response:
        request: Request = room.current_request
        route, id = f"{endpoint.method} {endpoint.path}", request.context.get("requestId")
        function = request.lambda_context  # outside Lambda there may be none
        seconds = function.get_remaining_time_in_millis() / 1000 if function else GATEWAY_SECONDS
        with log.line("request", route=route, request=id) as line, within(seconds):
            answer = attended(functools.partial(handle, endpoint), request, segments, line)
            line.fields["status"] = answer.status_code
            if endpoint.method != "GET":
                line.fields["attempts"] = 1 + int(line.metrics.get("Retries", 0))
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        return answer

    ENDPOINTS.append(endpoint)
    guarded = {"authorizer": authenticate} if endpoint.allow else {}
    content_types = ["application/json"] if endpoint.method != "GET" else []
    methods = ["GET", "HEAD"] if endpoint.method == "GET" else [endpoint.method]  # the gateway leaves a HEAD's body out
    room.route(endpoint.path, methods=methods, content_types=content_types, **guarded)(view)
