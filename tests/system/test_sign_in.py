"""The sign-in of deployed pages in a real browser: code and PKCE with an issuer, and what a bad one cannot do.

The pages are served as the deployment has them, below the API's stage; the API is app.py in this process.
"""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import settings
from infra.dev.faces import __main__ as make
from tests.deployed import BASE, Answer, Deployed
from tests.integration.test_faces import ask
from tests.issuer import CLIENT, SHORT_SECONDS, Issuer, issuer
from tests.system.test_certificate_pages import CHROMIUM
from tests.world import World

LEFT = ("portal", "citizen")  # in this order somebody signs out of them
SCRIPT = Path(__file__).parent / "pages" / "signing.mjs"
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        not CHROMIUM or not shutil.which("node") or not (make.MODULES / "playwright-core").is_dir(),
        reason="no Chromium, or no Node: the pages are not tried",
    ),
]


class Server(ThreadingHTTPServer):
    """API Gateway: routes of the pages from their bucket, others by the app, one at a time."""

    daemon_threads = True

    def __init__(self, deployed: Deployed) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}{BASE}"
        self.deployed, self.one_at_a_time = deployed, threading.Lock()
        self.pages: dict[str, Answer] = {}


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        found = self.server.deployed.answer(self.command, self.path)
        if found:
            self.server.pages[self.path.partition("?")[0]] = found
        self._send(found or self._api())

    do_POST = do_HEAD = do_GET

    def _api(self) -> Answer:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower().replace("-", "_"): value for name, value in self.headers.items()}
        with self.server.one_at_a_time:
            return Answer(*ask(self.command, self.path.removeprefix(BASE), body, **headers))

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        for name, value in (found.headers | {"Content-Length": str(len(found.body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    """An issuer whose tokens the API takes."""
    with issuer() as found:
        monkeypatch.setitem(os.environ, "OIDC_ISSUER", found.url)
        settings.cache_clear()
        yield found
    monkeypatch.undo()
    settings.cache_clear()


def test_people_sign_in_with_the_issuer_and_nobody_else_signs_them_in(login: Issuer, world: World) -> None:
    make.link()
    deployed = Deployed(OidcIssuer=login.url, OidcClientId=CLIENT)
    with Server(deployed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        given = {"url": server.url, "issuer": login.url, "chromium": CHROMIUM, "short_ms": SHORT_SECONDS * 1000}
        command = ["node", str(SCRIPT)]
        done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, timeout=240)
        server.shutdown()
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["faults"] == []
    assert found["violations"] == []
    assert found["signed"] == {"citizen": "alice", "portal": "shop", "desk": "exchange"}
    assert found["kept"] == {"localStorage": [], "address": False, "cookies": 0}
    assert found["back"] == f"{server.url}/citizen/#/orders"
    assert found["refused"] == dict.fromkeys(["refuse", "nonce", "code", "other"], "登录没有完成，请重新登录。")
    assert found["silent"] == {"state": 0, "link": 0}
    assert "请登录后重试" in found["over"]
    assert found["bare"] == f"{server.url}/transparency/"
    assert found["left"] == []
    assert login.left == [{"client_id": CLIENT, "post_logout_redirect_uri": f"{server.url}/{face}/"} for face in LEFT]
    [first, *_] = login.asked
    assert (first["response_type"], first["client_id"], first["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert first["redirect_uri"] == f"{server.url}/citizen/"
    assert len({each["state"] for each in login.asked}) == len({each["nonce"] for each in login.asked})
    for face in ("citizen", "portal", "desk", "transparency"):
        policy = server.pages[f"{BASE}/{face}/"].headers["Content-Security-Policy"]
        assert f"connect-src 'self' https://documents.s3.eu-central-1.amazonaws.com {login.url};" in policy
