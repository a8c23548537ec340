"""Account life by two officials, over HTTP; the books are exact after each step."""

import json
from typing import Any

import pytest

from chalicelib.table import keys
from tests import books, consents
from tests.officials import EXCHANGE, WHY, approve, done, held, lines, propose, proposed, reject, seen, statement
from tests.world import PEOPLE, World

ALICE2: dict[str, Any] = {"role": "individual", "sub": "alice-2"}


def reversed_trip(world: World, account: str, points: int) -> None:
    """A reduction of the account is taken back."""
    trip = world.report(account, str(points), scenario="walk").body["id"]
    spent = {"points": points, "purpose": "trip"}
    assert world.post("/v1/cancellations", spent, role="individual", sub="alice").status == 201
    undo(world, trip)


def undo(world: World, trip: str) -> None:
    body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
    answer = world.post(f"/v1/reductions/{trip}/reverse", body, role="bureau", sub="bureau")
    assert answer.status == 200, answer


# the procedure itself


def test_one_official_proposes_and_another_approves(world: World) -> None:
    account = world.person()
    id = proposed(world, "rebind", account, new_sub="alice-2")
    assert seen(world, id)["new_sub"] == "alice-2"
    assert approve(world, id).body == {"id": id, "kind": "rebind", "status": "approved", "name": None}
    after = seen(world, id)
    assert (after["proposed_by"], after["decided_by"], after["new_sub"]) == ("official-1", "official-2", None)


@pytest.mark.parametrize("role", ["exchange", "bureau"])
def test_two_officials_are_not_one_in_whichever_role(world: World, role: str) -> None:
    id = proposed(world, "rebind", world.person(), new_sub="alice-2")
    before = world.items()
    assert approve(world, id, role=role, sub="official-1").refused == (409, "same_official")
    assert world.items() == before
    assert approve(world, id, role=role, sub="official-3").status == 200


@pytest.mark.parametrize("role", ["individual", "institution", "scenario_operator", "auditor", "bureau"])
def test_only_the_exchange_proposes(world: World, role: str) -> None:
    body = {"kind": "free_identity", "account": world.person(), "reason": WHY, "evidence_sha256": "0" * 64}
    assert world.post("/v1/procedures", body, role=role, sub="alice").refused == (403, "role_not_allowed")
    id = proposed(world, "free_identity", body["account"])
    if role != "bureau":
        assert approve(world, id, role=role, sub="alice").refused == (403, "role_not_allowed")


def test_a_procedure_is_decided_once(world: World) -> None:
    approved, rejected = proposed(world, "rebind", world.person(), new_sub="a"), ""
    rejected = proposed(world, "free_identity", world.me()["id"])
    assert reject(world, rejected).body["status"] == "rejected"
    assert approve(world, approved).status == 200
    before = world.items()
    for id in (approved, rejected):
        assert approve(world, id, sub="official-3").refused == (409, "invalid_state")
        assert reject(world, id).refused == (409, "invalid_state")
    assert world.items() == before


def test_an_approval_that_is_sent_twice_with_one_key_is_done_once(world: World) -> None:
    id = proposed(world, "rebind", world.rich(points=700), new_sub="alice-2")
    first, second = (approve(world, id, key="once") for _ in range(2))
    assert (first.body, second.headers["Idempotent-Replayed"]) == (second.body, "true")
    assert world.points("alice-2") == 700
    books.check(world)


def test_of_two_officials_at_once_the_second_is_refused(world: World) -> None:
    id = proposed(world, "rebind", world.rich(points=700), new_sub="alice-2")

    def other_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert approve(world, id, sub="official-3").status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [other_first]
    assert approve(world, id).refused == (409, "invalid_state")
    assert world.points("alice-2") == 700
    books.check(world)


def test_who_proposed_a_procedure_may_reject_it_and_the_reason_is_kept(world: World) -> None:
    id = proposed(world, "rebind", world.person(), new_sub="alice-2")
    assert reject(world, id, **EXCHANGE).status == 200
    assert {name: seen(world, id)[name] for name in ("status", "rejection", "new_sub")} == {
        "status": "rejected",
        "rejection": "no proof",
        "new_sub": None,
    }
    assert [(each["status"], each["reason"]) for each in lines(world)] == [("proposed", WHY), ("rejected", "no proof")]
    assert world.me()["status"] == "active"


