"""Public reads can be cached and shared; private answers never are."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import shanghai
from chalicelib.provenance import worker
from tests.desk import PLANS, Desk
from tests.endpoints import ROUTES
from tests.world import CODES, World

DRAW = PLANS["event"] | {"allocation": "draw", "draws_at": "2097-06-20T00:00:00Z"}
PUBLIC = sorted(name.removeprefix("GET ") for name, route in ROUTES.items() if route.cache is not None)
PRIVATE = sorted(name for name, route in ROUTES.items() if route.method == "GET" and route.cache is None)


@pytest.fixture
def paths(world: World) -> dict[str, str]:
    """An address that answers 200 for every public read."""
    world.institution("fair", CODES[1])
    event = Desk(world).bring("event", sub="fair", plan=DRAW)
    shop = world.merchant()
    offer = world.offer()
    world.rich()
    cancelled = world.post("/v1/cancellations", {"points": 5, "purpose": "flight"}, role="individual", sub="alice")
    campaign = {
        "title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z",
    }  # fmt: skip
    proposed = world.post("/v1/campaigns", campaign, role="institution", sub="shop").body["id"]
    world.post(f"/v1/campaigns/{proposed}/approve", role="exchange", sub="exchange")
    named = {
        "/v1/events/{id}": f"/v1/events/{event}",
        "/v1/events/{id}/draw": f"/v1/events/{event}/draw",
        "/v1/offers/{id}": f"/v1/offers/{offer}",
        "/v1/merchants/{id}": f"/v1/merchants/{shop}",
        "/v1/merchants/{id}/consent-redirects": f"/v1/merchants/{shop}/consent-redirects",
        "/v1/campaigns/{id}": f"/v1/campaigns/{proposed}",
        "/v1/certificates/{serial}": f"/v1/certificates/{cancelled.body['certificate']['serial']}",
        "/v1/webhook-keys/{merchant}": f"/v1/webhook-keys/{shop}",
        "/v1/mixes/{month}": f"/v1/mixes/{mixed(world)}",
        "/v1/methodologies/{code}": "/v1/methodologies/SHCER-01",
        "/v1/scenarios/{code}/versions": "/v1/scenarios/walk/versions",
        "/problems/{code}": "/problems/sold_out",
    }
    unlisted = ("{name}", "/certificates")  # parts of pages, and a form that redirects
    return {path: named.get(path, path) for path in PUBLIC if not path.endswith(unlisted)}


def mixed(world: World) -> str:
    """This month, closed before its time."""
    world.stream()
    return worker.month_mix(shanghai.month(datetime.now(UTC)), datetime(2099, 1, 1, tzinfo=UTC)).month


def test_every_public_read_has_a_validator_and_says_how_long_it_is_fresh(world: World, paths: dict[str, str]) -> None:
    assert len(paths) >= 15
    for path in paths.values():
        first = world.get(path)
        assert first.status == 200, path
        cache = first.headers["Cache-Control"]
        assert cache == "no-cache" or cache.startswith("public, max-age="), path
        assert first.headers["Vary"] == "Accept, Accept-Language, Accept-Encoding"
        again = world.get(path, headers={"If-None-Match": f'"other", W/{first.headers["ETag"]}'})
        assert (again.status, again.body) == (304, b""), path
        assert again.headers["ETag"] == first.headers["ETag"]
        assert world.get(path, headers={"If-None-Match": "*"}).status == 304
        assert world.get(path, headers={"If-None-Match": '"other"'}).status == 200


def test_a_change_has_another_validator(world: World, paths: dict[str, str]) -> None:
    path = paths["/v1/offers/{id}"]
    before = world.get(path).headers["ETag"]
    world.patch(path, {"title": "another"}, role="institution", sub="shop")
    after = world.get(path, headers={"If-None-Match": before})
    assert (after.status, after.body["title"]) == (200, "another")


def test_each_form_of_an_answer_has_a_validator_of_its_own(world: World, paths: dict[str, str]) -> None:
    path = paths["/v1/certificates/{serial}"]
    tags = {
        world.get(path, headers={"Accept": kind}).headers["ETag"]
        for kind in ("application/json", "text/html", "application/pdf")
    }
    assert len(tags) == 3


def test_a_head_answers_like_a_get(world: World, paths: dict[str, str]) -> None:
    for path in paths.values():
        got, head = world.get(path), world.call("HEAD", path)
        assert (head.status, head.headers) == (200, got.headers), path


def test_a_head_of_a_private_read_is_judged_as_its_get(world: World) -> None:
    world.person()
    alice: dict[str, Any] = {"role": "individual", "sub": "alice"}
    for caller, status in ((alice, 200), (alice | {"sub": "nobody"}, 404), (alice | {"role": "bureau"}, 403)):
        got, head = (world.call(method, "/v1/accounts/me", **caller) for method in ("GET", "HEAD"))
        assert (got.status, head.status, head.headers) == (status, status, got.headers)
    assert world.call("HEAD", "/v1/accounts/me").status == 401
    assert world.call("HEAD", "/v1/accounts/me", **alice).headers["Cache-Control"] == "no-store"


def test_refusals_and_private_answers_are_not_kept(world: World, paths: dict[str, str]) -> None:
    assert world.get("/v1/offers/nobody").headers["Cache-Control"] == "no-store"
    assert world.get("/v1/accounts/me", role="individual", sub="alice").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "extra", [{"from": "singlemessage", "isappinstalled": "0"}, {"utm_source": "x"}, {"fbclid": "x"}]
)
def test_what_a_shared_address_gathers_on_its_way_is_ignored(
    world: World, paths: dict[str, str], extra: dict[str, Any]
) -> None:
    for path in paths.values():
        assert world.call("GET", path, headers=None, **extra).body == world.get(path).body, path


def test_a_page_of_a_shared_list_goes_on_for_everyone(world: World, paths: dict[str, str]) -> None:
    world.offer()
    first = world.call("GET", "/v1/offers", limit=1, fbclid="x").body
    second = world.get("/v1/offers", limit=1, cursor=first["next_cursor"])
    assert second.status == 200
    assert second.body["items"] != first["items"]


@pytest.mark.parametrize("limit", ["1_0", "1.0", "+5", " 5", "5 ", "0x5", "٥", "1e1", ""])
def test_a_limit_is_written_in_decimal_digits(world: World, limit: str) -> None:
    answer = world.get("/v1/offers", limit=limit)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/limit"])


def test_every_answer_forbids_sniffing(world: World) -> None:
    answers = [
        world.get("/v1/supply"),
        world.get("/v1/offers", limit="x"),
        world.post("/v1/offers", {}, role="institution", sub="shop"),
    ]
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
