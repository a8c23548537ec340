"""HTTP, once for all routes. A command: admit, parse, decide, commit, answer or replay. A query: admit, parse, read."""

import functools
import hashlib
import hmac
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar, cast
from urllib.parse import unquote

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel, ValidationError

from chalicelib import log
from chalicelib.deadline import GATEWAY_SECONDS, within
from chalicelib.edge import caching, problem
from chalicelib.edge.authorizer import admit, authenticate
from chalicelib.errors import (
    BodyTooLarge,
    IdempotencyKeyRequired,
    InternalError,
    NotFound,
    Refusal,
)
from chalicelib.kernel import cursor, validation
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query
from chalicelib.kernel.settle import Settled, settle, settle_prepared
from chalicelib.settings import secret
from chalicelib.table import keys

BODY_BYTES_MAX = 256 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_SEGMENT = re.compile(r"[\x21-\x7e]{1,64}")
_TYPED = {"serial"}  # what people type from paper: full-width letters, blanks and dashes of any kind are understood

P = TypeVar("P", bound=Params)
A = TypeVar("A", bound=BaseModel)


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
        _register(room, endpoint, _change)
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

    A public route names its ``cache``; a private one is never cached.
    """
    if (cache is None) != bool(allow):
        raise ValueError(f"{path}: a public read says how long it stays fresh, and only a public one")

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        endpoint = Endpoint("GET", path, params, answer, allow, refuses, 200, view, also, cache)
        _register(room, endpoint, _ask)
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
            answer = _attended(functools.partial(handle, endpoint), request, segments, line)
            line.fields["status"] = answer.status_code
            if endpoint.method != "GET":
                line.fields["attempts"] = 1 + int(line.metrics.get("Retries", 0))
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        return answer

    ENDPOINTS.append(endpoint)
    guarded = {"authorizer": authenticate} if endpoint.allow else {}
    content_types = ["application/json"] if endpoint.method != "GET" else []
    methods = [endpoint.method] if endpoint.cache is None else ["GET", "HEAD"]  # the gateway leaves a HEAD's body out
    room.route(endpoint.path, methods=methods, content_types=content_types, **guarded)(view)


def _attended(
    handle: Callable[[Request, dict[str, str]], Response], request: Request, segments: dict[str, str], line: log.LogLine
) -> Response:
    """What ``handle`` answers, or its refusal as a problem; ``line`` is told who asked and what was refused."""
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


def _change(endpoint: Endpoint, request: Request, segments: dict[str, str]) -> Response:
    caller = admit(request.context, endpoint.allow)
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyRequired()
    body = _parse(endpoint.takes, request)
    order = Command(caller, body, keys.record_id(caller.sub, key), datetime.now(UTC))
    fingerprint = _fingerprint(endpoint, segments, body)
    log.annotate(record=order.id)
    settled = _settled(endpoint, order, segments, fingerprint)
    log.annotate(replayed=settled.replayed)
    replayed = {"Idempotent-Replayed": "true"} if settled.replayed else {}
    return _json(settled.status, settled.answer, {"Cache-Control": "no-store"} | replayed)


def _settled(endpoint: Endpoint, order: Command[Any], segments: dict[str, str], fingerprint: str) -> Settled:
    view = functools.partial(endpoint.view, order, **segments)
    if endpoint.prepare is None:
        return settle(order, view, endpoint.status, fingerprint)
    prepare = functools.partial(endpoint.prepare, order, **segments)
    return settle_prepared(order, prepare, view, endpoint.status, fingerprint)


def _parse(model: type[BaseModel], request: Request) -> BaseModel:
    raw = cast(bytes, request.raw_body)  # chalice has encoded a text
    if len(raw) > BODY_BYTES_MAX:
        raise BodyTooLarge(limit=BODY_BYTES_MAX)
    return validation.parsed(model, raw)


def _fingerprint(endpoint: Endpoint, segments: Mapping[str, str], body: BaseModel) -> str:
    """What a replay must match: the path and the body's meaning (not its spelling).

    Keyed, because it is kept and a body may hold an identity number, which could be found by trying them all.
    """
    said = f"{endpoint.method} {endpoint.path} {sorted(segments.items())} {body.model_dump_json(exclude_unset=True)}"
    return hmac.new(secret("identity_key"), said.encode(), hashlib.sha256).hexdigest()


def _json(status: int, body: str, headers: Mapping[str, Any] | None = None) -> Response:
    return Response(body, {"Content-Type": "application/json"} | dict(headers or {}), status)


def _ask(endpoint: Endpoint, request: Request, segments: dict[str, str]) -> Response:
    caller = admit(request.context, endpoint.allow) if endpoint.allow else None
    asked = _asked(endpoint, request)
    try:
        params = endpoint.takes.model_validate(asked)
    except ValidationError as error:
        raise validation.invalid(error) from None
    filters = {name: value for name, value in asked.items() if name not in {"limit", "cursor"}}
    asker = (caller.sub, caller.role) if caller else ("", "")
    binding = keys.digest(*asker, endpoint.path, repr(sorted((filters | segments).items())))
    given = asked.get("cursor")
    position = cursor.unseal(given, binding) if given else None
    found = endpoint.view(Query(caller, params, position, binding, datetime.now(UTC)), **segments)
    answer = found if isinstance(found, Response) else _json(200, found.model_dump_json())
    if endpoint.cache is None:
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer
    return caching.answer(answer, request.headers, endpoint.cache)


def _asked(endpoint: Endpoint, request: Request) -> dict[str, str]:
    """The query parameters. A public address travels, and those who share it add parameters of their own: ignored."""
    asked = dict(request.query_params.items()) if request.query_params else {}
    if endpoint.allow:
        return asked
    known = {field.alias or name for name, field in endpoint.takes.model_fields.items()}
    return {name: value for name, value in asked.items() if name in known}
