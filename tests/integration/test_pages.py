"""Cursors continue where a page ended: for their caller and query, untouched, and for no other."""

from typing import Any

import pytest

from chalicelib.kernel.fields import Paged
from tests.desk import Desk
from tests.endpoints import ROUTES, required
from tests.integration.test_draws import DRAW
from tests.platforms import platform
from tests.world import CODES, PEOPLE, World

PERSON = {"role": "individual", "sub": "alice"}
STATEMENT = "/v1/accounts/me/entries"


@pytest.fixture
def cursor(world: World) -> str:
    """Of the second page of alice's statement, one line a page."""
    world.rich()
    world.report(world.me()["id"], "5")
    return str(world.get(STATEMENT, limit=1, **PERSON).body["next_cursor"])


def refused(world: World, path: str, **options: Any) -> None:
    answer = world.get(path, **options)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/cursor"])


def test_a_cursor_leads_on(world: World, cursor: str) -> None:
    page = world.get(STATEMENT, cursor=cursor, **PERSON)
    assert (len(page.body["items"]), page.body["next_cursor"]) == (1, None)


def test_the_limit_may_change_from_page_to_page(world: World, cursor: str) -> None:
    assert world.get(STATEMENT, cursor=cursor, limit=100, **PERSON).status == 200


def test_a_cursor_is_its_callers_own(world: World, cursor: str) -> None:
    world.person("bob", PEOPLE[1])
    refused(world, STATEMENT, cursor=cursor, role="individual", sub="bob")


def test_a_cursor_is_its_role_s_own(world: World) -> None:
    runs = "/v1/buy-back-runs"
    for _ in range(2):
        assert world.post(runs, role="exchange", sub="both").status == 202
    cursor = world.get(runs, limit=1, role="exchange", sub="both").body["next_cursor"]
    assert world.get(runs, cursor=cursor, role="exchange", sub="both").status == 200
    refused(world, runs, cursor=cursor, role="bureau", sub="both")


def test_a_cursor_belongs_to_its_query(world: World, cursor: str) -> None:
    refused(world, STATEMENT, cursor=cursor, kind="conversion", **PERSON)
    refused(world, STATEMENT, cursor=cursor, until="2999-01-01T00:00:00Z", **PERSON)
    refused(world, "/v1/redemptions", cursor=cursor, **PERSON)
    refused(world, "/v1/offers", cursor=cursor)


def test_a_cursor_that_was_changed_is_refused(world: World, cursor: str) -> None:
    head, body, signature = cursor.split(".")
    for changed in (
        cursor[:-2],
        cursor + "A",
        f"{head}.{body[:-4]}AAAA.{signature}",
        f"{head}.{body}.",
        f"eyJhbGciOiJub25lIn0.{body}.",
        "x",
        "..",
        "\u6e38\u6807",
        "\x00",
        "a" * 1999,
        "%",
    ):
        refused(world, STATEMENT, cursor=changed, **PERSON)


def test_a_cursor_of_another_filter_of_the_shelf_is_refused(world: World) -> None:
    world.merchant("shop")
    world.merchant("mall", CODES[1])
    for _ in range(3):
        world.offer("shop")
    cursor = world.get("/v1/offers", limit=1, category="transport").body["next_cursor"]
    refused(world, "/v1/offers", cursor=cursor)
    refused(world, "/v1/offers", cursor=cursor, category="food")
    assert len(world.get("/v1/offers", cursor=cursor, category="transport").body["items"]) == 2


def test_a_cursor_tells_nothing_of_persons(world: World, cursor: str) -> None:
    assert "alice" not in cursor
    assert len(cursor) < 500


PAGED = [endpoint for endpoint in ROUTES.values() if issubclass(endpoint.takes, Paged)]


@pytest.mark.parametrize("endpoint", PAGED, ids=lambda endpoint: endpoint.path)
def test_a_limit_is_1_to_100(world: World, endpoint: Any) -> None:
    person, shop = world.person(), world.institution()
    path = endpoint.path.replace("{id}", shop if "/merchants/" in endpoint.path else person)
    path = path.replace("{month}", "2026-10")
    role = endpoint.allow[0] if endpoint.allow else None
    sub = {"individual": "alice", "institution": "shop"}.get(str(role), "someone")
    if "sub-platforms" in path:
        path, sub = endpoint.path.replace("{id}", platform(world).id), "operator"
    if endpoint.path.endswith("/draw"):
        path = endpoint.path.replace("{id}", Desk(world).bring("event", plan=DRAW))
    asked = {"role": role, "sub": sub} | required(endpoint)
    for limit in ("0", "-1", "101", "abc", "", "1e1", "\u0663", "1.5", "9" * 400, "null"):
        answer = world.get(path, limit=limit, **asked)
        assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/limit"]), limit
    for good in ("1", "100"):
        assert world.get(path, limit=good, **asked).status == 200


def test_every_list_of_the_contract_is_paged() -> None:
    assert {endpoint.path for endpoint in PAGED} >= {
        "/v1/accounts/me/entries", "/v1/reductions", "/v1/offers", "/v1/redemptions", "/v1/merchants",
    }  # fmt: skip
