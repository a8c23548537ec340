"""A person gives up points, the grams behind them are retired, and a certificate proves it."""

import re
from typing import Any

import pytest

from chalicelib.table import keys
from infra.dev.bench.units import transaction_units
from tests.world import PEOPLE, Answer, World

ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}


def cancel(world: World, points: int = 5000, *, sub: str = "alice", **options: Any) -> Answer:
    body = {"points": points, "purpose": "抵消我的上海至北京出行"}
    return world.post("/v1/cancellations", body, role="individual", sub=sub, **options)


@pytest.mark.engine
def test_points_are_taken_grams_retired_and_a_certificate_stands(world: World) -> None:
    world.rich(points=7100)
    done = cancel(world, 5000)
    assert done.status == 201, done
    assert (done.body["points"], done.body["grams"]) == (5000, 5000)
    serial = done.body["certificate"]["serial"]
    assert re.fullmatch(r"SH[0-9]{2}(-[2-9A-Z]{4}){4}", serial)
    assert done.body["certificate"]["url"].endswith(f"/v1/certificates/{serial}")
    assert world.points() == 2100
    certificate = world.item(keys.certificate(serial))
    assert certificate
    assert (certificate["holder"], certificate["grams"], certificate["status"]) == ("王**", 5000, "valid")

    world.stream()
    world.stream()
    assert world.me()["totals"]["cancelled"] == 5000
    assert world.entries()[0].items() >= {
        "kind": "cancellation", "points": -5000, "grams": 0, "counterparty": "system:pool", "reference": serial,
    }.items()  # fmt: skip
    supply = world.get("/v1/supply").body
    assert supply["grams_backing"] == supply["points_circulating"] == 2100
    assert (supply["grams_retired"], supply["points_by_use"]["cancelled"]) == (5000, 5000)
    assert supply["grams_confirmed"] == supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]


def test_it_costs_seven_request_units_however_long_the_purpose(world: World) -> None:
    """The account is read (1); Record, account and certificate are written in one transaction (2 each)."""
    sub = "s" * 64
    world.rich(sub)
    before = {(item["pk"]["S"], item["sk"]["S"]): item for item in world.items()}
    body = {"points": 7000, "purpose": "长" * 200}
    assert world.post("/v1/cancellations", body, role="individual", sub=sub).status == 201
    after = {(item["pk"]["S"], item["sk"]["S"]): item for item in world.items()}
    changed = [place for place in after if after[place] != before.get(place)]
    assert len(changed) == 3
    assert 1 + sum(transaction_units(before.get(place), after[place]) for place in changed) == 7


def test_a_replay_answers_the_same_certificate(world: World) -> None:
    world.rich()
    first, again = cancel(world, key="once"), cancel(world, key="once")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status, again.body) == (201, first.body)
    assert world.points() == 2100
    assert sum(item["sk"] == {"S": "certificate"} for item in world.items()) == 1


@pytest.mark.parametrize(
    "body", [{"points": 0}, {"points": "5"}, {"purpose": "长" * 201}, {"purpose": " "}, {"for": "x"}]
)
def test_what_cannot_be_meant_is_refused(world: World, body: dict[str, Any]) -> None:
    world.rich()
    answer = world.post("/v1/cancellations", {"points": 1, "purpose": "x"} | body, **ALICE)
    assert answer.refused == (422, "invalid_request")


def test_a_person_sees_her_own_cancellations_newest_first(world: World) -> None:
    world.rich()
    world.rich("bob", PEOPLE[1])
    ids = [cancel(world, points).body["id"] for points in (1, 2, 3)]
    cancel(world, 4, sub="bob")
    world.stream()
    ids.append(cancel(world, 5).body["id"])
    first = world.get("/v1/cancellations", limit=2, **ALICE).body
    rest = world.get("/v1/cancellations", limit=2, cursor=first["next_cursor"], **ALICE).body
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    one = world.get(f"/v1/cancellations/{ids[0]}", **ALICE)
    assert (one.status, one.body["points"]) == (200, 1)
    assert world.get(f"/v1/cancellations/{ids[0]}", role="individual", sub="bob").refused == (404, "not_found")