def test_what_does_not_exist_is_not_decided(world: World) -> None:
    for answer in (approve(world, "none"), reject(world, "none"), world.get("/v1/procedures/none", **EXCHANGE)):
        assert answer.refused == (404, "not_found")


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("rebind", {"new_sub": "a"}),
        ("free_identity", {}),
        ("inheritance", {"heir": "nobody"}),
        ("rename", {"name": "新名"}),
    ],
)
def test_nobody_s_account_has_no_procedure(world: World, kind: str, more: dict[str, str]) -> None:
    refused = propose(world, kind, "nobody", **more)
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/account"])
    assert world.items() == []


def test_the_list_is_filtered_by_status(world: World) -> None:
    account = world.person()
    first = done(world, "rebind", account, new_sub="alice-2")
    second = proposed(world, "free_identity", world.me("alice-2")["id"])

    def listed(**params: Any) -> list[str]:
        return [each["id"] for each in world.get("/v1/procedures", **EXCHANGE, **params).body["items"]]

    assert listed() == [second, first]
    assert (listed(status="approved"), listed(status="proposed"), listed(status="rejected")) == ([first], [second], [])
    page = world.get("/v1/procedures", **EXCHANGE, limit=1).body
    assert listed(limit=1, cursor=page["next_cursor"]) == [first]


# a lost login


@pytest.mark.engine
def test_a_person_with_a_new_login_has_everything_that_she_had(world: World) -> None:
    account = world.rich(points=700)
    id = done(world, "rebind", account, new_sub="alice-2")
    old = held(world, account)
    assert (old["status"], old["balances"]["points"], world.points("alice-2")) == ("closed", 0, 700)
    new = world.me("alice-2")
    assert new["id"] == seen(world, id)["other"]
    assert (new["name"], new["status"]) == ("王**", "active")
    books.check(world)
    world.stream()
    [line, *_] = world.entries("alice-2")
    assert (line["kind"], line["points"], line["reference"]) == ("account_transfer", 700, id)
    assert statement(world, account)[0]["points"] == -700
    books.check_projected(world, world.get("/v1/supply").body)


def test_she_sees_what_was_kept_before_and_the_procedure(world: World) -> None:
    account = world.rich(points=700)
    world.stream()
    id = done(world, "rebind", account, new_sub="alice-2")
    page = world.get("/v1/accounts/me/export", limit=100, **ALICE2).body
    kinds = {item["kept"]["kind"] for item in page["items"] if item["place"].startswith("entry:")}
    assert kinds == {"conversion", "account_transfer"}
    steps = [(each["procedure"], each["status"], each["role"], each["reason"]) for each in lines(world, "alice-2")]
    assert steps == [(id, "proposed", "exchange", WHY), (id, "approved", "bureau", WHY)]
    assert "official" not in json.dumps(page["items"])


def test_the_new_login_stands_in_no_answer_but_the_officials(world: World) -> None:
    account = world.rich(points=700)
    id = done(world, "rebind", account, new_sub="alice-2")
    world.stream()
    kept = world.get("/v1/accounts/me/export", **ALICE2, limit=100).body["items"]
    assert "alice-2" not in json.dumps(kept)
    assert "alice-2" not in json.dumps(seen(world, id))
    assert not any("alice-2" in record["answer"] for record in world.records())


def test_nobody_opens_the_old_account_again(world: World) -> None:
    done(world, "rebind", world.person(), new_sub="alice-2")
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    assert world.post("/v1/accounts", body, role="individual", sub="alice").refused == (409, "account_exists")
    assert world.close("alice-2").status == 200
    assert world.post("/v1/accounts", body, role="individual", sub="alice").refused == (409, "account_ended")
    assert world.post("/v1/accounts", body, **ALICE2).status == 201


def test_limits_hold_for_her_new_account(world: World) -> None:
    world.merchant()
    account = world.rich(points=2000)
    offer = world.offer(per_account_limit=1)
    assert world.fulfil(world.redeem(offer).body["id"]).status == 200
    done(world, "rebind", account, new_sub="alice-2")
    assert world.redeem(offer, sub="alice-2").refused == (409, "limit_reached")


def test_her_score_stays_with_her(world: World) -> None:
    rule = {"window_months": 120, "weights": {"walk": "1"}, "levels": [{"name": "绿芽", "score_min": 0}]}
    account = world.rich(points=700)
    assert world.post("/v1/credit-rules", rule, role="bureau", sub="bureau").status == 201
    world.stream()
    done(world, "rebind", account, new_sub="alice-2")
    assert world.me("alice-2")["credit"]["score"] == 700


