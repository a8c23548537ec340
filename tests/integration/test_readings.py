"""Exchange, bureau and auditor read anyone's account for a reason, and its holder sees that they did."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.accounts import queries
from chalicelib.accounts.model import Reasoned
from chalicelib.accounts.statements import readings as room
from chalicelib.errors import Unavailable
from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE, Caller
from chalicelib.kernel.query import Query
from tests.world import Answer, World

WHY = "complaint 2026-17"


def read(world: World, account: str, what: str = "", role: str = AUDITOR, **params: Any) -> Answer:
    return world.get(f"/v1/accounts/{account}{what}", role=role, sub=role, **({"reason": WHY} | params))


def readings(world: World, sub: str = "alice", role: str = "individual") -> list[dict[str, Any]]:
    """What the holder's export shows of them."""
    items = world.get("/v1/accounts/me/export", role=role, sub=sub, limit=100).body["items"]
    return [item["kept"] for item in items if item["place"].startswith("reading:")]


@pytest.mark.parametrize("role", [EXCHANGE, BUREAU, AUDITOR])
def test_an_account_is_answered_as_to_its_holder(world: World, role: str) -> None:
    world.rich(points=700)
    mine = world.me()
    assert read(world, mine["id"], role=role).body == mine
    statement = world.get("/v1/accounts/me/entries", role="individual", sub="alice").body
    assert read(world, mine["id"], "/entries", role=role).body == statement


def test_the_holder_sees_when_in_which_role_and_why(world: World) -> None:
    account = world.person()
    read(world, account)
    read(world, account, "/entries", role=BUREAU, reason="quarterly check")
    seen = readings(world)
    assert {(each["kind"], each["role"], each["reason"]) for each in seen} == {
        ("account_read", AUDITOR, WHY),
        ("statement_read", BUREAU, "quarterly check"),
    }
    assert all(each.keys() == {"at", "kind", "role", "reason"} for each in seen)


def test_the_record_names_the_reader_and_keeps_nothing_of_what_was_read(world: World) -> None:
    account = world.person()
    read(world, account)
    [record] = [each for each in world.records() if each["kind"] == "account_read"]
    kept = {name: record[name] for name in ("caller", "role", "account", "reason", "answer")}
    assert kept == {"caller": AUDITOR, "role": AUDITOR, "account": account, "reason": WHY, "answer": "{}"}


def keep(account: str, second: str, sub: str = "officer", role: str = BUREAU, reason: str = WHY) -> None:
    """A reading at 08:``second``."""
    now = datetime.fromisoformat(f"2026-01-31T08:{second}Z").astimezone(UTC)
    query = Query(Caller(sub, role), Reasoned(reason=reason), None, "", now)
    room.keep(query, queries.item(account), room.ACCOUNT_READ)


def test_a_retry_in_the_same_minute_is_the_same_reading(world: World) -> None:
    account = world.person()
    keep(account, "00:01")
    before = world.items()
    keep(account, "00:59")
    assert world.items() == before
    keep(account, "01:00")
    assert [each["at"][11:19] for each in readings(world)] == ["08:00:01", "08:01:00"]


@pytest.mark.parametrize("other", [{"sub": "other"}, {"role": EXCHANGE}, {"reason": "another"}])
def test_another_reader_role_or_reason_is_another_reading(world: World, other: dict[str, str]) -> None:
    account = world.person()
    keep(account, "00:01")
    keep(account, "00:02", **other)
    assert len(readings(world)) == 2


@pytest.mark.parametrize("what", ["", "/entries"])
@pytest.mark.parametrize("reason", [None, "", "  ", "x" * 201, "two\nlines"])
def test_without_a_reason_nothing_is_read(world: World, what: str, reason: str | None) -> None:
    account = world.person()
    before = world.items()
    params = {} if reason is None else {"reason": reason}
    answer = world.get(f"/v1/accounts/{account}{what}", role=AUDITOR, sub=AUDITOR, **params)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), ["/reason"])
    assert world.items() == before


def test_a_reason_of_two_hundred_letters_will_do(world: World) -> None:
    assert read(world, world.person(), reason="由" * 200).status == 200
    assert [each["reason"] for each in readings(world)] == ["由" * 200]


@pytest.mark.parametrize("what", ["", "/entries"])
def test_what_is_not_there_is_not_read(world: World, what: str) -> None:
    assert read(world, "nobody", what).refused == (404, "not_found")
    assert world.items() == []


def test_a_period_that_ends_before_it_begins_is_no_reading(world: World) -> None:
    account = world.person()
    period = {"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    assert read(world, account, "/entries", **period).refused == (422, "invalid_request")
    assert readings(world) == []


@pytest.mark.parametrize("what", ["", "/entries"])
def test_what_cannot_be_recorded_is_not_answered(world: World, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = world.person()

    def away(*_: Any) -> None:
        raise Unavailable()

    monkeypatch.setattr(room, "settle", away)
    answer = read(world, account, what)
    assert answer.status == 503
    assert answer.body.keys().isdisjoint({"balances", "items"})


def test_a_statement_is_read_page_by_page(world: World) -> None:
    account = world.rich(points=10)
    world.report(account, "5")
    first = read(world, account, "/entries", limit=1).body
    again = {"limit": 1, "cursor": first["next_cursor"]}
    assert read(world, account, "/entries", **again, role=BUREAU).refused == (422, "invalid_request")
    second = read(world, account, "/entries", **again).body
    assert first["items"][0]["at"] > second["items"][0]["at"]


def test_an_institution_and_who_has_closed_an_account_see_readings_too(world: World) -> None:
    shop, alice = world.institution(), world.person()
    assert world.post("/v1/accounts/me/close", role="individual", sub="alice").status == 200
    assert read(world, shop).body["kind"] == "institution"
    assert read(world, alice).body["status"] == "closed"
    assert len(readings(world)) == len(readings(world, "shop", "institution")) == 1
