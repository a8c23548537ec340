"""Every route: how a room declares what changes something, and HTTP, once for all of them.

A command: admit, parse, decide, commit, answer or replay. What only reads is in queries.py.
"""

import functools
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib import log
from chalicelib.deadline import GATEWAY_SECONDS, within
from chalicelib.edge import problem
from chalicelib.edge.identity import budgets, logins
from chalicelib.edge.identity.authorizer import admit, authenticate
from chalicelib.edge.problem import IdempotencyKeyRequired, InternalError
from chalicelib.errors import BodyTooLarge, NotFound, Refusal
from chalicelib.kernel import validation
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Fingerprint, fingerprint_of
from chalicelib.kernel.settle import Settled, settle, settle_prepared
from chalicelib.settings import account_key
from chalicelib.signing.messages import Message
from chalicelib.table import keys

BODY_BYTES_MAX = 256 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SEGMENT = re.compile(r"[\x21-\x7e]{1,64}")
_TYPED = {"serial"}  # what people type from a sheet: full-width letters, blanks and dashes of any kind are understood


class Endpoint(NamedTuple):
    """A route as the OpenAPI page and the edge see it. ``allow`` is empty where everyone may call.

    ``answers`` is the model of the JSON answer, None where there is none; ``also`` names other media types. A route
    with neither is left out of the page. ``cache``: seconds that a public answer stays fresh (edge/caching.py).
    ``prepare``: the effects that a command needs before its decision.
    """

    method: str
    path: str
    takes: type[BaseModel]
    answers: Any
    allow: tuple[str, ...]
    refuses: tuple[type[Refusal], ...]
    status: int
    view: Callable[..., Any]
    also: tuple[str, ...] = ()
    cache: int | None = None
    prepare: Callable[..., Any] | None = None


ENDPOINTS: list[Endpoint] = []


def waits_for(then: Callable[..., None]) -> Callable[[Callable[..., Decision]], Callable[..., Decision]]:
    """Declare below ``@command`` what its answer waits for once a change that it publishes is committed, at a replay
    too. ``then`` gets the Command and the path's segments; where it takes too long it raises a Refusal: ask again.
    """

    def declare(view: Callable[..., Decision]) -> Callable[..., Decision]:
        vars(view)["then"] = then
        return view

    return declare


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

    ``prepare``, for calls and copies, gets the same and runs once before the view, which gets its result second.
    """
    method, path = route.split(" ")

    def declare(view: Callable[..., Decision]) -> Callable[..., Decision]:
        endpoint = Endpoint(method, path, body, answer, allow, refuses, status, view, prepare=prepare)
        register(room, endpoint, change)
        return view

    return declare


def register(
    room: Blueprint, endpoint: Endpoint, handle: Callable[[Endpoint, Request, dict[str, str]], Response]
) -> None:
    """The route at the gateway: ``handle`` answers it within the time that is left, with one line in the log."""

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


def attended(
    handle: Callable[[Request, dict[str, str]], Response], request: Request, segments: dict[str, str], line: log.LogLine
) -> Response:
    """What ``handle`` answers, or its refusal as a problem; ``line`` gets who asked and what was refused."""
    line.fields["role"] = (request.context.get("authorizer") or {}).get("role")
    try:
        return handle(request, {name: _segment(name, value) for name, value in segments.items()})
    except Refusal as refusal:
        refused = refusal
    except Exception:  # noqa: BLE001 - logged, and answered as a problem like every refusal
        log.emit(log.FAILED, logging.ERROR, route=line.fields["route"], request=line.fields["request"])
        refused = InternalError()
    line.fields["code"] = refused.code
    line.count("Refusals")
    return problem.response(refused, language=problem.language(request.headers), instance=problem.path_of(request))


def _segment(name: str, raw: str) -> str:
    decoded = unquote(raw)
    if name in _TYPED:
        decoded = "".join(map(_typed, unicodedata.normalize("NFKC", decoded)))
    if not _SEGMENT.fullmatch(decoded):
        raise NotFound()
    return decoded


def _typed(letter: str) -> str:
    category = unicodedata.category(letter)
    return "-" if category == "Pd" else "" if category[0] in "ZC" else letter


def change(endpoint: Endpoint, request: Request, segments: dict[str, str]) -> Response:
    caller = admit(request.context, endpoint.allow)
    logins.within(caller, f"{endpoint.method} {endpoint.path}")
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired()
    body = _parse(endpoint.takes, request)
    message = Message(endpoint.method, problem.path_of(request), request.headers, cast(bytes, request.raw_body))
    order = Command(caller, body, keys.record_id(caller.sub, key, account_key()), datetime.now(UTC), message)
    route = f"{endpoint.method} {endpoint.path} {sorted(segments.items())}"
    fingerprint = fingerprint_of(route, body, cast(bytes, request.raw_body))
    log.annotate(record=order.id)
    settled = _settled(endpoint, order, segments, fingerprint)
    log.annotate(replayed=settled.replayed)
    replayed = {"Idempotent-Replayed": "true"} if settled.replayed else {}
    return json_response(settled.status, settled.answer, {"Cache-Control": "no-store"} | replayed)


def _settled(endpoint: Endpoint, order: Command[Any], segments: dict[str, str], fingerprint: Fingerprint) -> Settled:
    route = f"{endpoint.method} {endpoint.path}"
    view = budgets.counted(route, order, functools.partial(endpoint.view, order, **segments))
    try:
        if endpoint.prepare is None:
            settled = settle(order, view, endpoint.status, fingerprint)
        else:
            prepare = functools.partial(endpoint.prepare, order, **segments)
            settled = settle_prepared(order, prepare, view, endpoint.status, fingerprint)
    except Refusal as refusal:
        budgets.charge(refusal, order.caller.account, order.now)
        raise
    if settled.published and (then := vars(endpoint.view).get("then")):
        then(order, **segments)
    return settled


def _parse(model: type[BaseModel], request: Request) -> BaseModel:
    raw = cast(bytes, request.raw_body)  # chalice has encoded a text
    if len(raw) > BODY_BYTES_MAX:
        raise BodyTooLarge(limit=BODY_BYTES_MAX)
    return validation.parsed(model, raw)


def json_response(status: int, body: str, headers: Mapping[str, Any] | None = None) -> Response:
    return Response(body, {"Content-Type": "application/json"} | dict(headers or {}), status)
