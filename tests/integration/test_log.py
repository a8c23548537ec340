"""What operators are told of requests and events: enough to act on, and nothing about anybody."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib.edge import log
from chalicelib.table.client import client
from tests.commands import COMMANDS, Ready, send
from tests.tokens import token
from tests.world import CODES, PEOPLE, World

KEY = "key-that-nobody-may-read"
PERSONAL = [*PEOPLE, *CODES, "王小明", "王小红", "示例商贸", KEY, '"alice"', '"shop"', "trip to Hangzhou", "SH-1"]


class Lines(logging.Handler):
    """Every line as Lambda's runtime would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.setFormatter(log.Json())

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(self.format(record))

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def last(self, event: str) -> dict[str, Any]:
        return [line for line in self.told if line["event"] == event][-1]


@pytest.fixture
def lines() -> Iterator[Lines]:
    found, root = Lines(), logging.getLogger()
    root.addHandler(found)
    yield found
    root.removeHandler(found)


@pytest.mark.parametrize("make", COMMANDS.values(), ids=COMMANDS)
def test_no_line_of_any_command_tells_who_or_what(world: World, lines: Lines, make: Any) -> None:
    ready: Ready = make(world)
    for changes in (
        {},
        {},
        {"body": {"name": "王小明", "points": PEOPLE[0]}},
        {"role": "bureau"},
        {"sub": "bob-the-sub"},
    ):
        send(world, ready, key=KEY, **changes)
    world.stream()
    said = "\n".join(lines.texts)
    assert [each for each in [*PERSONAL, "bob-the-sub", "eyJ", "Bearer"] if each in said] == []
    asked = [line for line in lines.told if line.get("route") == lines.last("request")["route"]]
    assert len(asked) >= 5
    assert {"request", "status", "role", "ms", "attempts"} <= set(asked[-1])


def test_a_request_leaves_one_line(world: World, lines: Lines) -> None:
    world.merchant()
    world.rich(points=1000)
    offer = world.offer()
    lines.texts.clear()
    order = world.redeem(offer)
    [line] = lines.told
    assert line | {"at": "", "ms": 0, "request": ""} == {
        "at": "", "level": "INFO", "event": "request", "stage": "local", "route": "POST /v1/redemptions", "request": "",
        "role": "individual", "record": order.body["id"], "replayed": False, "status": 201, "attempts": 1, "ms": 0,
    }  # fmt: skip


def test_a_refusal_is_counted_by_its_code(world: World, lines: Lines) -> None:
    world.person()
    world.get("/v1/offers/none")
    line = lines.last("request")
    assert (line["status"], line["code"], line["Refusals"], line["role"]) == (404, "not_found", 1, None)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "CarbonPoints"
    assert directive["Dimensions"] == [["stage", "code"]]
    assert directive["Metrics"] == [{"Name": "Refusals", "Unit": "Count"}]
    assert line["route"] == "GET /v1/offers/{id}"


def test_a_token_that_is_refused_is_counted_and_not_shown(world: World, lines: Lines) -> None:
    forged = token("individual", "alice", exp=1)
    world.get("/v1/accounts/me", headers={"Authorization": f"Bearer {forged}"})
    assert lines.last("token refused")["Refusals"] == 1
    assert forged not in str(lines.texts)


def test_a_failure_is_told_by_type_and_place_not_by_its_words(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError(f"cannot store {PEOPLE[0]} of 王小明")

    monkeypatch.setattr(client(), "transact_write_items", fail)
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    assert world.post("/v1/accounts", body, role="individual", sub="alice").status == 500
    line = lines.last("failed")
    assert (line["level"], line["error"], line["route"]) == ("ERROR", "RuntimeError", "POST /v1/accounts")
    assert line["where"][-1].startswith("test_log.py:")
    assert lines.last("request")["code"] == "internal_error"
    assert [each for each in PERSONAL if each in str(lines.texts)] == []


def test_the_stream_tells_its_lag_and_how_many_records_it_projected(world: World, lines: Lines) -> None:
    world.rich(points=1000)
    world.stream()
    line = lines.last("projected")
    assert line["Projected"] == 1
    assert 0 <= line["StreamLag"] < 60_000
    units = [metric for each in line["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]]
    assert units == [{"Name": "Projected", "Unit": "Count"}, {"Name": "StreamLag", "Unit": "Milliseconds"}]


def test_messages_tell_their_age_and_how_many_failed(world: World, lines: Lines) -> None:
    message = {
        "messageId": "m", "receiptHandle": "r", "body": "no JSON of 王小明",
        "eventSourceARN": "arn:aws:sqs:us-east-1:1:buy-back", "attributes": {"SentTimestamp": "1000"},
    }  # fmt: skip
    assert app.pay_lots({"Records": [message]}, None)["batchItemFailures"] == [{"itemIdentifier": "m"}]
    line = lines.last("messages")
    assert (line["queue"], line["FailedMessages"]) == ("buy-back", 1)
    assert line["MessageAge"] > 10**9
    assert "王小明" not in str(lines.texts)


def test_a_run_tells_its_totals_when_it_ends(world: World, lines: Lines) -> None:
    world.merchant()
    run = world.post("/v1/buy-back-runs", role="exchange", sub="exchange").body["id"]
    for told in ({"run": run}, {"run": run, "part": 1}):
        message = {"messageId": "m", "receiptHandle": "r", "body": json.dumps(told), "attributes": {}}
        app.pay_lots({"Records": [message]}, None)
    line = lines.last("buy_back_run_finished")
    assert [line[name] for name in ("RunMerchants", "RunPoints", "RunTonnes")] == [0, 0, 0]


def test_every_metric_has_a_unit_and_dimensions_that_its_line_has() -> None:
    for unit, dimensions in log.METRICS.values():
        assert unit in {"Count", "Milliseconds"}
        assert set(dimensions) <= {"stage", "code", "queue"}
