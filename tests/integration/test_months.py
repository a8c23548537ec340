"""Months: the public's statistics, and reports that are made once and signed."""

import csv
import io
import json
import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE
from chalicelib.provenance.closing import MonthNotClosed, closes_at
from chalicelib.reports import actions, queries, worker
from chalicelib.reports.queries import Sold
from chalicelib.signing import jose
from chalicelib.signing.jws import jwks
from chalicelib.statistics import memory, model
from chalicelib.statistics import queries as statistics_queries
from chalicelib.statistics.model import Confirmed, Sums
from tests.integration.test_books import lively
from tests.world import Answer, World

SOLD = Sold(0, [], [], [])
LATER = datetime(2099, 1, 5, tzinfo=UTC)


@pytest.fixture
def month(world: World) -> str:
    """The month of a lively world whose stream has come."""
    lively(world)
    world.stream()
    world.stream()  # what comes twice counts once
    return model.month(datetime.now(UTC))


def statistics(world: World, accept: str = "application/json", **asked: Any) -> Answer:
    return world.get("/v1/statistics", headers={"Accept": accept}, **asked)


def test_the_public_sees_a_month_without_any_party(world: World, month: str) -> None:
    answer = statistics(world, **{"from": month, "until": month})
    [seen] = answer.body["items"]
    supply = world.get("/v1/supply").body
    assert (seen["issued_grams"], seen["cancelled_points"], seen["orders"]) == (supply["grams_confirmed"], 500, 4)
    assert seen["redeemed_points"] - seen["refunded_points"] == supply["points_by_use"]["redeemed"]
    assert [(each["scenario"], each["issued_grams"]) for each in seen["issued"]] == [("walk", 9000)]
    text = json.dumps(answer.body)
    assert not [id for id in (world.me()["id"], world.me("shop", "institution")["id"]) if id in text]


def test_without_a_period_the_last_twelve_months_are_answered(world: World) -> None:
    items = statistics(world).body["items"]
    assert [len(items), items[-1]["month"]] == [12, model.month(datetime.now(UTC))]
    assert {each["records"] for each in items} == {0}


def test_months_that_are_closed_are_read_once_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read, now = list[str](), time.monotonic()

    def sums(since: str, until: str) -> dict[str, Sums]:
        found = [each for each in twelve if since <= each <= until]
        read.extend(found)
        return {each: Sums(month=each, records=1) for each in found}

    def confirmed(name: str) -> list[Confirmed]:
        read.append(name)
        return [Confirmed(scenario="metro", methodology="SHCER-01", issued_grams=7)]

    month = model.month(datetime.now(UTC))
    twelve = [model.named(model.number(month) - back) for back in range(11, -1, -1)]
    kept = [each for each in twelve if datetime.now(UTC) >= closes_at(each)]
    monkeypatch.setattr(memory, "_now", lambda: now)
    monkeypatch.setattr(statistics_queries, "sums", sums)
    monkeypatch.setattr(statistics_queries, "confirmed", confirmed)
    first = statistics(world).body
    assert read == [*twelve, *twelve]
    read.clear()
    assert statistics(world).body == first
    assert set(read) == set(twelve) - set(kept)
    read.clear()
    now += memory.KEPT_SECONDS + 1
    assert statistics(world).body == first
    assert read == [*twelve, *twelve]


def test_a_process_remembers_no_more_months_than_it_may(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "KEPT_MAX", 20)
    for year in (2020, 2021, 2022):
        assert len(statistics(world, **{"from": f"{year}-01", "until": f"{year}-12"}).body["items"]) == 12
        assert len(memory._kept) <= 20


def test_a_spreadsheet_has_a_byte_order_mark_and_no_formula(world: World, month: str) -> None:
    answer = statistics(world, "text/csv", **{"from": month, "until": month})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="statistics-{month}-{month}.csv"'
    text = answer.body.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    figures = {each["figure"]: each["amount"] for each in rows if not each["scenario"]}
    assert (figures["issued_grams"], figures["cancelled_points"]) == ("9000", "500")


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "碳积分月度统计"), ("en", "Carbon points by month")])
def test_a_chart_is_drawn_in_the_language_asked_for(world: World, month: str, language: str, title: str) -> None:
    headers = {"Accept": "image/svg+xml", "Accept-Language": language}
    answer = world.get("/v1/statistics", headers=headers)
    assert answer.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert f'<title id="title">{title}</title>' in answer.body.decode()


def test_a_chart_names_each_scenario_and_each_way(world: World, month: str) -> None:
    headers = {"Accept": "image/svg+xml", "Accept-Language": "en"}
    [walk] = [each for each in world.get("/v1/scenarios").body["items"] if each["code"] == "walk"]
    drawn = {
        chart: world.get("/v1/statistics", headers=headers, chart=chart).body.decode()
        for chart in ("scenarios", "uses")
    }
    assert f"<title>{walk['name']}: 9,000</title>" in drawn["scenarios"]
    assert "<title>Cancelled: 500</title>" in drawn["uses"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"chart": "pie"}, "/chart"),
        ({"from": "2026-13"}, "/from"),
        ({"from": "2026-1"}, "/from"),
        ({"until": "1999-12"}, "/until"),
        ({"from": "2026-02", "until": "2026-01"}, "/until"),
        ({"from": "2016-01", "until": "2026-01"}, "/from"),
    ],
)
def test_what_is_no_period_is_refused(world: World, asked: dict[str, str], pointer: str) -> None:
    answer = statistics(world, **asked)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])