def test_a_debt_moves_with_her_and_nothing_is_earned_or_lost_by_it(world: World) -> None:
    account = world.rich(points=100)
    reversed_trip(world, account, 200)
    world.stream()
    before = world.me()
    assert before["debt_points"] == 100
    done(world, "rebind", account, new_sub="alice-2")
    world.stream()
    assert (held(world, account)["debt_points"], world.me("alice-2")["debt_points"]) == (0, 100)
    assert held(world, account)["totals"] == before["totals"]
    world.report(world.me("alice-2")["id"], "150", scenario="walk")
    assert (world.points("alice-2"), world.me("alice-2")["debt_points"]) == (50, 0)
    books.check(world)


def test_a_trip_that_is_reversed_later_is_taken_from_her_new_account(world: World) -> None:
    account = world.rich(points=100)
    trip = world.report(account, "50", scenario="walk").body["id"]
    done(world, "rebind", account, new_sub="alice-2")
    undo(world, trip)
    assert (world.points("alice-2"), held(world, account)["debt_points"]) == (100, 0)
    books.check(world)


def test_a_freeze_moves_with_her(world: World) -> None:
    account = world.rich(points=700)
    assert world.post(f"/v1/accounts/{account}/freeze", {"reason": "stolen login"}, **EXCHANGE).status == 200
    done(world, "rebind", account, new_sub="alice-2")
    assert (held(world, account)["status"], world.me("alice-2")["status"]) == ("closed", "frozen")
    books.check(world)


@pytest.mark.engine
@pytest.mark.parametrize("points", [300, 700])
def test_she_spends_while_she_is_rebound_and_nothing_is_lost(world: World, points: int) -> None:
    id = proposed(world, "rebind", world.rich(points=700), new_sub="alice-2")
    cancelled = {"points": points, "purpose": "trip"}
    assert world.post("/v1/cancellations", cancelled, role="individual", sub="alice").status == 201
    assert approve(world, id).status == 200
    assert world.points("alice-2") == 700 - points
    assert world.post("/v1/cancellations", cancelled, role="individual", sub="alice").refused == (409, "account_closed")
    books.check(world)


def test_what_she_spends_between_reading_and_approval_does_not_move(world: World) -> None:
    id = proposed(world, "rebind", world.rich(points=700), new_sub="alice-2")

    def spends(store, request, asked):  # type: ignore[no-untyped-def]
        cancelled = {"points": 300, "purpose": "trip"}
        assert world.post("/v1/cancellations", cancelled, role="individual", sub="alice").status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [spends]
    assert approve(world, id).status == 200
    assert world.points("alice-2") == 400
    books.check(world)


def test_an_account_that_was_closed_meanwhile_is_not_rebound(world: World) -> None:
    id = proposed(world, "rebind", world.person(), new_sub="alice-2")
    assert world.close().status == 200
    before = world.items()
    assert approve(world, id).refused == (409, "account_closed")
    assert propose(world, "rebind", world.me()["id"], new_sub="alice-3").refused == (409, "account_closed")
    assert world.items() == before


def test_a_login_that_has_an_account_gets_no_other(world: World) -> None:
    account = world.person()
    id = proposed(world, "rebind", account, new_sub="bob")
    world.person("bob", PEOPLE[1])
    assert approve(world, id).refused == (409, "login_taken")
    assert propose(world, "rebind", account, new_sub="bob").refused == (409, "login_taken")
    assert propose(world, "rebind", account, new_sub="alice").refused == (409, "login_taken")
    assert world.me()["status"] == "active"


@pytest.mark.parametrize("new_sub", ["", "a b", "a\n", "用户", "x" * 256])
def test_what_is_no_login_is_refused(world: World, new_sub: str) -> None:
    refused = propose(world, "rebind", world.person(), new_sub=new_sub)
    assert refused.status == 422
    assert all("new_sub" in each for each in refused.pointers)


def test_an_order_or_a_hold_or_an_unjudged_trip_is_settled_first(world: World) -> None:
    account = world.rich(points=5000)
    world.merchant("other-shop", "9144030071526726XG")
    order = world.redeem(world.offer("other-shop")).body["id"]
    for kind, more in (("rebind", {"new_sub": "a"}), ("free_identity", {})):
        assert propose(world, kind, account, **more).refused == (409, "invalid_state")
    assert world.fulfil(order, sub="other-shop").status == 200
    id = proposed(world, "rebind", account, new_sub="alice-2")
    held = world.post("/v1/holds", consents.order(consents.spending(world, consents.mall(world))), **consents.SHOP)
    assert held.status == 201, held
    refused = approve(world, id)
    assert (refused.refused, refused.body["held"]) == ((409, "invalid_state"), held.body["points"])
    assert world.post(f"/v1/holds/{held.body['id']}/release", **consents.SHOP).status == 200
    assert approve(world, id).status == 200
    books.check(world)


