"""The pages of faces/ at the local gateway: what is sent with them, and the sign-in of one machine."""

import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import app
from chalicelib.settings import settings
from infra.dev.gateway.adapter import Gateway
from infra.dev.local import keys
from infra.release import faces
from tests.world import World


def ask(method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "REQUEST_URI": path, "QUERY_STRING": path.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
    }  # fmt: skip
    started: list[Any] = []
    sent = environ | {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    content = b"".join(Gateway(app.app)(sent, lambda status, head: started.append((status, head))))
    [(status, head)] = started
    return int(status[:3]), dict(head), content


@pytest.mark.parametrize("path", ["/citizen/", "/citizen/consent?x=y", "/portal/", "/desk/", "/transparency/"])
def test_a_page_is_asked_for_again_and_allows_nothing_from_elsewhere(world: World, path: str) -> None:
    status, headers, content = ask("GET", path)
    assert (status, headers["Cache-Control"]) == (200, "no-cache")
    assert b"<!doctype html>" in content
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    again, kept, nothing = ask("GET", path, if_none_match=headers["ETag"])
    assert (again, nothing, kept["ETag"]) == (304, b"", headers["ETag"])


def test_what_a_digest_names_is_kept_for_ever_and_sent_small(world: World) -> None:
    page = ask("GET", "/citizen/")[2].decode()
    for address in re.findall(r'"\.\./(assets/[^"]+)"', page):
        status, headers, content = ask("GET", f"/{address}", accept_encoding="gzip, br")
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert (headers["Content-Encoding"], content[:2]) == ("gzip", b"\x1f\x8b")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/..",
        "/assets/%2e%2e",
        "/assets/x.js",
        "/citizen/other",
        "/desk/consent",
        "/desk/a/b",
        "//citizen",
    ],
)
def test_what_is_no_page_is_the_problem_it_always_was(world: World, path: str) -> None:
    status, headers, content = ask("GET", path)
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert json.loads(content)["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "place"),
    [("/citizen", "/citizen/"), ("/transparency?serial=SH1&x=%2F", "/transparency/?serial=SH1&x=%2F")],
)
def test_an_address_without_its_slash_leads_on_with_its_query(world: World, path: str, place: str) -> None:
    status, headers, _ = ask("GET", path)
    assert (status, headers["Location"]) == (308, place)


@pytest.fixture
def issued(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The gateway knows the key of the local issuer."""
    keys.make(tmp_path / "keys")
    monkeypatch.setitem(os.environ, "OIDC_JWKS_URL", (tmp_path / "keys" / "jwks.json").as_uri())
    settings.cache_clear()
    yield world
    monkeypatch.undo()
    settings.cache_clear()


def test_on_one_machine_one_chooses_who_to_be(issued: World) -> None:
    assert json.loads(ask("GET", f"/{faces.CONFIG}")[2]) == {"sign_in": "sign-in"}
    page = ask("GET", "/sign-in?face=portal&state=of-%22this%22-page")[2].decode()
    assert 'name="state" value="of-&quot;this&quot;-page"' in page
    assert 'value="teahouse"' in page
    assert 'value="alice"' not in page
    body = urlencode({"face": "citizen", "role": "individual", "sub": "alice", "state": "of-this-page"}).encode()
    status, headers, _ = ask("POST", "/sign-in", body)
    assert (status, headers["Cache-Control"]) == (303, "no-store")
    assert headers["Location"].startswith("/citizen/#token=ey")
    assert headers["Location"].endswith("&state=of-this-page")


@pytest.mark.parametrize("change", [{"face": "//evil.example"}, {"role": "king"}, {"sub": " "}, {"sub": "x" * 256}])
def test_nobody_is_led_elsewhere_with_a_token(issued: World, change: dict[str, str]) -> None:
    form = {"face": "citizen", "role": "individual", "sub": "alice"} | change
    status, headers, _ = ask("POST", "/sign-in", urlencode(form).encode())
    assert (status, "Location" in headers) == (400, False)
