"""What the gateway refuses by itself is a problem like every other (here the local one; deployed, API Gateway)."""

import io
import json
from typing import Any

import pytest

import app
from infra.dev.gateway.adapter import Gateway
from tests.tokens import token
from tests.world import World


def ask(method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "REQUEST_URI": path, "QUERY_STRING": path.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
    }  # fmt: skip
    content_type = headers.pop("content_type", "application/json")
    environ |= {"CONTENT_TYPE": content_type} | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    started: list[Any] = []
    text = b"".join(Gateway(app.app)(environ, lambda status, sent: started.append((status, sent))))
    [(status, sent)] = started
    return int(status[:3]), dict(sent), json.loads(text)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "//v1/offers", 404, "not_found"),
        ("GET", "/v1/offers/a/b/c", 404, "not_found"),
        ("GET", "/v1/offers/" + "a" * 5000, 404, "not_found"),
        ("GET", "/v1/offers/%2e%2e%2fetc", 404, "not_found"),
        ("GET", "/v1/offers/%ff", 404, "not_found"),
        ("DELETE", "/v1/offers", 405, "method_not_allowed"),
        ("PATCH", "/v1/redemptions", 405, "method_not_allowed"),
        ("BREW", "/v1/health", 405, "method_not_allowed"),
        ("GET", "/v1/accounts/me", 401, "unauthenticated"),
        ("POST", "/v1/accounts", 401, "unauthenticated"),
    ],
)
def test_the_gateways_own_refusals_are_problems(
    world: World, method: str, path: str, status: int, code: str, language: str
) -> None:
    got, headers, problem = ask(method, path, accept_language=language)
    assert (got, problem["code"], problem["status"]) == (status, code, status)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Content-Language"] == language
    assert problem["instance"] == path
    assert (status == 405) == ("Allow" in headers)
    assert (status == 401) == ("WWW-Authenticate" in headers)


def test_bytes_that_are_no_text_reach_the_app_and_are_refused_there(world: World) -> None:
    sent = {"authorization": f"Bearer {token('individual', 'a')}", "idempotency_key": "k"}
    status, _, problem = ask("POST", "/v1/accounts", b'{"kind": "\xff"}', **sent)
    assert (status, problem["code"]) == (400, "malformed_json")
    status, headers, problem = ask("POST", "/v1/accounts", b"<a/>", content_type="text/xml", **sent)
    assert (status, problem["code"], problem["instance"]) == (415, "unsupported_media_type", "/v1/accounts")
    assert headers["Content-Type"] == "application/problem+json"
    status, _, problem = ask("POST", "/v1/accounts", b"x" * (11 * 1024 * 1024), **sent)
    assert (status, problem["code"]) == (413, "body_too_large")