def test_a_merchant_stays_where_it_is(world: World) -> None:
    account = world.merchant()
    assert propose(world, "rebind", account, new_sub="shop-2").refused == (409, "invalid_state")
    assert propose(world, "free_identity", account).refused == (409, "invalid_state")


def test_an_institution_that_lost_its_login_is_rebound(world: World) -> None:
    account = world.institution()
    done(world, "rebind", account, new_sub="shop-2")
    assert world.me("shop-2", "institution")["name"] == "示例商贸"
    assert held(world, account)["status"] == "closed"


def test_a_login_is_lost_twice(world: World) -> None:
    account = world.rich(points=700)
    done(world, "rebind", account, new_sub="alice-2")
    done(world, "rebind", world.me("alice-2")["id"], new_sub="alice-3")
    world.stream()
    assert world.points("alice-3") == 700
    page = world.get("/v1/accounts/me/export", role="individual", sub="alice-3", limit=100).body
    assert "conversion" in {item["kept"].get("kind") for item in page["items"]}
    books.check(world)


# a number that somebody else claimed


def test_a_wrongly_claimed_number_is_free_for_its_owner(world: World) -> None:
    wrong = world.rich("mallory", points=700)
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    assert world.post("/v1/accounts", body, role="individual", sub="alice").refused == (409, "account_exists")
    assert world.post(f"/v1/accounts/{wrong}/freeze", {"reason": "complaint"}, **EXCHANGE).status == 200
    id = done(world, "free_identity", wrong)
    assert (world.me("mallory")["status"], world.points("mallory")) == ("closed", 0)
    books.check(world)
    assert world.post("/v1/accounts", body, role="individual", sub="mallory").refused == (409, "account_ended")
    assert world.post("/v1/accounts", body, role="individual", sub="alice").status == 201
    world.stream()
    [line, *_] = world.entries("mallory")
    assert (line["kind"], line["points"], line["counterparty"]) == ("ex_officio_cancellation", -700, "ex_officio")
    assert line["reference"] == id
    supply = world.get("/v1/supply").body
    assert (supply["grams_retired"], supply["points_by_use"]["cancelled"]) == (700, 0)
    books.check_projected(world, supply)


def test_no_certificate_is_made_of_what_is_cancelled_ex_officio(world: World) -> None:
    done(world, "free_identity", world.rich("mallory", points=700))
    assert not any(item["sk"] == {"S": "certificate"} for item in world.items())
    assert world.get("/v1/cancellations", role="individual", sub="mallory").body["items"] == []


def test_its_owner_shares_no_limit_with_the_wrong_person(world: World) -> None:
    world.scenario("walk", grams_per_unit="1", unit="m", daily_cap_grams=100)
    wrong = world.person("mallory")
    assert world.report(wrong, "100", scenario="walk").status == 201
    done(world, "free_identity", wrong)
    account = world.person("alice")
    assert world.report(account, "100", scenario="walk").status == 201
    assert world.close("alice").refused == (409, "invalid_state")
    spent = {"points": 100, "purpose": "trip"}
    assert world.post("/v1/cancellations", spent, role="individual", sub="alice").status == 201
    assert world.close("alice").status == 200
    later = world.person("alice-2")  # who is the same person again
    assert world.report(later, "1", scenario="walk").pointers == ["/quantity"]
    books.check(world)


def test_its_owner_does_not_take_the_wrong_person_s_debt(world: World) -> None:
    account = world.rich(points=100)
    reversed_trip(world, account, 200)
    done(world, "free_identity", account)
    owner = world.person("owner")
    assert world.me("owner")["debt_points"] == 0
    assert world.me()["debt_points"] == 100
    assert world.report(owner, "100", scenario="walk").status == 201
    assert world.points("owner") == 100
    books.check(world)


def test_a_number_is_freed_though_its_account_was_closed_before(world: World) -> None:
    wrong = world.person("mallory")
    assert world.close("mallory").status == 200
    done(world, "free_identity", wrong)
    assert propose(world, "free_identity", wrong).refused == (409, "invalid_state")
    account = world.person("alice")
    kept = world.item(keys.account(keys.holder(account))) or {}
    assert kept.get("person") is None


