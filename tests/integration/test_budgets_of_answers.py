"""Who tries number after number finds out little: so many answers about others a day, then 429."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.accounts.refusals import AccountEnded, AccountExists
from chalicelib.edge.identity import budgets
from chalicelib.edge.problem import TooManyRequests
from chalicelib.errors import Contended, NotFound, Refusal
from chalicelib.kernel import settle
from chalicelib.kernel.settle import Derived
from chalicelib.table import keys, read
from chalicelib.table.write import Write
from tests.world import PEOPLE, Answer, World

MOST = 3
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "ANSWERS_A_DAY", MOST)


def heard(refusal: Refusal, account: str, now: datetime = NOON) -> type[Refusal]:
    """What the caller hears of a refusal."""
    try:
        budgets.charge(refusal, account, now)
    except TooManyRequests:
        return TooManyRequests
    return type(refusal)


def ask(world: World, number: str, sub: str = "mallory", language: str = "en") -> Answer:
    body = {"kind": "individual", "name": "王小明", "identity_number": number}
    return world.post("/v1/accounts", body, role="individual", sub=sub, headers={"Accept-Language": language})


def test_a_login_hears_so_often_a_day_that_a_number_has_an_account(world: World) -> None:
    world.person("alice")
    for _ in range(MOST):
        assert ask(world, PEOPLE[0]).refused == (409, "account_exists")
    refused = ask(world, PEOPLE[0], language="zh-CN")
    assert refused.refused == (429, "too_many_requests")
    assert 0 < int(refused.headers["Retry-After"]) == refused.body["retry_after"] <= 24 * 3600 + 1
    assert "Retry-After" in refused.body["detail"]
    assert "请" in refused.body["detail"]


def test_others_and_other_requests_of_the_same_login_go_through(world: World) -> None:
    world.person("alice")
    for _ in range(MOST + 1):
        last = ask(world, PEOPLE[0])
    assert last.status == 429
    assert ask(world, PEOPLE[0], sub="bob").refused == (409, "account_exists")
    assert ask(world, PEOPLE[1]).status == 201


def test_the_same_request_sent_again_is_another_answer(world: World) -> None:
    world.person("alice")
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    found = [world.post("/v1/accounts", body, role="individual", sub="bob", key="one").status for _ in range(MOST + 2)]
    assert found == [409] * MOST + [429] * 2


def test_an_institution_hears_so_often_that_a_login_is_taken(world: World) -> None:
    world.person("alice")
    world.institution()
    body = {"sub": "alice", "label": "clerk", "authority": "operator"}
    who = {"role": "institution", "sub": "shop"}
    found = [world.post("/v1/institutions/me/logins", body, **who).refused for _ in range(MOST + 1)]
    assert found == [(409, "login_taken")] * MOST + [(429, "too_many_requests")]


def test_the_next_day_has_a_budget_of_its_own_and_the_old_count_expires(world: World) -> None:
    assert [heard(AccountExists(), "mallory") for _ in range(MOST + 1)] == [AccountExists] * MOST + [TooManyRequests]
    with pytest.raises(TooManyRequests) as spent:
        budgets.charge(AccountExists(), "mallory", NOON)
    assert spent.value.facts == {"retry_after": 12 * 3600 + 1}
    assert heard(AccountEnded(), "mallory") is AccountEnded
    assert heard(AccountExists(), "mallory", NOON + timedelta(hours=12)) is AccountExists
    kept = read.get(keys.answered("mallory", "account_exists", "2026-11-27"))
    assert kept is not None
    assert (kept["answers"], kept["expires_at"]) == (MOST, int((NOON + timedelta(days=2)).timestamp()))


def test_a_refusal_that_says_nothing_about_others_costs_no_request(world: World) -> None:
    before = world.store.requests
    assert heard(NotFound(), "alice") is NotFound
    assert world.store.requests == before


def test_an_answer_that_cannot_be_counted_is_not_given(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    held = 3

    def derive(write: Write) -> Derived:
        nonlocal held
        held -= 1
        if held >= 0:
            raise Contended()
        return settle.derive(write)

    monkeypatch.setattr(budgets, "derive", derive)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert heard(AccountExists(), "alice") is AccountExists
    held = 100
    with pytest.raises(Contended):
        budgets.charge(AccountExists(), "alice", NOON)
