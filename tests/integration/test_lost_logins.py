"""A login is lost and the account moves to another: the new one has everything, the lost one has nothing any more.

Every route is tried that the holder could use; a new one fails here until it has its line.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.accounts.refusals import AccountMoved
from chalicelib.edge.identity import logins
from chalicelib.kernel.caller import INDIVIDUAL
from chalicelib.table import keys
from tests import books, consents, disputes
from tests.desk import Desk
from tests.endpoints import ROUTES
from tests.integration.test_departures import EXCHANGE, SHOP, fire, leave
from tests.integration.test_draws import DRAW, enter, its_time_comes, resume
from tests.integration.test_messages import about
from tests.numbers import born_years_ago, identity_number_of
from tests.officials import done
from tests.world import CODES, PEOPLE, Answer, World

LOST: dict[str, Any] = {"role": "individual", "sub": "alice"}
NEW: dict[str, Any] = {"role": "individual", "sub": "alice-2"}
PROFILE = "/v1/accounts/me"
LISTS = ("redemptions", "holds", "grants", "disputes", "cancellations", "reductions")
CHILD = identity_number_of(born_years_ago(8))
CONSENT = {"identity_number": CHILD, "name": "王小宝", "own_identity_number": PEOPLE[0]}
FILE = {"file_name": "照片.png", "content_type": "image/png", "bytes": 10, "sha256": "0" * 64}


@dataclass
class Life:
    """What Alice has done: the ids of it all, by the room that keeps them."""

    world: World
    account: str
    ids: dict[str, str]
    event: str
    offer: str

    def paths(self) -> dict[str, str]:
        """The path of every route that a person reads, with her own object."""
        one = {f"GET /v1/{name}/{{id}}": f"/v1/{name}/{self.ids[name]}" for name in (*LISTS, "donations")}
        lists = {f"GET /v1/{name}": f"/v1/{name}" for name in (*LISTS, "messages")}
        own = ("", "/credit", "/entries", "/export", "/wards")
        entry = f"/v1/events/{self.event}/entries/{self.ids['entries']}"
        account = {f"GET {PROFILE}{each}": f"{PROFILE}{each}" for each in own}
        return one | lists | account | {"GET /v1/events/{id}/entries/{entry}": entry}

    def acts(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """The same of every command, with a body that was right once."""
        ids, points = self.ids, {"points": 1, "purpose": "trip"}
        bought = {"offer": self.offer, "quantity": 1, "points": 100}
        claim = disputes.claim("hold", ids["holds"])
        evidence = f"/v1/disputes/{ids['disputes']}/evidence"
        return {
            "POST /v1/accounts": (
                "/v1/accounts",
                {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]},
            ),
            "PATCH /v1/accounts/me": (PROFILE, {"name": "李小明"}),
            "POST /v1/accounts/me/close": (f"{PROFILE}/close", {}),
            "POST /v1/accounts/me/wards": (f"{PROFILE}/wards", CONSENT),
            "POST /v1/accounts/me/wards/{id}/withdraw": (f"{PROFILE}/wards/{ids['wards']}/withdraw", {}),
            "POST /v1/cancellations": ("/v1/cancellations", points),
            "POST /v1/disputes": ("/v1/disputes", claim),
            "POST /v1/disputes/{id}/evidence": (evidence, FILE),
            "POST /v1/disputes/{id}/evidence/{evidence}/link": (f"{evidence}/{ids['evidence']}/link", {}),
            "POST /v1/disputes/{id}/withdraw": (f"/v1/disputes/{ids['disputes']}/withdraw", {}),
            "POST /v1/donations": ("/v1/donations", {"campaign": ids["campaigns"], "points": 1}),
            "POST /v1/events/{id}/entries": (f"/v1/events/{self.event}/entries", bought),
            "POST /v1/grants": ("/v1/grants", consents.REPORT | {"scenario": "walk"}),
            "POST /v1/grants/{id}/withdraw": (f"/v1/grants/{ids['grants']}/withdraw", {}),
            "POST /v1/holds/{id}/release": (f"/v1/holds/{ids['holds']}/release", {}),
            "POST /v1/messages/read": ("/v1/messages/read", {"messages": [ids["messages"]]}),
            "POST /v1/redemptions": ("/v1/redemptions", bought),
            "POST /v1/redemptions/{id}/cancel": (f"/v1/redemptions/{ids['redemptions']}/cancel", {}),
        }


def made(answer: Answer) -> str:
    assert answer.status == 201, answer
    return str(answer.body["id"])


@pytest.fixture
def life(world: World) -> Life:
    """Everything is settled: what is pending would stand in the way of a rebinding."""
    account, shop = world.rich(points=9000), consents.mall(world)
    world.institution("theatre", CODES[1])
    event = Desk(world).bring("event", plan=DRAW, sub="theatre")
    drawn = world.offer("theatre", points=10, stock=4)
    ids = {"entries": made(enter(world, event, drawn))}
    its_time_comes(world, event)
    resume()
    resume()
    [won] = world.get("/v1/redemptions", **LOST).body["items"]
    assert world.fulfil(won["id"], sub="theatre").status == 200
    rule = {"window_months": 12, "weights": {"walk": "1"}, "levels": [{"name": "绿芽", "score_min": 0}]}
    assert world.post("/v1/credit-rules", rule, role="bureau", sub="bureau").status == 201
    offer = world.offer(points=100)
    ids["redemptions"] = made(world.redeem(offer, points=100))
    assert world.fulfil(ids["redemptions"]).status == 200
    ids["disputes"] = disputes.opened(world, "redemption", ids["redemptions"])
    ids["evidence"] = made(world.post(f"/v1/disputes/{ids['disputes']}/evidence", FILE, **LOST))
    ids["grants"] = consents.reporting(world, scenario="metro")
    held = consents.hold(world, consents.spending(world, shop))
    ids["holds"] = made(held)
    assert consents.capture(world, ids["holds"]).status == 200
    ids["cancellations"] = made(world.post("/v1/cancellations", {"points": 50, "purpose": "trip"}, **LOST))
    ids["campaigns"] = campaign(world)
    ids["donations"] = made(world.post("/v1/donations", {"campaign": ids["campaigns"], "points": 40}, **LOST))
    ids["wards"] = made(world.post(f"{PROFILE}/wards", CONSENT, **LOST))
    ids["reductions"] = world.report(account, "30", scenario="walk").body["id"]
    world.stream()
    ids["messages"] = world.messages()[0]["id"]
    return Life(world, account, ids, event, offer)


def campaign(world: World) -> str:
    body = {"title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000}
    body |= {"ends_at": "2999-01-01T00:00:00Z"}
    id = made(world.post("/v1/campaigns", body, role="institution", sub="theatre"))
    assert world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange").status == 200
    return id


def for_persons(*, reads: bool) -> set[str]:
    routes = {name for name, route in ROUTES.items() if INDIVIDUAL in route.allow}
    return {name for name in routes if name.startswith("GET ") == reads}


def ids_of(answer: Answer) -> set[str]:
    return {each.get("id", each.get("place")) for each in answer.body["items"]}


def test_the_new_login_reads_everything_and_the_lost_one_nothing(life: Life) -> None:
    world, paths = life.world, life.paths()
    assert set(paths) == for_persons(reads=True)
    before = {path: world.get(path, limit=100, **LOST) if is_list(path) else world.get(path, **LOST)
              for path in paths.values()}  # fmt: skip
    assert {path: answer for path, answer in before.items() if answer.status != 200} == {}
    done(world, "rebind", life.account, new_sub="alice-2")
    world.stream()
    for path, had in before.items():
        lost, new = world.get(path, **LOST), world.get(path, **NEW, **({"limit": 100} if is_list(path) else {}))
        assert lost.refused == (404, "not_found"), path
        assert new.status == 200, (path, new)
        if path == f"{PROFILE}/entries":
            continue  # see below
        if is_list(path):
            assert ids_of(new) >= ids_of(had), path
        elif path not in (PROFILE, f"{PROFILE}/credit"):
            moving = {"status": "", "age_seconds": 0}
            assert new.body | moving == had.body | moving, path
    assert "another login" in world.get(PROFILE, **LOST).body["detail"]


def is_list(path: str) -> bool:
    tail = path.rpartition("/")[2]
    return tail in (*LISTS, "messages", "entries", "export")


def test_what_a_lost_login_is_answered_stands_in_the_description_of_each_route() -> None:
    for name in for_persons(reads=True):
        assert any(issubclass(AccountMoved, each) for each in ROUTES[name].refuses), name


def test_a_lost_login_does_nothing_any_more(life: Life) -> None:
    world, acts = life.world, life.acts()
    assert set(acts) == for_persons(reads=False)
    done(world, "rebind", life.account, new_sub="alice-2")
    world.stream()
    before = world.items()
    for name, (path, body) in acts.items():
        answer = world.call(name.partition(" ")[0], path, body, **LOST)
        assert answer.status in (404, 409), (name, answer)
        assert answer.code in {each.code for each in ROUTES[name].refuses}, (name, answer)
    opening = world.post(*acts["POST /v1/accounts"], **LOST)
    assert "another login" in opening.body["detail"]
    counted = keys.answered(life.account, "", "").pk  # that an opening was answered: nothing of the account's
    assert [each for each in world.items() if each["pk"]["S"] != counted] == before


def test_what_the_statement_was_before_is_read_by_its_account(life: Life) -> None:
    world = life.world
    before = world.entries(limit=100)
    done(world, "rebind", life.account, new_sub="alice-2")
    world.stream()
    assert [each["kind"] for each in world.entries("alice-2")] == ["account_transfer"]
    assert world.me("alice-2")["earlier"] == [life.account]
    last, *rest = world.entries("alice-2", limit=100, account=life.account)
    assert (last["kind"], rest) == ("account_transfer", before)
    for other in ("nobody", world.person("bob", PEOPLE[1])):
        refused = world.get(f"{PROFILE}/entries", account=other, **NEW)
        assert refused.refused == (404, "not_found")


def test_what_she_has_under_both_logins_is_one_list_page_by_page(life: Life) -> None:
    world = life.world
    done(world, "rebind", life.account, new_sub="alice-2")
    second = {"redemptions": made(world.redeem(life.offer, points=100, sub="alice-2"))}
    second["cancellations"] = made(world.post("/v1/cancellations", {"points": 1, "purpose": "x"}, **NEW))
    second["grants"] = made(consents.consent(world, consents.REPORT, **NEW))
    second["reductions"] = world.report(world.me("alice-2")["id"], "3", scenario="walk").body["id"]
    second["disputes"] = disputes.opened(world, "hold", life.ids["holds"], who=NEW)
    world.stream()
    for name, id in second.items():
        listed = [each["id"] for each in walked(world, f"/v1/{name}")]
        assert (listed[0], listed.count(life.ids[name]), len(listed)) == (id, 1, len({*listed})), name
    for unread in ({}, {"unread": "true"}):
        messages = walked(world, "/v1/messages", **unread)
        assert [each["id"] for each in messages] == sorted({each["id"] for each in messages}, reverse=True)
        assert {about(each) for each in messages} >= {
            ("redemption", life.ids["redemptions"]),
            ("redemption", second["redemptions"]),
        }
    marked = world.post("/v1/messages/read", {"messages": [each["id"] for each in messages[-50:]]}, **NEW)
    assert (marked.status, marked.body["marked_before"]) == (200, 0)
    world.stream()
    assert len(walked(world, "/v1/messages", unread="true")) == len(messages) - marked.body["marked"]


def walked(world: World, path: str, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get(path, **NEW, limit=1, **cursor, **params)
        assert page.status == 200, page
        items += page.body["items"]
        if page.body["next_cursor"] is None:
            return items
        cursor = {"cursor": page.body["next_cursor"]}


def test_a_grant_that_ended_with_her_account_says_so_to_her_and_she_may_withdraw_it(life: Life) -> None:
    world, grant = life.world, life.ids["grants"]
    assert world.get(f"/v1/grants/{grant}", **LOST).body["status"] == "active"
    done(world, "rebind", life.account, new_sub="alice-2")
    assert world.get(f"/v1/grants/{grant}", **NEW).body["status"] == "expired"
    assert {each["status"] for each in world.get("/v1/grants", **NEW).body["items"]} == {"expired"}
    trip = {"record_id": "late", "grant": grant, "scenario": "metro", "quantity": "1", "occurred_at": consents.now()}
    refused = world.post("/v1/reductions", trip, **consents.REPORTER)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/grant"])
    assert consents.withdraw(world, grant, **NEW).status == 200
    assert world.get(f"/v1/grants/{grant}", **NEW).body["status"] == "withdrawn"


def test_what_her_person_closed_herself_she_still_reads(world: World) -> None:
    """The login is not lost: nobody has taken it from her."""
    world.merchant()
    world.rich(points=100)
    order = made(world.redeem(world.offer(points=100), points=100))
    assert world.fulfil(order).status == 200
    assert world.close().status == 200
    world.person("alice-2")
    for who in (LOST, NEW):
        assert world.get(f"/v1/redemptions/{order}", **who).status == 200
        assert ids_of(world.get("/v1/redemptions", **who)) == {order}
    world.stream()
    kept = world.get(f"{PROFILE}/export", limit=100, **NEW).body["items"]
    assert order in [each["kept"].get("id") for each in kept]


# an institution

SHOP2: dict[str, Any] = {"role": "institution", "sub": "shop-2"}


@pytest.fixture
def sold(world: World) -> tuple[str, str, str]:
    """An order and a hold of a shop that has left the mall since, was paid its tonnes and got another login."""
    shop = consents.mall(world)
    world.rich(points=3000)
    offer = world.offer(points=1000)
    order = made(world.redeem(offer, points=1000))
    assert world.fulfil(order).status == 200
    held = made(consents.hold(world, consents.spending(world, shop)))
    assert consents.capture(world, held).status == 200
    assert leave(world).status == 200
    fire(world)
    fire(world)
    assert world.me("shop", "institution")["balances"]["points"] == 0
    done(world, "rebind", shop, new_sub="shop-2")
    logins.forget()
    world.stream()
    return shop, order, held


def test_an_institution_with_a_new_login_refunds_what_it_sold_before(world: World, sold: tuple[str, str, str]) -> None:
    _, order, held = sold
    grams = world.me("shop-2", "institution")["balances"]["grams"]
    assert grams == 1300
    assert ids_of(world.get("/v1/redemptions", **SHOP2)) == {order}
    assert ids_of(world.get("/v1/holds", **SHOP2)) == {held}
    assert len(world.get("/v1/grants", **SHOP2).body["items"]) == 1
    assert len(world.get("/v1/buy-backs", **SHOP2).body["items"]) == 1
    claim = disputes.opened(world, "redemption", order)
    assert disputes.listed(world, SHOP2) == [claim]
    assert disputes.withdraw(world, claim).status == 200
    assert world.refund(order, sub="shop-2").status == 200
    assert consents.refund(world, held, 100, **SHOP2).status == 200
    assert consents.refund(world, held, 200, reason="x", **EXCHANGE).status == 200
    assert world.points() == 3000
    assert world.me("shop-2", "institution")["balances"] == {"points": 0, "grams": 0, "held_points": 0}
    world.stream()
    assert {each["kind"] for each in world.entries("shop-2", "institution")} == {"refund", "account_transfer"}
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)
    assert books.differing(world.items()) == []


def test_the_login_that_an_institution_lost_does_nothing_any_more(world: World, sold: tuple[str, str, str]) -> None:
    _, order, held = sold
    reads = ["/v1/accounts/me", "/v1/redemptions", f"/v1/redemptions/{order}", f"/v1/holds/{held}", "/v1/buy-backs"]
    assert {world.get(path, **SHOP).refused for path in reads} == {(403, "role_not_allowed")}
    before = world.items()
    for refused in (world.refund(order), consents.refund(world, held), consents.release(world, held)):
        assert refused.refused == (403, "role_not_allowed")
    assert world.items() == before


def test_a_login_that_is_added_later_has_what_the_institution_had(world: World, sold: tuple[str, str, str]) -> None:
    _, order, _ = sold
    body = {"sub": "clerk", "label": "Till 3", "authority": "operator"}
    assert world.post("/v1/institutions/me/logins", body, **SHOP2).status == 201
    logins.forget()
    assert world.refund(order, sub="clerk").status == 200
    own = world.get("/v1/institutions/me/logins", **SHOP2).body["items"]
    assert sorted(each["authority"] for each in own) == ["operator", "owner"]
    assert world.points() == 2700