def test_a_number_that_another_account_has_by_now_is_not_freed_from_the_old_one(world: World) -> None:
    old = world.person("alice")
    id = proposed(world, "free_identity", old)
    world.close("alice")
    world.person("bob")
    assert approve(world, id).refused == (409, "invalid_state")
    assert world.me("bob")["status"] == "active"


# inheritance


@pytest.mark.engine
def test_an_heir_gets_what_the_account_holds_and_nobody_opens_it_again(world: World) -> None:
    heir, account = world.person("heir", PEOPLE[1]), world.rich(points=700)
    id = done(world, "inheritance", account, heir=heir)
    assert (world.me()["status"], world.points("heir")) == ("closed", 700)
    books.check(world)
    body = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
    for sub in ("alice", "alice-2"):
        assert world.post("/v1/accounts", body, role="individual", sub=sub).refused == (409, "account_ended")
    world.stream()
    assert [(each["kind"], each["points"]) for each in world.entries("heir")] == [("inheritance", 700)]
    assert [(each["procedure"], each["status"]) for each in lines(world, "heir")] == [(id, "approved")]
    books.check_projected(world, world.get("/v1/supply").body)


def test_an_heir_pays_no_debt_beyond_what_she_inherits(world: World) -> None:
    heir, account = world.person("heir", PEOPLE[1]), world.rich(points=100)
    reversed_trip(world, account, 200)
    done(world, "inheritance", account, heir=heir)
    assert (world.me("heir")["debt_points"], world.points("heir"), world.me()["debt_points"]) == (0, 0, 100)
    books.check(world)


def test_what_an_heir_inherits_repays_her_own_debt_first(world: World) -> None:
    account = world.rich(points=100)
    reversed_trip(world, account, 200)
    deceased = world.rich("bob", PEOPLE[1], points=250)
    done(world, "inheritance", deceased, heir=account)
    assert (world.points(), world.me()["debt_points"]) == (150, 0)
    books.check(world)


def test_nobody_inherits_from_herself_or_under_a_closed_frozen_or_institution_s_account(world: World) -> None:
    account, heir = world.rich(points=700), world.person("heir", PEOPLE[1])
    assert propose(world, "inheritance", account, heir=account).refused == (409, "invalid_state")
    for unknown in ("nobody", world.institution()):
        assert propose(world, "inheritance", account, heir=unknown).pointers == ["/heir"]
    id = proposed(world, "inheritance", account, heir=heir)
    assert world.post(f"/v1/accounts/{heir}/freeze", {"reason": "court"}, **EXCHANGE).status == 200
    assert approve(world, id).refused == (409, "invalid_state")
    assert world.post(f"/v1/accounts/{heir}/unfreeze", {"reason": "court"}, **EXCHANGE).status == 200
    assert world.close("heir").status == 200
    assert approve(world, id).refused == (409, "invalid_state")
    assert world.points() == 700
    assert propose(world, "inheritance", world.me("shop", "institution")["id"], heir=heir).pointers == ["/account"]


def test_an_heir_who_is_frozen_at_the_last_moment_gets_nothing(world: World) -> None:
    account, heir = world.rich(points=700), world.person("heir", PEOPLE[1])
    id = proposed(world, "inheritance", account, heir=heir)

    def frozen(store, request, asked):  # type: ignore[no-untyped-def]
        assert world.post(f"/v1/accounts/{heir}/freeze", {"reason": "court"}, **EXCHANGE).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [frozen]
    assert approve(world, id).refused == (409, "invalid_state")
    assert world.points() == 700
    books.check(world)


# a new name


def test_an_institution_is_renamed_and_what_it_makes_later_has_the_new_name(world: World) -> None:
    account = world.merchant()
    done(world, "rename", account, name="新示例商贸")
    assert world.me("shop", "institution")["name"] == "新示例商贸"
    assert world.get(f"/v1/merchants/{account}").body["name"] == "新示例商贸"
    campaign = {
        "title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    made = world.post("/v1/campaigns", campaign, role="institution", sub="shop").body
    assert "新示例商贸" in json.dumps(made, ensure_ascii=False)


def test_a_person_is_not_renamed_by_officials_nor_is_what_was_closed(world: World) -> None:
    assert propose(world, "rename", world.person(), name="李").pointers == ["/account"]
    account = world.institution()
    id = proposed(world, "rename", account, name="新名")
    assert world.close("shop", "institution").status == 200
    assert approve(world, id).refused == (409, "account_closed")
