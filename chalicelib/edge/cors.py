"""CORS (Fetch Standard, 3.3): browser pages of the origins in CORS_ORIGINS may call the API and read its answers.

Nothing here is a check of the caller: a token is. No cookie is ever used, so no answer allows credentials.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib.settings import settings

ANY = "*"
_ORIGIN, _EXPOSE = "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"
_EXPOSED = "ETag, Retry-After, Idempotent-Replayed, Location, Content-Disposition"
_ALLOWED = (
    "Authorization, Content-Type, Idempotency-Key, Accept, Accept-Language, If-None-Match,"
    " Content-Digest, Signature, Signature-Input"
)
_PREFLIGHT_SECONDS = 7200  # browsers keep no answer for longer
# What the gateway refuses by itself: it cannot compare origins, and its refusals hold nothing about anybody.
REFUSED = {_ORIGIN: ANY, _EXPOSE: _EXPOSED}


def share(request: Request, get_response: Callable[[Any], Response]) -> Response:
    """HTTP middleware, the outermost: every answer states which origin may read it, refusals included."""
    answer = get_response(request)
    origins = settings().cors_origins
    if origins and ANY not in origins:  # also without Origin: a cache must not hand this answer to a page
        named = answer.headers.get("Vary")
        answer.headers["Vary"] = f"{named}, Origin" if named else "Origin"
    answer.headers.update(_granted(request.headers, origins))
    return answer


def _granted(headers: Mapping[str, str], origins: tuple[str, ...]) -> dict[str, str]:
    origin = headers.get("origin", "")
    if ANY in origins:
        return REFUSED
    return {_ORIGIN: origin, _EXPOSE: _EXPOSED} if origin in origins else {}


def answer_preflights(app: Chalice) -> None:
    """Let OPTIONS be asked of every route, without a token: a browser sends none with it.

    Not by Chalice's own ``cors=``: it writes one origin into the template, and the template is the same for all stages.
    """
    for path, methods in list(app.routes.items()):
        if methods and "OPTIONS" not in methods:  # Chalice notes an unknown path, without methods
            app.route(path, methods=["OPTIONS"], content_types=[])(_preflight(methods))


def _preflight(methods: Iterable[str]) -> Callable[..., Response]:
    def preflight(**_: str) -> Response:
        """Which methods and headers a page of an allowed origin may send."""
        allow = ", ".join(sorted(methods))  # asked late: another room may serve the same path
        answer = Response("", {"Allow": allow, "Cache-Control": "no-store"}, 204)
        if settings().cors_origins:
            answer.headers["Access-Control-Allow-Methods"] = allow
            answer.headers["Access-Control-Allow-Headers"] = _ALLOWED
            answer.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_SECONDS)
        return answer

    return preflight
