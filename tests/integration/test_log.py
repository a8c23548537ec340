"""What operators see of requests and events: enough to act on, and nothing about anybody."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import CloudWatchEventConfig, ScheduledEventConfig

import app
from chalicelib import log
from chalicelib.agenda.attempts import attempt_each, each
from chalicelib.edge.events import woken
from chalicelib.edge.identity import tokens
from chalicelib.errors import Unavailable
from chalicelib.settings import settings
from chalicelib.table.client import client
from infra.dev.gateway.lines import Readable
from infra.dev.local import schedules
from tests.commands import COMMANDS, send
from tests.prepared import prepared
from tests.tokens import token
from tests.world import CODES, PEOPLE, World

KEY = "key-that-nobody-may-read"
SCHEDULES = [each.name for each in app.app.event_sources if isinstance(each, ScheduledEventConfig)]
UPLOADS = [each.name for each in app.app.event_sources if isinstance(each, CloudWatchEventConfig)]
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
    def fields(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    def last(self, event: str) -> dict[str, Any]:
        return [line for line in self.fields if line["event"] == event][-1]


@pytest.fixture
def lines() -> Iterator[Lines]:
    found, root = Lines(), logging.getLogger()
    root.addHandler(found)
    yield found
    root.removeHandler(found)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_of_any_command_tells_who_or_what(world: World, lines: Lines, name: str) -> None:
    ready = prepared(name, world)
    for changes in (
        {},
        {},
        {"body": {"name": "王小明", "points": PEOPLE[0]}},
        {"role": "bureau"},
        {"sub": "bob-the-sub"},
    ):
        send(world, ready, key=KEY, **changes)
    world.stream()
    text = "\n".join(lines.texts)
    assert [each for each in [*PERSONAL, "bob-the-sub", "eyJ", "Bearer"] if each in text] == []
    asked = [line for line in lines.fields if line.get("route") == lines.last("request")["route"]]
    assert len(asked) >= 5
    assert {"request", "status", "role", "ms", "attempts"} <= set(asked[-1])


def test_a_request_leaves_one_line(world: World, lines: Lines) -> None:
    world.merchant()
    world.rich(points=1000)
    offer = world.offer()
    lines.texts.clear()
    order = world.redeem(offer)
    [line] = lines.fields
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


def test_a_token_that_cannot_be_judged_is_a_failure(
    world: World, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: str) -> None:
        raise ConnectionError("the issuer")

    monkeypatch.setattr(tokens, "claims", away)
    with pytest.raises(ConnectionError):
        world.get("/v1/accounts/me", role="individual", sub="alice")
    [line] = lines.fields
    values = [line[name] for name in ("level", "event", "function", "error", "AuthorizerFailures")]
    assert values == ["ERROR", "failed", "authenticate", "ConnectionError", 1]


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
    assert line["request"] == lines.last("request")["request"]
    assert [each["event"] for each in lines.fields] == ["failed", "request"]
    assert line["where"][-1].startswith("test_log.py:")
    assert lines.last("request")["code"] == "internal_error"
    assert [each for each in PERSONAL if each in str(lines.texts)] == []


def test_the_stream_tells_its_lag_and_how_many_records_it_projected(world: World, lines: Lines) -> None:
    world.rich(points=1000)
    world.stream()
    line = lines.last("projected")
    assert (line["function"], line["Projected"]) == ("project", 1)
    assert 0 <= line["StreamLag"] < 60_000
    units = [metric for each in line["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]]
    assert units == [{"Name": "Projected", "Unit": "Count"}, {"Name": "StreamLag", "Unit": "Milliseconds"}]


def test_a_batch_of_the_stream_that_fails_is_not_told_as_projected(world: World, lines: Lines) -> None:
    world.rich(points=1000)
    lines.texts.clear()
    world.store.down = True
    with pytest.raises(Unavailable):
        world.stream()
    [line] = lines.fields
    values = {name: line[name] for name in ("level", "event", "function", "error", "cause")}
    assert values == {
        "level": "ERROR", "event": "failed", "function": "project", "error": "Unavailable",
        "cause": "ConnectTimeoutError",
    }  # fmt: skip
    assert line["ms"] >= 0
    assert line["where"][-1].startswith("commit.py:")


def wake(name: str) -> None:
    """As EventBridge does; for an upload, with a key that the table is asked about."""
    if name in SCHEDULES:
        schedules.fire(app, name)
        return
    made = {"bucket": {"name": settings().documents_bucket}, "object": {"key": "incoming/batches/none/file"}}
    about = {"source": "aws.s3", "detail-type": "Object Created", "time": "2026-01-31T08:00:00Z", "resources": []}
    getattr(app, name)(about | {"version": "0", "id": "1", "account": "1", "region": "x", "detail": made}, None)


@pytest.mark.parametrize("name", [*SCHEDULES, *UPLOADS])
def test_what_a_schedule_or_an_upload_wakes_leaves_one_line(world: World, lines: Lines, name: str) -> None:
    wake(name)
    [line] = lines.fields
    assert (line["level"], line["event"], line["function"]) == ("INFO", "worked", name)
    assert line["ms"] >= 0
    assert ("RunsUnfinished" in line) == (name == "resume")


JOBS = {"resume": 23, "retry_webhooks": 5, "sweep": 12}  # of schedules that have several


@pytest.mark.parametrize("name", [*SCHEDULES, *UPLOADS])
def test_and_one_line_where_it_fails_after_those_of_its_jobs(world: World, lines: Lines, name: str) -> None:
    world.store.down = True
    with pytest.raises(Unavailable):
        wake(name)
    *jobs, line = lines.fields
    assert [(each["event"], each["what"]) for each in jobs] == [("failed", "job")] * JOBS.get(name, 0)
    assert [line[each] for each in ("level", "event", "function", "error")] == ["ERROR", "failed", name, "Unavailable"]
    assert line["where"]


def test_a_job_that_fails_keeps_no_other_from_being_done() -> None:
    done: list[int] = []

    def fails() -> None:
        done.append(2)
        raise ValueError("the first")

    with pytest.raises(ValueError, match="the first"):
        each(lambda: done.append(1), fails, lambda: done.append(3), lambda: [][0])
    assert done == [1, 2, 3]


def test_of_many_things_each_has_its_turn_and_each_failure_is_told_by_name(lines: Lines) -> None:
    done: list[str] = []

    def do(thing: str) -> None:
        if thing in "bd":
            raise ValueError(thing)
        done.append(thing)

    with pytest.raises(ValueError, match="b"):
        attempt_each("abcde", do, what="letter", name=str)
    assert done == ["a", "c", "e"]
    assert [(line["what"], line["name"]) for line in lines.fields if line["event"] == "failed"] == [
        ("letter", "b"),
        ("letter", "d"),
    ]
    assert attempt_each("ab", str.upper, what="letter") == ["A", "B"]


def test_what_was_counted_before_a_failure_is_in_its_line(lines: Lines) -> None:
    @woken
    def fails(_: Any) -> None:
        """Fails."""
        log.count("RunsUnfinished", 2)
        log.annotate(reason="none")
        raise RuntimeError("of 王小明")

    with pytest.raises(RuntimeError):
        fails(None)  # type: ignore[arg-type]
    [line] = lines.fields
    assert (line["function"], line["RunsUnfinished"], line["reason"]) == ("fails", 2, "none")
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "RunsUnfinished", "Unit": "Count"}]
    assert "王小明" not in str(lines.texts)


def test_one_machine_shows_a_failure_with_what_was_done_and_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "carbon-points")
    with pytest.raises(RuntimeError), log.line("worked", function="resume"):
        raise RuntimeError("why")
    first, *rest = Readable().format(caplog.records[-1]).splitlines()
    assert " ERROR failed function=resume ms=" in first
    assert (rest[0], rest[-1]) == ("Traceback (most recent call last):", "RuntimeError: why")


def test_messages_tell_their_age_and_how_many_failed(world: World, lines: Lines) -> None:
    message = {
        "messageId": "m", "receiptHandle": "r", "body": "no JSON of 王小明",
        "eventSourceARN": "arn:aws:sqs:us-east-1:1:buy-back", "attributes": {"SentTimestamp": "1000"},
    }  # fmt: skip
    assert app.pay_lots({"Records": [message]}, None)["batchItemFailures"] == [{"itemIdentifier": "m"}]
    line = lines.last("messages")
    assert (line["queue"], line["FailedMessages"]) == ("buy-back", 1)
    assert line["MessageAge"] > 10**9
    [failed] = [each for each in lines.fields if each["event"] == "failed"]
    values = [failed[name] for name in ("level", "queue", "message", "error")]
    assert values == ["ERROR", "buy-back", "m", "JSONDecodeError"]
    assert "王小明" not in str(lines.texts)


def test_a_run_tells_its_totals_when_it_ends(world: World, lines: Lines) -> None:
    world.merchant()
    run = world.post("/v1/buy-back-runs", role="exchange", sub="exchange").body["id"]
    for body in ({"run": run}, {"run": run, "part": 1}):
        message = {"messageId": "m", "receiptHandle": "r", "body": json.dumps(body), "attributes": {}}
        app.pay_lots({"Records": [message]}, None)
    line = lines.last("buy_back_run_finished")
    assert [line[name] for name in ("RunMerchants", "RunPoints", "RunTonnes")] == [0, 0, 0]


def test_every_metric_has_a_unit_and_dimensions_that_its_line_has() -> None:
    for unit, dimensions in log.METRICS.values():
        assert unit in {"Count", "Milliseconds"}
        assert set(dimensions) <= {"stage", "code", "queue"}
