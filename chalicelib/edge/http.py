"""HTTP, once for all routes. A command: admit, parse, decide, commit, answer or replay. A query: admit, parse, read."""

import functools
import hashlib
import hmac
import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel, RootModel, ValidationError

from chalicelib.edge import cursor, log, problem
from chalicelib.edge.caller import Caller, admit, authenticate
from chalicelib.edge.decision import Command, Decision
from chalicelib.edge.fields import Page, Paged, Params
from chalicelib.edge.settle import settle
from chalicelib.errors import (
    BodyTooLarge,
    IdempotencyKeyRequired,
    InternalError,
    InvalidRequest,
    NotFound,
    Refusal,
)
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
    with neither is left out of the page.
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


ENDPOINTS: list[Endpoint] = []


class Query(NamedTuple, Generic[P]):
    """One question: who asks (None: the public), for what, and where the page before it ended."""

    caller: Caller | None
    params: P
    position: dict[str, Any] | None
    binding: str
    now: datetime

    @property
    def asker(self) -> Caller:
        """The caller of a route that is not public."""
        if self.caller is None:
            raise RuntimeError("a public route has no caller")
        return self.caller

    def page(self, items: list[A], position: Callable[[A], dict[str, Any]]) -> Page[A]:
        """A page of up to ``limit`` of ``items``; one more than the limit tells that there is a next page."""
        assert isinstance(self.params, Paged)  # only lists are paged
        limit = self.params.limit
        following = cursor.seal(position(items[limit - 1]), self.binding) if len(items) > limit else None
        return Page(items=items[:limit], next_cursor=following)


def command(
    room: Blueprint,
    route: str,
    *,
    body: type[BaseModel],
    answer: Any,
    allow: tuple[str, ...],
    refuses: tuple[type[Refusal], ...] = (),
    status: int = 201,
) -> Callable[[Callable[..., Decision]], Callable[..., Decision]]:
    """Declare a route that changes something. The view gets a Command and returns a Decision; it may run again."""
    method, path = route.split(" ")

    def declare(view: Callable[..., Decision]) -> Callable[..., Decision]:
        endpoint = Endpoint(method, path, body, answer, allow, refuses, status, view)
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
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route that only reads. The view gets a Query and returns the answer's model or a Response."""

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        endpoint = Endpoint("GET", path, params, answer, allow, refuses, 200, view, also)
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
        with log.line("request", route=route, request=id) as line:
            answer = _attended(functools.partial(handle, endpoint), request, segments, line)
            line.fields["status"] = answer.status_code
            if endpoint.method != "GET":
                line.fields["attempts"] = 1 + int(line.metrics.get("Retries", 0))
        return answer

    ENDPOINTS.append(endpoint)
    guarded = {"authorizer": authenticate} if endpoint.allow else {}
    content_types = ["application/json"] if endpoint.method != "GET" else []
    room.route(endpoint.path, methods=[endpoint.method], content_types=content_types, **guarded)(view)


def _attended(
    handle: Callable[[Request, dict[str, str]], Response], request: Request, segments: dict[str, str], line: log.Line
) -> Response:
    """What ``handle`` answers, or its refusal as a problem; ``line`` is told who asked and what was refused."""
    line.fields["role"] = (request.context.get("authorizer") or {}).get("role")
    try:
        return handle(request, {name: _segment(name, value) for name, value in segments.items()})
    except Refusal as refusal:
        refused = refusal
    except Exception:  # noqa: BLE001 - logged, and answered as a problem like every refusal
        log.tell(log.FAILED, logging.ERROR, route=line.fields["route"], request=line.fields["request"])
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
    log.note(record=order.id)
    settled = settle(order, lambda: endpoint.view(order, **segments), endpoint.status, fingerprint)
    log.note(replayed=settled.replayed)
    return _answered(settled.status, settled.answer, {"Idempotent-Replayed": "true"} if settled.replayed else {})


def _parse(model: type[BaseModel], request: Request) -> BaseModel:
    raw = request.raw_body
    if len(raw) > BODY_BYTES_MAX:
        raise BodyTooLarge(limit=BODY_BYTES_MAX)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise problem.invalid(error, tagged=issubclass(model, RootModel)) from None


def _fingerprint(endpoint: Endpoint, segments: Mapping[str, str], body: BaseModel) -> str:
    """What a replay must match: the path and the body's meaning (not its spelling).

    Keyed, because it is kept and a body may hold an identity number, which could be found by trying them all.
    """
    said = f"{endpoint.method} {endpoint.path} {sorted(segments.items())} {body.model_dump_json(exclude_unset=True)}"
    return hmac.new(secret("identity_key"), said.encode(), hashlib.sha256).hexdigest()


def _answered(status: int, body: str, headers: Mapping[str, Any] | None = None) -> Response:
    return Response(
        body, {"Content-Type": "application/json", "Cache-Control": "no-store"} | dict(headers or {}), status
    )


def _ask(endpoint: Endpoint, request: Request, segments: dict[str, str]) -> Response:
    caller = admit(request.context, endpoint.allow) if endpoint.allow else None
    asked = dict(request.query_params.items()) if request.query_params else {}
    try:
        params = endpoint.takes.model_validate(asked)
    except ValidationError as error:
        raise problem.invalid(error) from None
    filters = {name: value for name, value in asked.items() if name not in {"limit", "cursor"}}
    binding = keys.digest(caller.sub if caller else "", endpoint.path, repr(sorted((filters | segments).items())))
    given = asked.get("cursor")
    position = cursor.unseal(given, binding) if given else None
    found = endpoint.view(Query(caller, params, position, binding, datetime.now(UTC)), **segments)
    if isinstance(found, Response):
        return found
    return _answered(200, found.model_dump_json())


def unprocessable(pointer: str, en: str, zh: str) -> Callable[[Any], Refusal]:
    """A Write's refusal that names the field of the body which the stored item contradicts."""
    return lambda _: InvalidRequest.at(pointer, en, zh)
