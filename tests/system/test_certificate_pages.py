"""The public page of a certificate in a real browser, on a real local stack; and the command, and the PDF.

The browser tests are skipped where no Chromium is installed; that the skip is seen, they are skipped one by one.
"""

import http.server
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.here import ROOT
from tests.system.city import City

pytestmark = pytest.mark.system
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with City(tmp_path_factory.mktemp("city")) as city:
        city.settle_down(people=2)
        assert city.report(0, 1_000_000).status_code == 201
        yield city


@pytest.fixture
def url(city: City) -> str:
    """The public page of a new certificate."""
    body = {"points": 12345, "purpose": "抵消我的上海至北京出行 <b>&amp;"}
    issued: dict[str, Any] = city.post("/v1/cancellations", body, "individual", "p0").json()["certificate"]
    return str(issued["url"])


def seen(url: str, profile: Path) -> str:
    """The page as it stands in Chromium once its script has spoken."""
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        f"--user-data-dir={profile}", "--virtual-time-budget=10000", "--dump-dom", url,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def verdict(page: str) -> str:
    found = re.search(r'data-verdict="(\w+)"', page)
    return found[1] if found else "none"


@contextmanager
def meddling(origin: str, meddle: Callable[[str, bytes], bytes]) -> Iterator[str]:
    """The origin as someone in the middle would hand it on; ``meddle`` gets each path and its body."""

    class Middle(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = httpx.get(origin + self.path, headers={"Accept": self.headers["Accept"]})
            body = meddle(self.path, answer.content)
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Security-Policy", answer.headers.get("Content-Security-Policy", ""))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Middle)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@in_a_browser
def test_the_page_verifies_the_signature_and_says_so(url: str, tmp_path: Path) -> None:
    page = seen(url, tmp_path)
    assert verdict(page) == "valid", page
    assert "签名有效" in page
    assert "12,345" in page


CHANGES: dict[str, Callable[[str], str]] = {
    "a fact": lambda page: page.replace("12,345</td>", "12,346</td>", 1),
    "the holder": lambda page: page.replace("王", "李"),
    "a fact left out": lambda page: re.sub(
        r"<tr>(?:(?!<tr>).)*data-claim=\"points\".*?</tr>", "", page, flags=re.DOTALL
    ),
    "the header": lambda page: re.sub(r'data-jws="(.{9}).', r'data-jws="\g<1>A', page),
    "the payload": lambda page: re.sub(r'(data-jws="[^.]+\..{40}).', lambda found: found[1] + "_", page),
    "the signature": lambda page: re.sub(r'(data-jws="[^"]+\.[^.]{10})(.)', _flip, page),
}


def _flip(found: re.Match[str]) -> str:
    return found[1] + ("A" if found[2] != "A" else "B")


@in_a_browser
@pytest.mark.parametrize("change", CHANGES)
def test_with_one_byte_changed_the_page_says_invalid(city: City, url: str, tmp_path: Path, change: str) -> None:
    changed = []

    def meddle(path: str, body: bytes) -> bytes:
        if not path.startswith("/v1/certificates/"):
            return body
        after = CHANGES[change](body.decode()).encode()
        changed.append(after != body)
        return after

    with meddling(city.url, meddle) as middle:
        page = seen(url.replace(city.url, middle), tmp_path)
    assert changed == [True]
    assert verdict(page) == "invalid", page
    assert "签名无效" in page


@in_a_browser
def test_the_page_tells_what_it_cannot_verify_and_what_was_revoked(city: City, url: str, tmp_path: Path) -> None:
    with meddling(city.url, lambda path, body: b"" if "jwks" in path else body) as middle:
        assert verdict(seen(url.replace(city.url, middle), tmp_path / "1")) == "waiting"
    path = url.removeprefix(city.url) + "/revoke"
    assert city.post(path, {"reason": "数据有误"}, "exchange", "exchange").status_code == 200
    page = seen(url, tmp_path / "2")
    assert verdict(page) == "invalid"
    assert "已被撤销" in page
    assert "数据有误" in page


@in_a_browser
def test_grams_that_await_recovery_are_stated_beside_a_signature_that_stays_valid(city: City, tmp_path: Path) -> None:
    reduction = city.report(1, 900).json()["id"]
    cancelled = city.post("/v1/cancellations", {"points": 900, "purpose": "x"}, "individual", "p1").json()
    why = {"reason": "行程未发生", "evidence_sha256": "0" * 64}
    assert city.post(f"/v1/reductions/{reduction}/reverse", why, "bureau", "bureau").status_code == 200
    url, deadline = cancelled["certificate"]["url"], time.monotonic() + 15
    while httpx.get(url).json()["uncovered_grams"] != 900:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    page = seen(url, tmp_path)
    assert verdict(page) == "valid"
    assert "900 await recovery" in page


def test_the_stream_signs_within_seconds(city: City, url: str) -> None:
    deadline = time.monotonic() + 15
    while not any(item.get("jws") for item in city.items() if item["pk"] == f"certificate:{url.rpartition('/')[2]}"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_pdf_comes_as_bytes_over_http(url: str) -> None:
    answer = httpx.get(url, headers={"Accept": "application/pdf"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert answer.content.rstrip().endswith(b"%%EOF")


def test_the_command_verifies_over_http_and_from_files(city: City, url: str, tmp_path: Path) -> None:
    keys, certificate = tmp_path / "jwks.json", tmp_path / "certificate.json"
    keys.write_bytes(httpx.get(f"{city.url}/.well-known/jwks.json").content)
    text = httpx.get(url).text
    certificate.write_text(text)
    (tmp_path / "changed.json").write_text(text.replace("12345", "12346"))

    def run(what: str, known: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chalicelib.certificates.verify", what, "--jwks", known]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    for what, known in ((url, f"{city.url}/.well-known/jwks.json"), (str(certificate), str(keys))):
        valid = run(what, known)
        assert (valid.returncode, valid.stdout.splitlines()[-1][:5]) == (0, "VALID"), valid
    changed = run(str(tmp_path / "changed.json"), str(keys))
    assert (changed.returncode, "INVALID" in changed.stdout) == (1, True)
    assert run(str(certificate), "/nowhere").returncode == 2
