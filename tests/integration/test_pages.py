"""Pages for people: /docs from our own paths only, problems explained in two languages."""

import re

import pytest

from chalicelib.errors import Refusal
from chalicelib.settings import VERSION
from tests.integration.test_openness import PROBLEM, UNLISTED
from tests.world import World


def test_health_tells_status_and_version(world: World) -> None:
    assert world.get("/v1/health").body == {"status": "ok", "version": VERSION}


def test_the_docs_page_refers_to_our_own_paths_only(world: World) -> None:
    page = world.get("/docs")
    assert page.status == 200
    html = page.body.decode()
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "//" not in html.replace("<!doctype html>", "")
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assets = [link for link in links if link.startswith("docs/")]
    assert set(links) - set(assets) == {"data:,", "openapi.json"}
    assert len(assets) == 4
    for link in assets:
        asset = world.get(f"/{link}")
        assert asset.status == 200, link
        assert asset.headers["Content-Type"].startswith(("text/css", "text/javascript"))
        assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        stale = world.get(re.sub(r"docs/\w+/", "docs/other/", f"/{link}"))
        assert (stale.status, stale.headers["Cache-Control"]) == (200, "no-store")


def test_assets_are_the_named_ones_only(world: World) -> None:
    for name in ("index.html", "docs.html", "openapi.json", "%2e%2e%2froutes.py"):
        assert world.get(f"/docs/any/{name}").status == 404


def test_the_placeholder_key_of_the_docs_page_is_the_one_of_the_document(world: World) -> None:
    key = world.get("/openapi.json").body["components"]["parameters"]["IdempotencyKey"]["example"]
    version = re.findall(r"docs/(\w+)/docs.js", world.get("/docs").body.decode())[0]
    assert f'"{key}"' in world.get(f"/docs/{version}/docs.js").body.decode()


@pytest.mark.parametrize("code", sorted(UNLISTED))
def test_what_no_route_lists_is_explained_all_the_same(world: World, code: str) -> None:
    assert world.get(f"/problems/{code}").body["code"] == code


def test_a_problem_is_explained_in_both_languages(world: World) -> None:
    english = world.get("/problems/sold_out")
    assert (english.body["status"], english.body["title"]) == (409, "Sold out")
    assert english.headers["Content-Language"] == "en"
    chinese = world.get("/problems/sold_out", headers={"Accept-Language": "zh-CN"})
    assert (chinese.body["title"], chinese.headers["Content-Language"]) == ("已兑完", "zh-CN")
    assert chinese.body["example"]["title"] == "已兑完"


def test_browsers_get_a_page_of_their_own_language(world: World) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh-CN,en;q=0.5"}
    page = world.get("/problems/sold_out", headers=browser)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Vary"] == "Accept, Accept-Language"
    assert "已兑完" in page.body.decode()
    everything = world.get("/problems", headers=browser).body.decode()
    assert all(f'id="{code}"' in everything for code in Refusal.registry)


def test_an_unknown_code_is_a_404_problem(world: World) -> None:
    answer = world.get("/problems/nonsense")
    assert (answer.status, answer.code, answer.headers["Content-Type"]) == (404, "not_found", PROBLEM)
