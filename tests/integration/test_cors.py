"""A page of an allowed origin may call the API and read what it answers; a page of any other may not."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.settings import settings
from infra.dev.local.resources import ensure_bucket
from tests.integration.test_gateway import ask
from tests.world import World

PAGE, OTHER = "https://h5.example.org", "https://elsewhere.example.org"
ALLOWED, VARY = "Access-Control-Allow-Origin", "Vary"
PREFLIGHT = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
Allow = Callable[[str], None]


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    def set_origins(origins: str) -> None:
        monkeypatch.setenv("CORS_ORIGINS", origins)
        settings.cache_clear()

    return set_origins


def shares(headers: dict[str, str]) -> set[str]:
    return {name for name in headers if name.startswith("Access-Control-")}


def test_no_origin_is_allowed_unless_it_is_named(world: World, allow: Allow) -> None:
    for origins in ("", OTHER):
        allow(origins)
        answers = [world.get("/v1/supply", headers={"Origin": PAGE}), world.call("OPTIONS", "/v1/supply", key=None)]
        assert all(ALLOWED not in answer.headers for answer in answers)
    allow("")
    preflight = world.call("OPTIONS", "/v1/redemptions", key=None, headers=PREFLIGHT)
    assert (preflight.status, shares(preflight.headers)) == (204, set())


def test_every_route_answers_a_preflight_without_a_token(world: World, allow: Allow) -> None:
    allow(f"{OTHER},{PAGE}")
    for path, methods in app.app.routes.items():
        answer = world.call("OPTIONS", path, key=None, headers=PREFLIGHT)
        assert (answer.status, answer.body) == (204, b""), path
        assert answer.headers[ALLOWED] == PAGE
        assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == set(methods)
        assert methods["OPTIONS"].authorizer is None


def test_a_preflight_allows_the_headers_that_the_api_reads(world: World, allow: Allow) -> None:
    allow(PAGE)
    answer = world.call("OPTIONS", "/v1/redemptions", key=None, headers=PREFLIGHT)
    assert {
        "Authorization", "Content-Type", "Idempotency-Key", "Accept", "Accept-Language", "If-None-Match",
        "Content-Digest", "Signature", "Signature-Input",
    } == set(answer.headers["Access-Control-Allow-Headers"].split(", "))  # fmt: skip
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_a_page_reads_answers_and_refusals_and_the_headers_that_clients_need(world: World, allow: Allow) -> None:
    allow(PAGE)
    body = {"kind": "individual", "name": "王小明", "identity_number": "11010519491231002X"}
    caller: dict[str, Any] = {"role": "individual", "sub": "alice"}
    page, text = {"Origin": PAGE}, {"Origin": PAGE, "Content-Type": "text/xml"}
    for answer, status in (
        (world.get("/v1/supply", headers=page), 200),
        (world.post("/v1/accounts", body, headers=page, **caller), 201),
        (world.post("/v1/accounts", body, headers=page, **caller), 409),
        (world.post("/v1/accounts", raw=b"{", headers=page, **caller), 400),
        (world.post("/v1/accounts", raw=b"<a/>", headers=text, **caller), 415),
    ):
        assert (answer.status, answer.headers[ALLOWED]) == (status, PAGE)
        assert set(answer.headers["Access-Control-Expose-Headers"].split(", ")) == {
            "ETag", "Retry-After", "Idempotent-Replayed", "Location", "Content-Disposition",
        }  # fmt: skip
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", [PAGE, OTHER, None])
def test_a_cache_keeps_an_answer_for_each_origin_apart(world: World, allow: Allow, origin: str | None) -> None:
    allow(PAGE)
    headers = {"Origin": origin} if origin else {}
    first = world.get("/v1/supply", headers=headers)
    again = world.get("/v1/supply", headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.headers.get(ALLOWED)) == (304, PAGE if origin == PAGE else None)
    for answer in (first, again):
        assert answer.headers[VARY].split(", ")[-1] == "Origin"


def test_where_any_origin_is_allowed_answers_do_not_vary_by_it(world: World, allow: Allow) -> None:
    allow("*")
    answer = world.get("/v1/supply", headers={"Origin": OTHER})
    assert answer.headers[ALLOWED] == "*"
    assert "Origin" not in answer.headers[VARY]


@pytest.mark.parametrize(("origins", "sent"), [("", None), (PAGE, "*"), (f"{PAGE},{OTHER}", "*")])
def test_a_page_reads_what_the_gateway_refuses_by_itself(
    world: World, allow: Allow, origins: str, sent: str | None
) -> None:
    allow(origins)
    for method, path, status in (("GET", "/v1/nowhere", 404), ("GET", "/v1/accounts/me", 401)):
        got, headers, _ = ask(method, path, origin=PAGE)
        assert (got, headers.get(ALLOWED)) == (status, sent)


def test_the_bucket_takes_forms_from_the_same_origins(world: World, allow: Allow) -> None:
    s3 = boto3.client("s3")
    allow(f"{PAGE},{OTHER}")
    bucket = ensure_bucket(s3)
    [rule] = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert rule["AllowedOrigins"] == [PAGE, OTHER]
    assert {"GET", "POST", "PUT"} <= set(rule["AllowedMethods"])
    assert rule["ExposeHeaders"] == ["ETag"]
    allow("")
    ensure_bucket(s3)
    with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
        s3.get_bucket_cors(Bucket=bucket)
