"""Records, orders and what waits, as exchange, bureau and auditor see them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE
from chalicelib.kernel.fields import stamp
from chalicelib.supervision import orders as room
from chalicelib.table import keys
from tests import officials
from tests.desk import Desk
from tests.integration.test_readings import readings
from tests.world import CODES, PEOPLE, Answer, World

WHY = "complaint 2026-17"


def read(world: World, record: str, role: str = AUDITOR, **params: Any) -> Answer:
    return world.get(f"/v1/records/{record}", role=role, sub=role, **({"reason": WHY} | params))


@pytest.fixture
def sale(world: World) -> str:
    """An order of Alice's at the shop."""
    world.merchant()
    world.rich(points=9000)
    return str(world.redeem(world.offer(stock=20)).body["id"])


@pytest.mark.parametrize("role", [EXCHANGE, BUREAU, AUDITOR])
def test_a_record_shows_what_it_moved_and_what_was_answered(world: World, sale: str, role: str) -> None:
    answer = read(world, sale, role).body
    assert (answer["id"], answer["kind"], answer["role"], answer["movement"]) == (
        sale, "redemption", "individual", "redemption",
    )  # fmt: skip
    shop, alice = (keys.holder(world.me(*who)["id"]) for who in (("shop", "institution"), ("alice", "individual")))
    assert next((each["source"], each["amount"], each["asset"]) for each in answer["postings"]) == (
        alice,
        1000,
        "points",
    )
    assert answer["references"]["holder"] == shop
    assert answer["answer"]["points"] == 1000


def test_no_login_and_no_secret_of_the_caller_is_answered(world: World, sale: str) -> None:
    world.fulfil(sale)
    [fulfilled] = [each["id"] for each in world.records() if each["kind"] == "redemption_fulfilled"]
    for record in (sale, fulfilled):
        text = json.dumps(read(world, record).body)
        assert '"alice"' not in text
        assert '"shop"' not in text
        assert "SH-1" not in text
    assert {"note", "voucher"} <= {*read(world, fulfilled).body["withheld"]}


def test_one_login_is_one_caller_and_another_role_is_another(world: World, sale: str) -> None:
    made = {each["kind"]: each["id"] for each in world.records()}
    callers = {
        kind: read(world, made[kind]).body["caller"] for kind in ("redemption", "offer_made", "merchant_admitted")
    }
    again = world.redeem(world.offer()).body["id"]
    assert read(world, again).body["caller"] == callers["redemption"]
    assert len(set(callers.values())) == 3


def test_every_holder_whom_a_record_concerns_sees_that_it_was_read(world: World, sale: str) -> None:
    read(world, sale, BUREAU)
    for who in (("alice", "individual"), ("shop", "institution")):
        [seen] = readings(world, *who)
        assert (seen["kind"], seen["role"], seen["reason"]) == ("record_read", BUREAU, WHY)
    world.person("bob", PEOPLE[1])
    assert readings(world, "bob") == []


def test_a_record_of_nobody_s_leaves_a_record_of_its_reading_alone(world: World) -> None:
    world.scenario()
    [published] = [each["id"] for each in world.records() if each["kind"] == "scenario_published"]
    assert read(world, published).status == 200
    [reading] = [each for each in world.records() if each["kind"] == "record_read"]
    assert (reading["reference"], reading["reason"], reading["answer"]) == (published, WHY, "{}")


@pytest.mark.parametrize("reason", [None, "", "  ", "\u3000", "x" * 201])
def test_without_a_reason_no_record_is_read(world: World, sale: str, reason: str | None) -> None:
    before = world.items()
    params = {} if reason is None else {"reason": reason}
    answer = world.get(f"/v1/records/{sale}", role=AUDITOR, sub=AUDITOR, **params)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/reason"])
    assert world.items() == before


def test_a_record_that_is_not_there_is_not_read(world: World) -> None:
    assert read(world, "nothing").refused == (404, "not_found")
    assert world.items() == []


# orders


def listed(world: World, role: str = EXCHANGE, **params: Any) -> Answer:
    return world.get("/v1/orders", role=role, sub=role, **params)


@pytest.fixture
def town(world: World) -> list[str]:
    """Seven orders of two people at two merchants, the newest first; the stream has come."""
    world.merchant()
    world.merchant("mall", CODES[1])
    world.rich(points=9000)
    world.rich("bob", PEOPLE[1])
    offers = [world.offer(stock=20), world.offer("mall", stock=20)]
    made = [world.redeem(offers[number % 2], sub="bob" if number % 3 else "alice").body["id"] for number in range(7)]
    world.fulfil(made[0])
    world.refund(made[2])
    world.stream()
    return made[::-1]


def test_orders_of_all_merchants_come_newest_first_without_their_buyers(world: World, town: list[str]) -> None:
    for role in (EXCHANGE, AUDITOR):
        items = listed(world, role).body["items"]
        assert [each["id"] for each in items] == sorted(town, key=lambda id: _at(world, id), reverse=True)
        assert all(each.keys().isdisjoint({"account", "voucher", "note"}) for each in items)


def _at(world: World, id: str) -> tuple[str, str]:
    [record] = [each for each in world.records() if each["id"] == id]
    return record["at"], id


@pytest.mark.parametrize("merchant", [True, False])
@pytest.mark.parametrize("status", [None, "placed", "fulfilled", "refunded"])
def test_pages_hold_each_order_once(world: World, town: list[str], merchant: bool, status: str | None) -> None:
    shop = world.me("shop", "institution")["id"]
    asked = ({"merchant": shop} if merchant else {}) | ({"status": status} if status else {})
    whole = listed(world, **asked).body["items"]
    assert {each["status"] for each in whole} == ({status} if status else {"placed", "fulfilled", "refunded"})
    assert {each["merchant"] for each in whole} == {shop} or not merchant
    assert [each["id"] for each in _paged(world, **asked)] == [each["id"] for each in whole]


