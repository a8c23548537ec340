"""HTTP (WSGI) to and from API Gateway's REST proxy events, version 1."""

import base64
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from infra.dev.gateway.routes import Match

STAGE = "local"
API = "arn:aws:execute-api:us-east-1:000000000000:local"

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]


class Context:
    """The little of Lambda's context that a handler may ask for."""

    function_name = "local"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:local"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


def path_of(environ: Environ) -> str:
    """The path as sent, before any decoding."""
    return str(environ["REQUEST_URI"]).partition("?")[0]


def headers_of(environ: Environ) -> dict[str, str]:
    """The request's headers; those sent several times are joined by commas (RFC 9110, 5.3)."""
    found = {key[5:].replace("_", "-").title(): value for key, value in environ.items() if key.startswith("HTTP_")}
    for key, name in (("CONTENT_TYPE", "Content-Type"), ("CONTENT_LENGTH", "Content-Length")):
        if environ.get(key):
            found[name] = environ[key]
    return found


def method_arn(method: str, path: str) -> str:
    """What an authorizer is asked about."""
    return f"{API}/{STAGE}/{method}/{path.lstrip('/')}"


def proxy_event(
    environ: Environ, match: Match, headers: Mapping[str, str], proven: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The Lambda proxy event of a request. ``proven`` is the authorizer's context."""
    raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body, encoded = _body(raw)
    query = _query(environ)
    return {
        "resource": match.template,
        "path": path_of(environ),
        "httpMethod": environ["REQUEST_METHOD"],
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.segments or None,
        "stageVariables": None,
        "requestContext": _context(environ, match, headers)
        | ({"authorizer": dict(proven)} if proven is not None else {}),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _query(environ: Environ) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query


def _context(environ: Environ, match: Match, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "resourcePath": match.template,
        "httpMethod": environ["REQUEST_METHOD"],
        "path": path_of(environ),
        "stage": STAGE,
        "protocol": environ["SERVER_PROTOCOL"],
        "requestId": str(uuid.uuid4()),
        "identity": {"sourceIp": environ.get("REMOTE_ADDR", ""), "userAgent": headers.get("User-Agent")},
    }


def _body(raw: bytes) -> tuple[str | None, bool]:
    """Text as text. What is not UTF-8 goes as base64, so that the app sees and refuses the bytes that were sent."""
    if not raw:
        return None, False
    try:
        return raw.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(raw).decode(), True


def answer_of(result: Mapping[str, Any]) -> Answer:
    """Status line, headers and body of a Lambda proxy answer."""
    body = result.get("body") or ""
    data = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode() if isinstance(body, str) else body
    headers = [(name, str(value)) for name, value in (result.get("headers") or {}).items()]
    headers += _several(result.get("multiValueHeaders") or {})
    names = {name.lower() for name, _ in headers}
    if "content-length" not in names:
        headers.append(("Content-Length", str(len(data))))
    if "content-type" not in names:
        headers.append(("Content-Type", "application/json"))  # API Gateway's default
    status = int(result["statusCode"])
    return f"{status} {_phrase(status)}", headers, data


def _several(headers: Mapping[str, Iterable[Any]]) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in headers.items() for value in values]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
