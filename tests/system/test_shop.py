"""The example shop of the guide: people pay in it with points, answers get lost, webhooks tell it what happened."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from infra.here import ROOT
from tests.partner import register
from tests.system.city import check_books
from tests.system.conftest import eventually
from tests.system.test_partners import Town

pytestmark = pytest.mark.system
CONSENT = re.compile(r"<pre id=consent>(.*?)</pre>")


class Lossy(BaseHTTPRequestHandler):
    """The way to the platform: of each change the first answer is lost, after the platform has made it."""

    platform = ""
    lost: set[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = httpx.post(self.platform + self.path, content=body, headers=headers)
        if self.path in self.lost:
            self.pass_on(answer)
        self.lost.add(self.path)

    def do_GET(self) -> None:
        self.pass_on(httpx.get(self.platform + self.path))

    def pass_on(self, answer: httpx.Response) -> None:
        self.send_response(answer.status_code)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: Any) -> None:
        """Tests say what went wrong."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path) as stack:
        stack.mode = "third_party_mall"
        stack.settle_down(1)
        stack.report(0, 10_000)
        yield stack


@pytest.fixture
def lossy(town: Town) -> Iterator[str]:
    handler = type("Handler", (Lossy,), {"platform": town.url, "lost": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class Shop:
    """docs/examples/partner.py in a process of its own, and a browser in front of it."""

    def __init__(self, town: Town, platform: str, folder: Path) -> None:
        self.output = folder / "shop.out"
        script = ROOT / "docs" / "examples" / "partner.py"
        command = [
            sys.executable,
            str(script),
            "--merchant",
            town.shop,
            "--platform",
            platform,
            "--port",
            "0",
            "--sign",
        ]
        env = os.environ | {"TOKEN": town.token("institution", "shop")}
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([*command, "--key", str(folder / "shop.key")], stdout=output, env=env)
        eventually(lambda: "\n" in self.output.read_text())
        self.answer = json.loads(self.output.read_text().splitlines()[0])
        self.browser = httpx.Client(base_url=self.answer["callback_url"].rstrip("/"), follow_redirects=True, timeout=30)
        assert "使用碳积分支付" in self.browser.get("/").text

    def press(self, path: str, **form: str) -> httpx.Response:
        return self.browser.post(path, data=form)

    def order(self, page: httpx.Response) -> dict[str, Any]:
        found: dict[str, Any] = self.browser.get(page.url.path, headers={"accept": "application/json"}).json()
        return found

    def events(self) -> list[str]:
        return [json.loads(line)["type"] for line in self.output.read_text().splitlines()[1:]]


@pytest.fixture
def shop(town: Town, lossy: str, tmp_path: Path) -> Iterator[Shop]:
    started = Shop(town, lossy, tmp_path)
    town.integrate(town.shop, started.answer["callback_url"], started.answer["public_key"])
    with town.as_the_app():
        register(town.shop, started.answer["callback_url"], started.answer["public_key"], signatures="required")
    yield started
    started.browser.close()
    started.process.terminate()
    started.process.wait()


def points(town: Town) -> tuple[int, int]:
    balances = town.get("/v1/accounts/me")["balances"]
    return balances["points"], balances["held_points"]


def test_a_person_pays_in_the_shop_and_every_lost_answer_is_asked_for_again(town: Town, shop: Shop) -> None:
    page = shop.press("/buy", good="tea")
    found = CONSENT.search(page.text)
    assert found
    consent = json.loads(found[1].replace("&quot;", '"'))
    grant = town.post("/v1/grants", consent, "individual", "p0").json()
    page = shop.press(f"{page.url.path}/pay", code=grant["code"])
    order = shop.order(page)
    assert (order["state"], points(town)) == ("held", (9400, 600))
    page = shop.press(f"{page.url.path}/serve")
    assert (shop.order(page)["state"], points(town)) == ("captured", (9500, 0))
    eventually(lambda: shop.events() == ["hold.captured"])
    assert shop.order(shop.press(f"{page.url.path}/refund"))["refunded_points"] == 500
    assert points(town) == (10_000, 0)
    again = shop.order(shop.press("/buy", good="badge"))  # she consented before
    assert (again["state"], points(town)) == ("held", (9700, 300))
    assert town.post(f"/v1/grants/{grant['id']}/withdraw", {}, "individual", "p0").status_code == 200
    eventually(lambda: shop.events() == ["hold.captured", "grant.withdrawn"])
    assert shop.order(shop.press("/buy", good="tea"))["state"] == "consent"
    eventually(lambda: town.unfiled() == 0)
    check_books(town)


def test_who_returns_with_a_code_pays_only_what_she_ordered_herself(town: Town, shop: Shop) -> None:
    shop.browser.cookies.clear()  # she has never been here before
    ordered = shop.press("/buy", good="tea")
    consent = json.loads(CONSENT.findall(ordered.text)[0].replace("&quot;", '"'))
    [returns] = shop.answer["consent_redirects"]
    assert f"redirect_uri={quote(returns, safe='')}" in ordered.text
    back = {"code": town.post("/v1/grants", consent, "individual", "p0").json()["code"]}
    back["state"] = ordered.url.path.rpartition("/")[2]
    assert httpx.get(returns, params=back).status_code == 403  # another browser: somebody was talked into this link
    assert shop.browser.get("/consented", params=back | {"state": "other"}).status_code == 403
    assert points(town) == (10_000, 0)
    declined = {"error": "access_denied", "state": back["state"]}
    assert shop.order(shop.browser.get("/consented", params=declined))["state"] == "consent"
    assert shop.order(shop.browser.get("/consented", params=back))["state"] == "held"
    assert points(town) == (9400, 600)


def test_a_code_that_is_wrong_is_shown_to_the_person(town: Town, shop: Shop) -> None:
    page = shop.press("/buy", good="tea")
    refused = shop.press(f"{page.url.path}/pay", code="wrong")
    assert refused.status_code == 409
    assert "授权码" in refused.text or "code" in refused.text
    assert points(town) == (10_000, 0)
