"""The WSGI application: one HTTP request becomes one call of the app, refused early where API Gateway would."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from chalice.app import Chalice, Request

from chalicelib.edge import cors, problem
from chalicelib.edge.problem import InternalError, MethodNotAllowed
from chalicelib.errors import BodyTooLarge, NotFound, Refusal
from chalicelib.settings import settings
from infra.dev.gateway import events, pages
from infra.dev.gateway.events import Answer, Context, Environ
from infra.dev.gateway.gatekeeper import Denied, Gatekeeper
from infra.dev.gateway.routes import Match, Routes
from infra.release.cloud.refusals import BODY_BYTES_MAX

_log = logging.getLogger("gateway")


class Concurrent:
    """What makes a Chalice app serve several threads: Lambda runs one request at a time, a server does not."""

    _own = threading.local()

    @property
    def current_request(self) -> Request | None:
        return getattr(self._own, "request", None)

    @current_request.setter
    def current_request(self, request: Request | None) -> None:
        self._own.request = request

    @property
    def lambda_context(self) -> Any:
        return getattr(self._own, "context", None)

    @lambda_context.setter
    def lambda_context(self, context: Any) -> None:
        self._own.context = context


def concurrent(app: Chalice) -> Chalice:
    """``app`` itself, from now on with a current request for each thread."""
    if not isinstance(app, Concurrent):
        app.__class__ = type("Concurrent", (Concurrent, type(app)), {})
    return app


class Gateway:
    """WSGI callable."""

    def __init__(self, app: Chalice) -> None:
        self._app = concurrent(app)
        self._routes = Routes(app.routes)
        self._gatekeeper = Gatekeeper()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            status, headers, body = self._answer(environ)
        except Exception:  # noqa: BLE001 (logged, and never a broken connection)
            _log.exception("%s %s failed", environ["REQUEST_METHOD"], events.path_of(environ))
            status, headers, body = _refused(InternalError(), environ)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: Environ) -> Answer:
        return pages.answer(environ) or self._api(environ)

    def _api(self, environ: Environ) -> Answer:
        path, method = events.path_of(environ), environ["REQUEST_METHOD"]
        match = self._routes.match(path)
        if match is None:
            return _refused(NotFound(), environ)
        methods = self._app.routes[match.template]
        if method not in methods:
            return _refused(MethodNotAllowed(), environ, {"Allow": ", ".join(sorted(methods))})
        if int(environ.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            return _refused(BodyTooLarge(limit=BODY_BYTES_MAX), environ)
        try:
            return self._invoke(environ, match, methods[method].authorizer)
        except Denied as denied:
            return _refused(denied.refusal, environ)

    def _invoke(self, environ: Environ, match: Match, authorizer: Any) -> Answer:
        headers = events.headers_of(environ)
        proven = None
        if authorizer is not None:
            method, path = environ["REQUEST_METHOD"], events.path_of(environ)
            proven = self._gatekeeper.admit(authorizer, headers.get("Authorization"), method, path)
        return events.answer_of(self._app(events.proxy_event(environ, match, headers, proven), Context()))


def _refused(refusal: Refusal, environ: Environ, headers: dict[str, str] | None = None) -> Answer:
    language = problem.language({"accept-language": environ.get("HTTP_ACCEPT_LANGUAGE", "")})
    sent = (cors.REFUSED if settings().cors_origins else {}) | (headers or {})
    answer = problem.response(refusal, language=language, instance=events.path_of(environ), headers=sent)
    return events.answer_of(answer.to_dict())
