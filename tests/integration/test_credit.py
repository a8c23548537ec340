"""The carbon credit score, from rule to reasons."""

from collections import Counter
from typing import Any

import pytest

from chalicelib.errors import Contended
from chalicelib.kernel.settle import derive
from chalicelib.ledger.account import Account
from chalicelib.provenance import projection
from chalicelib.provenance import queries as provenance
from chalicelib.table import keys
from chalicelib.table import read as reading
from tests.world import World

RULE: dict[str, Any] = {
    "window_months": 120,
    "weights": {"walk": "0.01"},
    "levels": [{"name": "绿芽", "score_min": 0}, {"name": "绿叶", "score_min": 100}],
}


def test_without_a_rule_there_is_no_score(world: World) -> None:
    world.rich(points=1000)
    assert world.me()["credit"] is None
    refused = world.get("/v1/accounts/me/credit", role="individual", sub="alice")
    assert (refused.status, refused.body["code"]) == (404, "not_found")
    assert world.get("/v1/credit-rules").body == {"items": [], "next_cursor": None}


def test_a_rule_scores_what_was_earned_and_a_new_one_scores_it_again(world: World) -> None:
    world.rich(points=5000)
    world.stream()
    first = world.post("/v1/credit-rules", RULE, role="bureau", sub="bureau")
    assert (first.status, first.body["version"]) == (201, 1)
    credit = world.me()["credit"]
    assert {name: credit[name] for name in ("score", "level", "rule_version")} == {
        "score": 50, "level": "绿芽", "rule_version": 1,
    }  # fmt: skip
    assert credit["next_level"] == {"name": "绿叶", "score_min": 100}
    assert (
        world.post("/v1/credit-rules", RULE | {"weights": {"WALK": "0.02"}}, role="bureau", sub="bureau").status == 201
    )
    credit = world.me()["credit"]
    assert (credit["score"], credit["level"], credit["next_level"], credit["rule_version"]) == (100, "绿叶", None, 2)
    reasons = world.get("/v1/accounts/me/credit", role="individual", sub="alice").body
    assert [(each["scenario"], each["grams"], each["weight"]) for each in reasons["parts"]] == [("walk", 5000, "0.02")]
    assert [each["version"] for each in world.get("/v1/credit-rules").body["items"]] == [2, 1]


def test_the_same_rule_again_makes_no_version_and_the_refusal_names_the_one_that_counts(world: World) -> None:
    world.rich(points=5000)

    def publish(**changes: Any) -> Any:
        return world.post("/v1/credit-rules", RULE | changes, role="bureau", sub="bureau")

    assert publish().body["version"] == 1
    before = world.items()
    sames: list[dict[str, Any]] = [{}, {"weights": {"WALK": "0.010"}}]
    for same in sames:
        refused = publish(**same)
        assert (refused.refused, refused.body["state"]) == ((409, "invalid_state"), "1")
    assert world.items() == before
    assert publish(window_months=6).body["version"] == 2
    assert publish().body["version"] == 3, "what counted before may count again"

    def twin_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert publish(window_months=7).status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [twin_first]
    assert publish(window_months=7).refused == (409, "invalid_state")
    assert [each["version"] for each in world.get("/v1/credit-rules").body["items"]] == [4, 3, 2, 1]


def test_a_rule_for_a_scenario_that_does_not_exist_is_refused(world: World) -> None:
    refused = world.post("/v1/credit-rules", RULE, role="bureau", sub="bureau")
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/weights")


def test_only_the_bureau_makes_rules(world: World) -> None:
    assert world.post("/v1/credit-rules", RULE, role="exchange", sub="exchange").body["code"] == "role_not_allowed"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"weights": {"walk": "0.01", "WALK": "0.02"}}, "/weights"),
        ({"weights": {}}, "/weights"),
        ({"levels": [{"name": "a", "score_min": 5}, {"name": "b", "score_min": 5}]}, "/levels"),
        ({"levels": [{"name": "a", "score_min": 5}, {"name": "a", "score_min": 6}]}, "/levels"),
        ({"levels": []}, "/levels"),
        ({"window_months": 0}, "/window_months"),
    ],
)
def test_a_rule_that_says_two_things_is_refused_by_its_field(
    world: World, changes: dict[str, Any], pointer: str
) -> None:
    world.rich()
    for language in ("en", "zh-CN"):
        options: dict[str, Any] = {"role": "bureau", "sub": "bureau", "headers": {"Accept-Language": language}}
        refused = world.post("/v1/credit-rules", RULE | changes, **options)
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), [pointer])
    assert world.get("/v1/credit-rules").body["items"] == []


@pytest.fixture
def folding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three colours on an account are a page, and each trip looks."""
    monkeypatch.setattr(projection, "COLOURS_MAX", 3)
    monkeypatch.setattr(projection, "_SAMPLED", frozenset("abcdefghijklmnopqrstuvwxyz234567"))


def traveller(world: World) -> str:
    account = world.rich(points=1000)
    for month in ("2024-02", "2024-03", "2024-04"):
        assert world.report(account, "500", scenario="walk", occurred_at=f"{month}-15T08:00:00Z").status == 201
    return account


def read(account: str) -> Account:
    found = reading.get(keys.account(keys.holder(account)), Account)
    assert found
    return found


def by_month(account: Account) -> dict[str, int]:
    found = Counter[str]()
    for each in provenance.earned(account, "2024-01", "2026-12"):
        found[each.month] += each.grams
    return dict(found)


@pytest.mark.usefixtures("folding")
def test_colours_leave_their_account_for_a_page_and_are_the_same_for_whoever_reads_meanwhile(world: World) -> None:
    account = traveller(world)
    whole = {"2024-01": 1000, "2024-02": 500, "2024-03": 500, "2024-04": 500}
    before = read(account)
    assert by_month(before) == whole
    world.stream()
    after = read(account)
    assert (len(before.colours), dict(after.colours), after.folded, after.credits) == (4, {}, 4, 4)
    assert by_month(before) == by_month(after) == whole  # what it read before is not on the page for it
    world.stream()
    assert world.report(account, "7", scenario="walk", occurred_at="2024-02-16T08:00:00Z").status == 201
    assert by_month(read(account)) == whole | {"2024-02": 507}
    pages = [item for item in world.items() if item["sk"]["S"].startswith("earned:")]
    assert [item["sk"]["S"] for item in pages] == ["earned:2024-04:~000000004"]
    assert world.post("/v1/credit-rules", RULE, role="bureau", sub="bureau").status == 201
    assert world.me()["credit"]["score"] == 25


@pytest.mark.usefixtures("folding")
def test_a_credit_that_comes_between_keeps_the_page_from_being_written(world: World) -> None:
    account = traveller(world)
    before = read(account)
    assert world.report(account, "500", scenario="walk").status == 201
    assert not derive(*projection._folded(before)).done
    assert not [item for item in world.items() if item["sk"]["S"].startswith("earned:")]
    assert derive(*projection._folded(now := read(account))).done
    assert not derive(*projection._folded(now)).done
    assert sum(by_month(read(account)).values()) == 3000


@pytest.mark.usefixtures("folding")
def test_a_page_that_another_transaction_is_in_the_way_of_waits_for_a_later_trip(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy account would otherwise hold up the batch, and end it as a dead letter."""
    account = traveller(world)

    def contended(*_: object) -> None:
        raise Contended()

    with monkeypatch.context() as busy:
        busy.setattr(projection, "derive", contended)
        world.stream()
    assert len(read(account).colours) == 4
    world.stream()
    assert not read(account).colours
