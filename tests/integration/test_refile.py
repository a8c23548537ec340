"""Records that the stream lost are found and projected, each once, whoever else brings them."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from chalicelib.accounts.model import Totals
from chalicelib.settings import settings
from chalicelib.supervision.audit.verdict import Verdict
from chalicelib.table import keys
from chalicelib.triggers import stream
from infra.ops import audit, refile, target
from tests import books
from tests.world import World
from tests.worlds import engine_world

TABLE = "carbon-points-local"


def scanned() -> Verdict:
    return audit.scanned(audit.Table(TABLE, boto3.client("dynamodb"), segments=2))


RACE = {
    "title": "2026 上海马拉松碳中和", "purpose": "event", "description": "为赛事排放募集碳积分", "target_grams": 10_000,
    "ends_at": "2098-12-31T16:00:00Z",
}  # fmt: skip
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
LOST = {"campaign_closing", "conversion"}  # movements: an account waits for the second only


@pytest.fixture
def world() -> Iterator[World]:
    """Over the engine: the dictionary knows no scan."""
    with engine_world() as world:
        yield world


@pytest.fixture
def town(world: World) -> World:
    """A person who travels, buys and gives; a merchant; a campaign that is closed. The stream brought nothing yet."""
    world.merchant()
    world.rich(points=9000)
    world.refund(world.redeem(offer := world.offer(stock=20)).body["id"])
    world.redeem(offer)
    world.sweep()
    campaign = world.post("/v1/campaigns", RACE, role="institution", sub="shop").body["id"]
    world.post(f"/v1/campaigns/{campaign}/approve", role="exchange", sub="exchange")
    world.post("/v1/donations", {"campaign": campaign, "points": 500}, role="individual", sub="alice")
    assert world.post(f"/v1/campaigns/{campaign}/close", role="exchange", sub="exchange").status == 200
    return world


def lose(world: World) -> list[str]:
    """The stream brings everything else; the Records that it lost, the oldest first."""
    items = world.items()
    lost = [item for item in items if item.get("movement", {}).get("S") in LOST]
    assert {item["movement"]["S"] for item in lost} == LOST
    world.stream([item for item in items if item not in lost])
    return [item["pk"]["S"].removeprefix("record:") for item in sorted(lost, key=lambda item: str(item["at"]["S"]))]


def supply(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.get("/v1/supply").body
    return found


def all_agrees(world: World) -> None:
    books.check(world)
    books.check_projected(world, supply(world))
    found = scanned()
    assert (found.findings.named, found.books.waiting) == ([], {})


def test_records_that_an_account_waits_for_are_projected_once(town: World) -> None:
    refile.refile(TABLE, waiting := refile.waiting(TABLE))
    assert refile.waiting(TABLE) == []
    after = town.items()
    refile.refile(TABLE, waiting)
    assert (len(waiting), town.items()) == (6, after)


def test_a_lost_record_that_no_account_waits_for_is_found_too(town: World) -> None:
    lost = lose(town)
    assert set(refile.waiting(TABLE)) < set(lost)
    assert [str(each.account) for each in scanned().findings.named] == []  # it waits, and is not looked at
    refile.refile(TABLE, refile.waiting(TABLE))
    assert "supply" in [each.account for each in scanned().findings.named]
    assert set(refile.unmarked(TABLE)) < set(lost)
    refile.refile(TABLE, refile.unmarked(TABLE))
    all_agrees(town)


def test_the_command_hands_over_what_bears_no_mark_and_nothing_when_run_again(
    town: World, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = lose(town)
    assert refile.unmarked(TABLE, segments=3) == lost
    refile.main(["--all"])
    assert capsys.readouterr().out.splitlines() == [
        f"Reading {TABLE}",
        f"{len(lost)} Records were handed to the consumers",
    ]
    all_agrees(town)
    after = town.items()
    refile.main(["--all"])
    assert capsys.readouterr().out.splitlines()[-1] == "0 Records were handed to the consumers"
    assert town.items() == after


def seen(world: World) -> list[Any]:
    """All that is projected, as callers see it; which lane a sum stands in is of no matter."""
    both = (("alice", "individual"), ("shop", "institution"))
    offers = world.get("/v1/offers").body["items"]
    return [supply(world), offers, *(world.me(*who) for who in both), *(world.entries(*who) for who in both)]


def trips_seen(world: World) -> list[Any]:
    """Lists of reductions, and the days of operators."""
    mine = {"role": "individual", "sub": "alice"}
    lists: Any = [mine, *({**BUREAU, "scenario": code} for code in ("metro", "bus"))]
    found = [world.get("/v1/reductions", limit=100, **asked).body["items"] for asked in lists]
    assert [len(each) for each in found] == [7, 2, 4]  # one more made her rich
    return [*found, world.get("/v1/operator-totals", **{"from": "2024-01-01", "until": "2024-12-31"}, **BUREAU).body]


def delete_projections(world: World) -> None:
    table = boto3.resource("dynamodb").Table(TABLE)
    for item in world.items():
        totals = dict(zip("abcdefg", Totals.model_fields, strict=True))
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        summed = sk.startswith("sums:") and pk.startswith(("account:", "offer:", "supply"))
        summed |= pk.startswith(("colours:", "used:", "confirmed:", "turnover:", "statistics")) or sk.startswith(
            "earned:"
        )
        listed = pk.startswith("scenario-trips:") or (pk.startswith("account:") and sk.startswith("reduction:"))
        counted = sk == "counted" or (pk.startswith("totals:") and ":ours:" in sk)
        if sk.startswith("entry:") or sk == "filed" or summed or listed or counted:
            table.delete_item(Key={"pk": pk, "sk": sk})
        elif sk == "account":
            totals |= {f"e{number}": name for number, name in enumerate(item) if name.startswith("earned:")}
            table.update_item(
                Key={"pk": pk, "sk": sk},
                UpdateExpression="REMOVE " + ", ".join(f"#{name}" for name in totals),
                ExpressionAttributeNames={f"#{name}": total for name, total in totals.items()},
            )


def test_deleted_projections_are_made_again_from_the_records(town: World) -> None:
    town.stream()
    before = seen(town)
    delete_projections(town)
    assert seen(town) != before
    moved = [record["id"] for record in town.records() if "movement" in record]
    assert sorted(refile.unmarked(TABLE)) == sorted(moved)
    refile.main(["--rebuild"])
    assert seen(town) == before
    all_agrees(town)
    again = town.items()
    refile.main(["--rebuild"])
    assert town.items() == again


def test_lists_of_trips_and_operators_days_are_made_again_from_the_records(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trips of both forms, one reversed; and those that wait, are confirmed, rejected, or confirmed and reversed."""
    alice = keys.account_id("alice")
    town.scenario("bus", grams_per_unit="10", confirmation="manual")
    undone = town.report(alice, "2").body["id"]
    with monkeypatch.context() as before:
        before.setattr("chalicelib.kernel.record.settings", lambda: settings()._replace(record_form=0))
        town.report(alice, "3")
    _, confirmed, rejected, reversed_ = (town.report(alice, "1", scenario="bus").body["id"] for _ in range(4))
    evidence = {"reason": "no such trip", "evidence_sha256": "a" * 64}
    steps: Any = [(confirmed, "confirm", {}), (reversed_, "confirm", {}), (rejected, "reject", {"reason": "no"})]
    for id, step, body in [*steps, (undone, "reverse", evidence), (reversed_, "reverse", evidence)]:
        assert town.post(f"/v1/reductions/{id}/{step}", body, **BUREAU).status == 200
    town.stream()
    before_all = trips_seen(town)
    delete_projections(town)
    refile.main(["--rebuild"])
    refile.main(["--since", "2020"])
    assert trips_seen(town) == before_all
    all_agrees(town)


