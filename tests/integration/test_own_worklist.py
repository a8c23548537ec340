"""What waits, as an institution or a scenario operator sees it: all that concerns itself, and nothing of others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import shanghai
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.lists import Listing
from chalicelib.table.write import put, update
from tests import disputes
from tests.batches import Batches
from tests.desk import Desk
from tests.disputes import EXCHANGE, REPORTER, SHOP
from tests.world import World

OTHERS: list[dict[str, Any]] = [
    {"role": "scenario_operator", "sub": "another"},
    {"role": "institution", "sub": "another"},
    {"role": "institution", "sub": "operator"},
    {"role": "scenario_operator", "sub": "shop"},
]
LONG_AGO = "2026-01-01T00:00:00.000Z"


def waiting(world: World, who: dict[str, Any], **asked: Any) -> list[tuple[str, str, str]]:
    answer = world.get("/v1/worklist", **who, **asked)
    assert answer.status == 200, answer
    found = answer.body["items"]
    assert [each["since"] for each in found] == sorted(each["since"] for each in found)
    for each in found:
        assert world.get(each["path"], **who).status == 200, each
    return [(each["kind"], each["state"], each["actor"]) for each in found]


def alone(world: World) -> None:
    """Nobody else sees any of it."""
    for other in OTHERS:
        assert waiting(world, other) == [], other


def test_an_operator_sees_the_disputes_that_it_answers_until_they_are_ruled(world: World) -> None:
    world.scenario()
    id = disputes.opened(world, "reduction", world.report(world.person()).body["id"])
    assert waiting(world, REPORTER) == [("dispute", "awaiting_answer", "scenario_operator")]
    assert waiting(world, REPORTER, actor="bureau") == waiting(world, REPORTER, older_than_days=1) == []
    disputes.reply(world, id, **REPORTER)
    assert waiting(world, REPORTER) == [("dispute", "awaiting_ruling", "bureau")]
    alone(world)
    disputes.withdraw(world, id)
    assert waiting(world, REPORTER) == []


def test_an_operator_sees_the_days_on_which_it_counts_something_else(world: World) -> None:
    world.scenario()
    world.scenario("bus", operator="bus-operator")
    for operator, scenario in (("operator", "metro"), ("bus-operator", "bus")):
        body = {"scenario": scenario, "day": "2024-01-15", "trips": 1, "grams": 1}
        made = world.post("/v1/operator-totals", body, role="scenario_operator", sub=operator)
        assert (made.status, made.body["status"]) == (201, "differs")
        own = world.get("/v1/worklist", role="scenario_operator", sub=operator).body["items"]
        assert [(each["id"], each["actor"]) for each in own] == [(made.body["id"], "scenario_operator")]
    alone(world)


def test_an_operator_sees_files_that_were_refused_or_never_came(batches: Batches) -> None:
    world = batches.world
    never, refused = batches.open(b"{}\n").body["id"], batches.open(b"{}\n").body["id"]
    batches.upload(refused, b"something else\n")
    batches.tell(refused)
    assert waiting(world, REPORTER) == [
        ("batch", "awaiting_upload", "scenario_operator"), ("batch", "refused", "scenario_operator"),
    ]  # fmt: skip
    assert [each["id"] for each in world.get("/v1/worklist", **REPORTER).body["items"]] == [never, refused]
    alone(world)
    for place in [place for place in world.store.items if place[0].startswith("batches:")]:
        item = world.store.items.pop(place)
        rank = f"{LONG_AGO}:{place[1].rpartition(':')[2]}"
        world.store.items[place[0], rank] = item | {"sk": {"S": rank}}
    assert waiting(world, REPORTER) == []  # a week later nobody waits for them


@pytest.mark.parametrize(
    ("state", "actor"), [("draft", None), ("submitted", "exchange"), ("acknowledged", "institution")]
)
def test_an_institution_sees_how_its_application_stands(world: World, state: str, actor: str | None) -> None:
    world.institution()
    Desk(world).bring("third_party_mall", state)
    assert waiting(world, SHOP) == ([("application", state, actor)] if actor else [])
    alone(world)


def test_a_merchant_sees_its_disputes_and_late_orders(world: World) -> None:
    order = disputes.order(world, fulfil_within_days=1)
    disputes.opened(world, "redemption", order)
    assert waiting(world, SHOP) == [("dispute", "awaiting_answer", "institution")]
    due = {"merchant": keys.account_id("shop"), "category": "x"}
    commit([put(keys.due(order), due, listed=Listing("orders-due", f"{LONG_AGO}:{order}"))])
    assert waiting(world, SHOP)[0] == ("order", "late", "institution")
    alone(world)


@pytest.mark.parametrize(("days", "state"), [(20, "ending"), (40, None)])
def test_a_merchant_sees_which_papers_end(world: World, days: int, state: str | None) -> None:
    ends_on = (shanghai.clock(datetime.now(UTC)).date() + timedelta(days=days)).isoformat()
    body = {"account": world.institution(), "mode": "other", "reason": "letter", "licence_ends_on": ends_on}
    assert world.post("/v1/merchants", body, **EXCHANGE).status == 201
    assert waiting(world, SHOP) == ([("licence", state, "institution")] if state else [])
    alone(world)


@pytest.mark.parametrize(
    ("item", "seen"),
    [
        ({"since": {"stock_below_commitment": LONG_AGO}}, ("duty", "unmet", "institution")),
        ({"since": {"shelf_ended": LONG_AGO}}, None),
        ({"since": {}, "delisted_at": "2098-01-01T00:00:00.000Z"}, None),
        ({"since": {}, "delisted_at": LONG_AGO}, ("duty", "delisted", "exchange")),
    ],
)
def test_a_merchant_sees_the_duties_that_it_does_not_keep(
    world: World, item: dict[str, Any], seen: tuple[str, str, str] | None
) -> None:
    merchant = world.merchant()
    commit([update(keys.duties(merchant), assign={"merchant": merchant, "looked_at": LONG_AGO} | item)])
    assert waiting(world, SHOP) == ([seen] if seen else [])


def test_a_merchant_that_leaves_sees_it_until_it_has_left(world: World) -> None:
    merchant = world.merchant()
    assert world.post(f"/v1/merchants/{merchant}/leave", {"reason": "we move"}, **SHOP).status in (200, 201)
    assert ("departure", "leaving", "institution") in waiting(world, SHOP)


def test_a_person_has_no_worklist(world: World) -> None:
    world.person()
    assert world.get("/v1/worklist", role="individual", sub="alice").refused == (403, "role_not_allowed")
