"""The pages of faces/ are what their sources make, speak the API as it is, stay small, and need nobody else."""

import gzip
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.conformance.checks import STARTED
from chalicelib.partners.handshake import REASONS
from chalicelib.partners.items import EARLIER_FAILED, ENDPOINT_DISABLED, WebhookType
from infra.dev.faces import __main__ as make
from infra.dev.faces.contract import TYPES
from infra.here import ROOT
from infra.release import faces

# gzip, with all that a page loads before anybody touches it
FIRST_LOAD_BYTES_MAX = {"citizen": 70_000, "portal": 70_000, "desk": 120_000, "transparency": 20_000}
PAGES = [faces.DIST / name / "index.html" for name in faces.PAGES]
LOCK = ROOT / "faces" / "package-lock.json"
with_node = pytest.mark.skipif(
    shutil.which("node") is None or not (make.MODULES / "vite").is_dir(),
    reason="no Node: pages are not built again",
)


class _Page(HTMLParser):
    """What a page loads, and what of it is inline."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        address = found.get("src") or found.get("href")
        if tag in {"script", "link", "img"} and address:
            self.loads.append(address)
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        self._within = tag

    def handle_data(self, data: str) -> None:
        if self._within in {"script", "style"} and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_types_are_of_the_api_as_it_is() -> None:
    assert TYPES.read_text().partition("\n")[0] == make.mark(), "the API has changed: make faces"


@with_node
def test_the_committed_pages_are_what_their_sources_make(tmp_path: Path) -> None:
    make.build(tmp_path / "dist")
    assert files(tmp_path / "dist") == files(faces.DIST), "make faces, and commit faces/dist"


@with_node
def test_the_pages_use_the_api_as_it_is_described() -> None:
    make.link()
    command = ["node", "node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit"]
    done = subprocess.run(command, cwd=ROOT / "faces", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@with_node
def test_the_packages_that_are_installed_are_those_of_the_lock() -> None:
    assert (make.MODULES.parent / "package-lock.json").read_text() == LOCK.read_text(), "make tools"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_a_pages_first_load_is_small(path: Path) -> None:
    loaded = [path, *((path.parent / address).resolve() for address in _Page(path).loads)]
    assert sum(len(gzip.compress(each.read_bytes(), 9)) for each in loaded) <= FIRST_LOAD_BYTES_MAX[path.parent.name]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.parent.name)
def test_nothing_of_a_page_is_inline_or_from_elsewhere(path: Path) -> None:
    page = _Page(path)
    assert page.inline == []
    assert page.loads
    assert [address for address in page.loads if not address.startswith("../assets/")] == []


def test_no_style_fetches_from_elsewhere() -> None:
    """A package of components may bring a font of icons from its maker's servers."""
    found = {path.name: path.read_text() for path in (faces.DIST / "assets").glob("*.css")}
    assert {name for name, text in found.items() if re.search(r"https?:|//|@font-face|@import|data:", text)} == set()


def test_every_webhook_and_every_reason_has_its_word() -> None:
    words = (ROOT / "faces" / "shared" / "deliveries.ts").read_text()
    types, reasons = (
        set(re.findall(r"^  '?([\w.]+)'?: \[", part, re.MULTILINE)) for part in words.split("const REASONS")
    )
    assert types == {*get_args(WebhookType), STARTED}
    of_a_handshake = {"bad_key", "other_key", "other_challenge"}
    assert reasons == {*REASONS, "gone", EARLIER_FAILED, ENDPOINT_DISABLED} - of_a_handshake


def test_what_is_served_for_ever_is_named_by_its_content() -> None:
    assets = [path.name for path in (faces.DIST / "assets").iterdir()]
    assert [name for name in assets if not re.fullmatch(r"[\w.-]+-[\w-]{8}\.(js|css|svg)", name)] == []
    assert {Path(name).suffix for name in files(faces.DIST)} <= faces.TYPES.keys()


def test_the_packages_have_one_version_each() -> None:
    wanted = json.loads((ROOT / "faces" / "package.json").read_text())
    versions = wanted["dependencies"] | wanted["devDependencies"]
    assert {name: each for name, each in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", each)} == {}
