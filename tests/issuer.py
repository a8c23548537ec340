"""An OpenID Connect issuer: discovery, sign-in, code and PKCE (RFC 7636); and what a bad one might do, by its name."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.tokens import token

CLIENT = "faces"
SHORT_SECONDS = 4  # of a token that ends while somebody looks on
PAGE = "<!doctype html><meta charset=utf-8><title>Login</title><a id=go href='{}'>Continue</a>"


class Issuer(ThreadingHTTPServer):
    """``manner`` is how it treats the next person: ``refuse``, ``state``, ``nonce``, ``short``, ``other``, ``code``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.manner, self.role, self.sub = "", "individual", "alice"
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        self.left: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        given = {name: values[-1] for name, values in parse_qs(place.query).items()}
        if place.path == "/be":  # the test says how it is to behave
            vars(self.server).update(given)
            return self._json({})
        if place.path == "/.well-known/openid-configuration":
            return self._json(self._description())
        if place.path == "/authorize":
            return self._send(200, PAGE.format(self._back(given)).encode(), "text/html")
        if place.path == "/logout":
            self.server.left.append(given)
            return self._send(200, PAGE.format(given["post_logout_redirect_uri"]).encode(), "text/html")
        return self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[-1] for name, values in parse_qs(text).items()}
        asked = self.server.codes.pop(form.get("code", ""), {})
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked.get("code_challenge")
        same = all(form.get(name) == asked.get(name) for name in ("client_id", "redirect_uri"))
        if not (proven and same and form.get("grant_type") == "authorization_code"):
            return self._json({"error": "invalid_grant"}, 400)
        ends = int(time.time()) + (SHORT_SECONDS if self.server.manner == "short" else 3600)
        nonce = "another" if self.server.manner == "nonce" else asked.get("nonce")
        access = token(self.server.role, self.server.sub, iss=self.server.url, exp=ends)
        identity = token(self.server.role, self.server.sub, iss=self.server.url, aud=CLIENT, nonce=nonce)
        return self._json({"access_token": access, "id_token": identity, "token_type": "Bearer"})

    def _description(self) -> dict[str, Any]:
        url = self.server.url
        named = "https://other.example" if self.server.manner == "other" else url
        places = {"authorization": "authorize", "token": "token", "end_session": "logout"}
        return {"issuer": named} | {f"{name}_endpoint": f"{url}/{path}" for name, path in places.items()}

    def _back(self, asked: dict[str, str]) -> str:
        """Where the person goes from here: to the page that asked, with a code or a no."""
        self.server.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = asked | ({"code_challenge": "x"} if self.server.manner == "code" else {})
        brought = {"error": "access_denied"} if self.server.manner == "refuse" else {"code": code}
        brought["state"] = "another" if self.server.manner == "state" else asked["state"]
        return f"{asked['redirect_uri']}?{urlencode(brought)}"

    def _json(self, found: dict[str, Any], status: int = 200) -> None:
        self._send(status, json.dumps(found).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        sent = {"Content-Type": kind, "Content-Length": str(len(content)), "Access-Control-Allow-Origin": "*"}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def issuer() -> Iterator[Issuer]:
    with Issuer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