def _paged(world: World, **asked: Any) -> Iterator[Any]:
    page = listed(world, limit=2, **asked).body
    yield from page["items"]
    while page["next_cursor"]:
        page = listed(world, limit=2, cursor=page["next_cursor"], **asked).body
        yield from page["items"]


def test_time_bounds_are_from_included_to_until_excluded(world: World, town: list[str]) -> None:
    times = sorted(_at(world, id)[0] for id in town)
    found = [each["at"] for each in listed(world, **{"from": times[2], "until": times[5]}).body["items"]]
    assert sorted(found) == [each for each in times if times[2] <= each < times[5]]


def test_a_walk_that_looked_at_too_much_stops_and_continues(
    world: World, town: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SCANNED_MAX", 3)
    monkeypatch.setattr(room, "STEP", 2)
    monkeypatch.setattr(room, "DAYS_A_PAGE_MAX", 2)
    since = stamp(datetime.now(UTC) - timedelta(days=9))
    asked = {"status": "fulfilled", "from": since}
    first = listed(world, **asked).body
    assert (first["items"], bool(first["next_cursor"])) == ([], True)
    assert [each["status"] for each in _paged(world, **asked)] == ["fulfilled"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/until"),
        ({"from": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/from"),
        ({"from": "yesterday"}, "/from"),
        ({"status": "lost"}, "/status"),
        ({"buyer": "x"}, "/buyer"),
    ],
)
def test_what_cannot_be_asked_of_orders_is_refused(world: World, asked: dict[str, str], pointer: str) -> None:
    answer = listed(world, **asked)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])


def test_an_unknown_merchant_is_not_found_and_the_bureau_asks_elsewhere(world: World) -> None:
    assert listed(world, merchant="nobody").refused == (404, "not_found")
    assert listed(world, BUREAU).refused == (403, "role_not_allowed")


# what waits


def worklist(world: World, role: str = BUREAU, **params: Any) -> list[dict[str, Any]]:
    answer = world.get("/v1/worklist", role=role, sub=role, **params)
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    return items


@pytest.fixture
def busy(world: World) -> World:
    """An application for the exchange, a reduction for the bureau, a campaign for the exchange."""
    world.institution()
    Desk(world).bring("third_party_mall", "submitted")
    world.scenario(confirmation="manual")
    world.report(world.person())
    campaign = {
        "title": "t", "purpose": "event", "description": "d", "target_grams": 9, "ends_at": "2097-01-01T00:00:00Z",
    }  # fmt: skip
    assert world.post("/v1/campaigns", campaign, role="institution", sub="shop").status == 201
    return world


@pytest.mark.parametrize("role", [EXCHANGE, BUREAU, AUDITOR])
def test_what_waits_says_for_whom_and_where_it_is_read(busy: World, role: str) -> None:
    items = worklist(busy, role)
    assert {(each["kind"], each["state"], each["actor"]) for each in items} == {
        ("application", "submitted", "exchange"),
        ("reduction", "reported", "bureau"),
        ("campaign", "proposed", "exchange"),
    }
    assert [each["since"] for each in items] == sorted(each["since"] for each in items)
    for each in items:
        if each["kind"] != "campaign":  # which the public list does not show yet
            assert busy.get(each["path"], role=AUDITOR, sub=AUDITOR).status == 200, each


def test_only_what_waits_for_a_role_or_for_long_is_named(busy: World) -> None:
    assert {each["kind"] for each in worklist(busy, actor="bureau")} == {"reduction"}
    assert worklist(busy, older_than_days=1) == []


def test_a_long_list_is_cut_and_says_so(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    busy.report(busy.me()["id"])
    monkeypatch.setattr("chalicelib.supervision.worklist.EACH_MAX", 1)
    answer = busy.get("/v1/worklist", role=BUREAU, sub=BUREAU).body
    assert answer["more"] == ["reduction"]
    assert [each["kind"] for each in answer["items"]].count("reduction") == 1


def test_a_run_that_has_not_ended_waits_and_an_order_in_its_time_does_not(world: World) -> None:
    world.merchant()
    world.rich(points=9000)
    order = world.redeem(world.offer(fulfil_within_days=1)).body["id"]
    world.stream()
    run = world.post("/v1/buy-back-runs", role="exchange", sub="exchange").body["id"]
    assert [(each["kind"], each["id"]) for each in worklist(world)] == [("buy_back_run", run)]
    assert order not in {each["id"] for each in worklist(world)}


def test_a_procedure_waits_for_a_second_official_until_it_is_decided(world: World) -> None:
    id = officials.proposed(world, "rebind", world.person(), new_sub="alice-2")
    [waits] = worklist(world)
    assert [waits[each] for each in ("kind", "id", "state", "actor")] == ["procedure", id, "proposed", "exchange"]
    assert world.get(waits["path"], role=AUDITOR, sub=AUDITOR).body["status"] == "proposed"
    assert officials.reject(world, id).status == 200
    assert worklist(world) == []


@pytest.mark.parametrize(
    "asked", [{"actor": "alice"}, {"older_than_days": "-1"}, {"older_than_days": "1.5"}, {"x": "1"}]
)
def test_what_cannot_be_asked_of_the_worklist_is_refused(world: World, asked: dict[str, str]) -> None:
    answer = world.get("/v1/worklist", role=BUREAU, sub=BUREAU, **asked)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [f"/{name}" for name in asked])
