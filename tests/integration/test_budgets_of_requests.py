"""What one party does in a day has an end, where others read it or wait for it: 429 until midnight (UTC)."""

import importlib
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.edge.endpoints import ENDPOINTS
from chalicelib.edge.identity import budgets
from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.ledger.actions import AccountFrozen
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write
from tests.commands import COMMANDS, send
from tests.prepared import prepared
from tests.world import World

COUNT = budgets._count
PARTIES = {INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR}
# Counted before it is tried.
TRIED = {"POST /v1/applications/{id}/integration", "POST /v1/merchants/{id}/integration"}
# What a party may do that is bounded in another way than by a number a day.
UNBOUNDED = {
    "the value that moves": {
        "POST /v1/reductions", "POST /v1/redemptions", "POST /v1/redemptions/{id}/fulfil",
        "POST /v1/redemptions/{id}/refund", "POST /v1/redemptions/{id}/cancel", "POST /v1/holds",
        "POST /v1/holds/{id}/capture", "POST /v1/holds/{id}/release", "POST /v1/holds/{id}/refund",
        "POST /v1/cancellations", "POST /v1/donations", "POST /v1/retirements", "POST /v1/events/{id}/entries",
    },
    "a step of something that is bounded": {
        "POST /v1/accounts/me/wards/{id}/withdraw", "POST /v1/institutions/me/logins/{id}/remove",
        "POST /v1/grants/redeem", "POST /v1/grants/{id}/withdraw", "POST /v1/reduction-batches/{id}/parts/complete",
        "POST /v1/disputes/{id}/answer", "POST /v1/disputes/{id}/withdraw", "POST /v1/campaigns/{id}/close",
        "POST /v1/campaigns/{id}/abandon", "POST /v1/applications/{id}/submit", "POST /v1/applications/{id}/withdraw",
        "POST /v1/applications/{id}/endorsement", "POST /v1/applications/{id}/agreement",
        "POST /v1/merchants/{id}/leave", "POST /v1/merchants/{id}/relist",
    },
    "a bound of its own (50 documents, 200 links, 20 files, 100,000 codes, ten runs)": {
        "POST /v1/applications/{id}/documents", "POST /v1/applications/{id}/documents/{document}/link",
        "POST /v1/disputes/{id}/evidence", "POST /v1/offers/{id}/vouchers", "POST /v1/merchants/{id}/conformance",
        "POST /sandbox/{run}/v1/grants", "POST /sandbox/{run}/v1/grants/redeem", "POST /sandbox/{run}/v1/holds",
        "POST /sandbox/{run}/v1/holds/{id}/capture", "POST /sandbox/{run}/v1/holds/{id}/refund",
        "POST /sandbox/{run}/v1/holds/{id}/release", "POST /sandbox/{run}/v1/offer-batches",
    },
    "nothing that others read grows": {
        "POST /v1/accounts", "POST /v1/accounts/me/close", "PATCH /v1/accounts/me", "PATCH /v1/offers/{id}",
        "POST /v1/offer-batches", "POST /v1/messages/read",
    },
}  # fmt: skip


def nothing_left(key: keys.Key, most: int, now: datetime) -> Write:
    return replace(COUNT(key, most, now), require=Attr("answers").lt(0))


def test_whatever_a_party_does_is_bounded_in_one_way() -> None:
    importlib.import_module("app")
    may = {f"{each.method} {each.path}" for each in ENDPOINTS if each.method != "GET" and PARTIES & {*each.allow}}
    ways = [set(budgets.KINDS), TRIED, *UNBOUNDED.values()]
    assert sorted(name for way in ways for name in way) == sorted(may)


def test_every_kind_has_a_number_and_a_route() -> None:
    assert {*budgets.KINDS.values(), budgets.INTEGRATIONS} == set(budgets.A_DAY)