# reports


def asked(world: World, month: str, role: str = BUREAU, accept: str = "application/json") -> Answer:
    return world.get(f"/v1/reports/{month}", role=role, sub=role, headers={"Accept": accept})


def test_a_month_is_reported_once_it_is_closed(world: World, month: str) -> None:
    worker.report(month, LATER)
    report = asked(world, month).body["report"]
    [seen] = statistics(world, **{"from": month, "until": month}).body["items"]
    assert {name: report[name] for name in seen} == seen
    [merchant] = report["merchants"]
    assert (merchant["merchant"], merchant["orders"]) == (world.me("shop", "institution")["id"], 4)
    assert report["uncovered_grams"] == 0


def test_a_report_is_signed_and_the_same_to_the_byte(world: World, month: str) -> None:
    worker.report(month, LATER)
    first = asked(world, month)
    assert world.report(world.me()["id"], "5", scenario="walk").status == 201
    world.stream()
    for role in (EXCHANGE, AUDITOR):
        assert asked(world, month, role).body == first.body
    payload = jose.verify(first.body["jws"], jose.key_set(json.dumps(jwks())))
    assert json.loads(payload) == first.body["report"]
    assert jwt.get_unverified_header(first.body["jws"])["typ"] == "report+jwt"


def test_two_that_make_a_report_at_once_end_with_the_first(
    world: World, month: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = worker.report(month, LATER)
    answers = iter([None, first])
    with monkeypatch.context() as patch:
        patch.setattr(queries, "made", lambda _: next(answers))
        assert worker.report(month, LATER) == first
    assert queries.made(month) == first
    assert len([each for each in world.records() if each["kind"] == "report_made"]) == 1


def test_a_long_report_is_kept_in_parts(world: World, month: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "PART_CHARACTERS", 200)
    first = worker.report(month, LATER)
    assert queries.made(month) == first
    assert len([item for item in world.items() if item["pk"] == {"S": f"report:{month}"}]) > 1


def test_a_report_opens_in_a_spreadsheet(world: World, month: str) -> None:
    worker.report(month, LATER)
    text = asked(world, month, accept="text/csv").body.decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert ("scheme", "issued_grams", "9000") in {(each["about"], each["figure"], each["amount"]) for each in rows}
    assert {each["name"] for each in rows if each["about"] == "merchant"} == {"示例商贸"}


@pytest.mark.parametrize("ahead", [0, 1, 12])
def test_a_month_that_is_not_closed_has_no_report(world: World, ahead: int) -> None:
    now = model.month(datetime.now(UTC))
    answer = asked(world, model.named(model.number(now) + ahead))
    assert answer.refused == (409, "month_not_closed")
    assert world.items() == []


@pytest.mark.parametrize(
    ("now", "closed"),
    [("2026-02-01T15:59:59+00:00", False), ("2026-02-01T16:00:00+00:00", True)],
)
def test_a_month_closes_a_day_after_it_ended_in_shanghai(world: World, now: str, closed: bool) -> None:
    moment = datetime.fromisoformat(now)
    if closed:
        assert queries.compose("2026-01", moment, SOLD).closed_at == "2026-02-01T16:00:00.000Z"
    else:
        with pytest.raises(MonthNotClosed):
            queries.compose("2026-01", moment, SOLD)


@pytest.mark.parametrize("month", ["2026-13", "2026", "january", "2026-01-01", "0000-01"])
def test_what_is_no_month_is_not_found(world: World, month: str) -> None:
    assert asked(world, month).refused == (404, "not_found")


def test_a_report_follows_from_the_records_alone_to_the_byte(world: World, month: str) -> None:
    """Whatever the stream has made is thrown away, marks and lines too, and made again from the Records."""
    sold = queries.few(month)
    assert sold is not None
    assert sold.merchants
    first = queries.compose(month, LATER, sold).model_dump_json()
    sums = ("statistics", "confirmed:", "turnover:", "colours:", "used:", "mixes", "checkpoints:", "totals:")
    marks = ("entry:", "filed", "reduction:", "sums:")
    world.store.items = {
        place: item
        for place, item in world.store.items.items()
        if not place[0].startswith(sums) and not place[1].startswith(marks) and item.get("kind") != {"S": "mix_made"}
    }
    assert queries.few(month) == queries.Sold(0, [], [], [])
    world.stream([each for each in world.items() if each["sk"] == {"S": "record"}])
    again = queries.few(month)
    assert again is not None
    assert queries.compose(month, LATER, again).model_dump_json() == first