def test_only_what_has_not_met_its_counterpart_is_kept() -> None:
    found = refile.Unmarked()
    for sk, id in (
        ("entry:1:a", "a"), ("entry:2:b", "b"), ("record", "b"), ("entry:2:b", "b"), ("record", "a"), ("record", "c"),
        ("record", "d"), ("filed", "d"), ("record", "0"),
    ):  # fmt: skip
        found.add({"id": {"S": id}, "sk": {"S": sk}, "at": {"S": "2" if id == "0" else "1"}})
    assert found.ids() == ["c", "0"]
    assert found.marks == {"b"}


def test_reactions_that_were_lost_are_done_from_a_time_on(town: World, capsys: pytest.CaptureFixture[str]) -> None:
    town.stream()
    offer = town.offer()
    turn = town.post(f"/v1/merchants/{keys.account_id('shop')}/suspend", {"reason": "x"}, role="exchange", sub="e")
    assert turn.status == 200
    [lost] = [record for record in town.records() if record["kind"] == "merchant_suspended"]
    assert refile.unmarked(TABLE) == []  # it moved nothing, so projection leaves no mark on it
    refile.main(["--since", lost["at"]])
    assert capsys.readouterr().out.splitlines()[-1].endswith("Records were handed to the consumers")
    assert town.get(f"/v1/offers/{offer}").body["status"] == "off_shelf"
    all_agrees(town)
    assert refile.since(TABLE, "2999") == []


def test_a_reaction_that_fails_is_told_by_its_records_and_the_others_are_done(
    town: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(records: Any) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(stream, "REACTIONS", (broken, *stream.REACTIONS))
    town.stream([])
    waiting = refile.waiting(TABLE)
    assert refile.refile(TABLE, waiting) == waiting
    assert refile.waiting(TABLE) == []
    with pytest.raises(SystemExit, match="Reactions failed for"):
        refile.main(["--since", "2020"])


class Stage:
    """What CloudFormation and Lambda say of a deployed stage."""

    def client(self, service: str) -> Any:
        return self

    def describe_stack_resource(self, StackName: str, LogicalResourceId: str) -> Any:
        return {"StackResourceDetail": {"PhysicalResourceId": f"{StackName}-{LogicalResourceId}-ABC"}}

    def get_function_configuration(self, FunctionName: str) -> Any:
        assert FunctionName == "carbon-points-prod-Project-ABC"
        return {"Environment": {"Variables": {"TABLE_NAME": "carbon-points-prod", "SIGNING_KEYS": "arn:key"}}}


@pytest.mark.parametrize(("own", "table"), [("", "carbon-points-prod"), ("carbon-points-restored",) * 2])
def test_a_stages_settings_are_those_of_its_consumer(monkeypatch: pytest.MonkeyPatch, own: str, table: str) -> None:
    monkeypatch.setattr(os, "environ", {"TABLE_NAME": own} if own else {})
    target.take_settings("prod", Stage())
    assert os.environ == {"TABLE_NAME": table, "SIGNING_KEYS": "arn:key"}


@pytest.mark.parametrize(("own", "table"), [({}, "carbon-points-prod"), ({"TABLE_NAME": "mine"}, "mine")])
def test_a_stages_table_is_looked_for_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, str], table: str
) -> None:
    monkeypatch.setattr(boto3, "client", Stage().client)
    monkeypatch.setattr(os, "environ", {"STAGE": "prod"} | own)
    assert target.table_name() == table


@pytest.mark.usefixtures("world")
def test_a_stage_that_is_not_there_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "nowhere")
    with pytest.raises(SystemExit, match=r"^The stack carbon-points-nowhere in us-east-1 cannot be read: [^\n]+$"):
        refile.main([])