@pytest.mark.parametrize("name", sorted({*budgets.KINDS, *TRIED}))
def test_a_spent_budget_is_429_and_a_replay_still_answers(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = prepared(name, world)
    first = send(world, ready, key="first")
    assert first.status < 300, first
    if name not in TRIED:
        monkeypatch.setattr(budgets, "_count", nothing_left)
    else:
        monkeypatch.setitem(budgets.A_DAY, budgets.INTEGRATIONS, 1)
        refused = send(world, ready, key="second")
        assert refused.refused == (429, "too_many_requests")
        assert 0 < int(refused.headers["Retry-After"]) == refused.body["retry_after"] <= 24 * 3600 + 1
    replayed = send(world, ready, key="first")
    assert (replayed.status, replayed.body) == (first.status, first.body)
    assert replayed.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("name", sorted(budgets.KINDS))
def test_what_would_be_one_too_many_changes_nothing(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = prepared(name, world)
    before = world.records()
    with monkeypatch.context() as patch:
        patch.setattr(budgets, "_count", nothing_left)
        refused = send(world, ready, headers={"Accept-Language": "zh-CN"})
        assert refused.refused == (429, "too_many_requests"), refused
        assert 0 < int(refused.headers["Retry-After"]) == refused.body["retry_after"] <= 24 * 3600 + 1
        assert "每日" in refused.body["detail"]
        assert world.records() == before
    assert send(world, ready).status < 300


def test_the_budget_is_one_partys_and_one_kinds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "A_DAY", budgets.A_DAY | {"batches": 2})
    world.scenario()
    world.scenario("bus", operator="other")
    body = {"scenario": "metro", "lines": 1, "sha256": "0" * 64}
    operator, other = ({"role": "scenario_operator", "sub": sub} for sub in ("operator", "other"))
    found = [world.post("/v1/reduction-batches", body, **operator).status for _ in range(3)]
    assert found == [201, 201, 429]
    assert world.post("/v1/reduction-batches", body | {"scenario": "bus"}, **other).status == 201
    totals = {"scenario": "metro", "day": "2024-01-15", "trips": 0, "grams": 0}
    assert world.post("/v1/operator-totals", totals, **operator).status == 201


def test_what_is_refused_costs_nothing_of_the_budget(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "A_DAY", budgets.A_DAY | {"batches": 1})
    world.scenario()
    body = {"scenario": "metro", "lines": 1, "sha256": "0" * 64}
    operator = {"role": "scenario_operator", "sub": "operator"}
    for _ in range(3):
        assert world.post("/v1/reduction-batches", body | {"scenario": "none"}, **operator).status == 422
    assert world.post("/v1/reduction-batches", body, **operator).status == 201


def test_each_new_line_of_a_catalogue_counts_and_the_others_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "A_DAY", budgets.A_DAY | {budgets.OFFERS: 2})
    world.merchant()
    line = {"title": "茶", "description": "一杯", "category": "food", "points": 5, "stock": 5, "fulfilment": "goods"}
    shop = {"role": "institution", "sub": "shop"}

    def sync(*skus: str, **changes: Any) -> list[str]:
        offers = [line | {"sku": sku} | changes for sku in skus]
        answer = world.post("/v1/offer-batches", {"offers": offers}, **shop)
        return [each["result"] for each in answer.body["offers"]]

    assert sync("a", "b", "c") == ["created", "created", "refused"]
    assert sync("a", "b", points=6) == ["changed", "changed"]
    assert world.post("/v1/offers", line | {"sku": "d"}, **shop).refused == (429, "too_many_requests")


def test_a_handshake_that_fails_counts_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = prepared("POST /v1/merchants/{id}/integration", world)
    monkeypatch.setattr(budgets, "A_DAY", budgets.A_DAY | {"integrations": 2})
    calls = []

    def fails(**asked: Any) -> None:
        calls.append(asked)
        raise AccountFrozen()

    for module in ("onboarding", "messages"):
        monkeypatch.setattr(f"chalicelib.{module}.prepare.handshake", fails)
    statuses = [send(world, ready).status for _ in range(4)]
    assert statuses == [409, 409, 429, 429]
    assert len(calls) == 2


def test_no_hot_path_costs_a_request_or_an_item_more(world: World) -> None:
    world.rich()
    world.merchant()
    offer = world.offer()
    world.redeem(offer)
    world.report(world.me()["id"])
    world.get("/v1/offers")
    asked = [item["sk"]["S"].partition(":")[0] for item in world.items() if item["pk"]["S"].startswith("asked:")]
    assert asked == ["offers"]


def test_every_command_of_a_party_is_among_those_that_are_tried() -> None:
    assert {*budgets.KINDS, *TRIED} <= set(COMMANDS)
