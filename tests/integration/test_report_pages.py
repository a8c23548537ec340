"""A month with many merchants: its pages are made in turns, by whoever comes, and the report names each by its hash."""

import csv
import hashlib
import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.kernel.caller import AUDITOR, BUREAU
from chalicelib.reports import queries, worker
from chalicelib.reports.pages import items
from chalicelib.reports.preparing import worker as pages
from chalicelib.signing import jose
from chalicelib.signing.jws import jwks
from chalicelib.table import keys, lists, read
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.world import Answer, World

MONTH, MANY = "2024-01", 7
NOW = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three merchants a page, and a page a turn."""
    for module in (items, pages, queries):
        monkeypatch.setattr(module, "MERCHANTS_MAX", 3)
    monkeypatch.setattr(worker, "SECONDS_MAX", 0)
    monkeypatch.setattr(pages, "SECONDS_MAX", 0)


def sell(count: int) -> list[str]:
    """Merchants that sold something, each in two lanes of its sums."""
    sold = sorted(keys.digest("merchant", str(number)) for number in range(count))
    for number, each in enumerate(sold):
        for lane in (0, 5):
            commit([update(keys.turnover(MONTH, each, lane), assign={"merchant": each}, add={"orders": number})])
    return sold


def asked(world: World, role: str = BUREAU, **headers: str) -> Answer:
    return world.get(f"/v1/reports/{MONTH}", role=role, sub=role, headers=headers)


def page_of(world: World, number: int, accept: str = "application/json") -> Answer:
    path = f"/v1/reports/{MONTH}/merchants"
    return world.get(path, role=AUDITOR, sub="audit", headers={"Accept": accept}, page=number)


def ready(world: World) -> Any:
    while (answer := asked(world)).status == 202:
        assert answer.headers["Retry-After"] == "30"
    assert answer.status == 200
    return answer.body


@pytest.mark.engine
def test_a_month_of_many_merchants_is_prepared_page_by_page(world: World) -> None:
    sold = sell(MANY)
    first = asked(world)
    assert (first.status, first.body["status"], first.body["merchants"]) == (202, "preparing", 3)
    assert 0 < first.body["percent"] < 100
    assert page_of(world, 1).refused == (404, "not_found")  # not before all of it is there
    report = ready(world)["report"]
    assert (report["merchants"], report["merchants_total"]) == ([], MANY)
    assert [each["merchants"] for each in report["pages"]] == [3, 3, 1]
    found: list[dict[str, Any]] = []
    for each in report["pages"]:
        answer = page_of(world, each["page"])
        raw = pages.text(MONTH, each["page"])
        assert raw is not None
        assert json.loads(raw) == answer.body
        assert hashlib.sha256(raw.encode()).hexdigest() == each["sha256"]
        found += answer.body["merchants"]
    assert [(each["merchant"], each["orders"]) for each in found] == [(id, 2 * n) for n, id in enumerate(sold)]
    assert list(read.places(lists.REPORTS_PREPARING)) == []


def test_the_answer_of_a_page_has_the_bytes_that_were_hashed(world: World) -> None:
    sell(MANY)
    report = ready(world)["report"]
    raw = pages.text(MONTH, 2)
    assert raw is not None
    assert json.dumps(page_of(world, 2).body, ensure_ascii=False, separators=(",", ":")) == raw
    assert hashlib.sha256(raw.encode()).hexdigest() == report["pages"][1]["sha256"]


def test_it_is_signed_with_the_hashes_and_the_same_ever_after(world: World) -> None:
    sell(MANY)
    first = ready(world)
    sell(MANY + 3)
    assert asked(world, AUDITOR).body == first
    payload = jose.verify(first["jws"], jose.key_set(json.dumps(jwks())))
    assert json.loads(payload) == first["report"]


def test_the_schedule_makes_the_pages_that_nobody_waits_for(world: World) -> None:
    sell(MANY)
    assert asked(world).status == 202
    for _ in range(3):
        pages.prepare_due()
    answer = asked(world)
    assert (answer.status, answer.body["report"]["merchants_total"]) == (200, MANY)


def test_a_month_that_fails_keeps_no_other_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "2023-12"
    for month in (other, MONTH):
        with monkeypatch.context() as patch:
            patch.setattr(sys.modules[__name__], "MONTH", month)
            sell(MANY)
            assert asked(world).status == 202
    make = pages._page
    monkeypatch.setattr(pages, "SECONDS_MAX", 20)

    def failing(month: str, number: int, after: str) -> Any:
        if month == other:
            raise RuntimeError("a fault of this month")
        return make(month, number, after)

    monkeypatch.setattr(pages, "_page", failing)
    with pytest.raises(RuntimeError):
        pages.prepare_due()
    assert [known.done for each in (other, MONTH) if (known := pages.known(each))] == [False, True]


@pytest.mark.parametrize("dies", ["_page", "put"])
def test_whoever_dies_leaves_what_is_made(world: World, monkeypatch: pytest.MonkeyPatch, dies: str) -> None:
    """Before a page is put; and between a page and the note that it is there."""
    sell(MANY)
    assert asked(world).status == 202
    make: Callable[..., Any] = getattr(pages, dies)
    turns = iter(range(10))

    def dying(*given: Any, **named: Any) -> Any:
        if next(turns) == (0 if dies == "_page" else 1):
            raise RuntimeError("killed")
        return make(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(pages, dies, dying)
        assert asked(world).status == 500
    report = ready(world)["report"]
    assert ([each["merchants"] for each in report["pages"]], report["merchants_total"]) == ([3, 3, 1], MANY)


def test_two_at_once_make_each_page_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sell(MANY)
    assert asked(world).status == 202
    make = pages._page

    def overtaken(*given: Any) -> Any:
        page = make(*given)
        monkeypatch.setattr(pages, "_page", make)
        pages.prepare_due()  # another worker makes the same page meanwhile
        return page

    monkeypatch.setattr(pages, "_page", overtaken)
    report = ready(world)["report"]
    assert ([each["merchants"] for each in report["pages"]], report["merchants_total"]) == ([3, 3, 1], MANY)


@pytest.mark.parametrize("count", [0, 3])
def test_a_month_of_few_merchants_is_one_answer_and_one_page(world: World, count: int) -> None:
    sold = sell(count)
    report = asked(world).body["report"]
    assert ([each["merchant"] for each in report["merchants"]], report["pages"]) == (sold, [])
    assert page_of(world, 1).body["merchants"] == report["merchants"]
    assert page_of(world, 2).refused == (404, "not_found")
    assert read.get(keys.report_preparing(MONTH)) is None


def test_a_full_last_page_is_not_followed_by_an_empty_one(world: World) -> None:
    sell(6)
    assert [each["merchants"] for each in ready(world)["report"]["pages"]] == [3, 3]


def test_a_page_opens_in_a_spreadsheet(world: World) -> None:
    sell(MANY)
    ready(world)
    answer = page_of(world, 3, "text/csv")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="report-{MONTH}-merchants-3.csv"'
    text = answer.body.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert [each["amount"] for each in rows if each["figure"] == "orders"] == ["12"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1_0"])
def test_what_is_no_page_is_refused(world: World, number: str) -> None:
    answer = world.get(f"/v1/reports/{MONTH}/merchants", role=BUREAU, sub="bureau", page=number)
    assert (answer.status, answer.pointers) == (422, ["/page"])
