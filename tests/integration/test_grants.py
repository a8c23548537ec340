"""A person consents, a partner redeems the code, either withdraws; and what a report may rely on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.grants.codes import challenge
from chalicelib.grants.queries import active_for_report
from chalicelib.kernel.caller import SCENARIO_OPERATOR, Caller
from chalicelib.reductions.lookup import queries
from chalicelib.scenarios import queries as scenarios
from chalicelib.table import keys, read, walks
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.consents import (
    ALICE,
    REPORT,
    REPORTER,
    SHOP,
    VERIFIER,
    change_grant,
    consent,
    mall,
    now,
    redeem,
    reporting,
    spend,
    spending,
    withdraw,
)
from tests.integration.test_export import export
from tests.world import CODES, PEOPLE, World

PAST = "2020-01-01T00:00:00.000Z"
METRO = Caller("operator", SCENARIO_OPERATOR)


@pytest.fixture
def offered(world: World) -> dict[str, Any]:
    """Alice consents that the operator of the metro reports her trips."""
    world.scenario()
    world.person()
    answer = consent(world)
    assert answer.status == 201, answer
    body: dict[str, Any] = answer.body
    return body


@pytest.mark.engine
def test_a_person_consents_and_the_operator_redeems_the_code(world: World, offered: dict[str, Any]) -> None:
    assert (offered["status"], offered["purpose"], offered["scenario"]) == ("offered", "report", "metro")
    lasts = datetime.fromisoformat(offered["code_expires_at"]) - datetime.fromisoformat(offered["offered_at"])
    assert lasts == timedelta(minutes=10)
    answer = redeem(world, offered["code"], reference="rider 7")
    assert (answer.status, answer.body["status"], answer.body["id"]) == (200, "active", offered["id"])
    for who in (ALICE, REPORTER):
        for grant_seen in (
            world.get(f"/v1/grants/{offered['id']}", **who).body,
            *world.get("/v1/grants", **who).body["items"],
        ):
            assert grant_seen == answer.body
            assert grant_seen["reference"] == "rider 7"


def test_a_partner_learns_no_account_and_two_partners_learn_two_names(world: World) -> None:
    account = world.rich()
    world.scenario("bus", operator="bus-operator")
    first = redeem(world, consent(world).body["code"]).body
    second = redeem(world, consent(world, REPORT | {"scenario": "bus"}).body["code"], sub="bus-operator").body
    assert first["id"] != second["id"]
    assert account not in str(first) + str(second)
    assert first["id"] != next(each["id"] for each in world.records() if each["kind"] == "grant_offered")


def test_a_lost_answer_is_sent_again_with_the_same_code(world: World) -> None:
    world.scenario()
    world.person()
    first, again = consent(world, key="k"), consent(world, key="k")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    code = first.body["code"]
    active, replayed = redeem(world, code, key="r"), redeem(world, code, key="r")
    assert (replayed.status, replayed.body) == (200, active.body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"verifier": VERIFIER.replace("d", "e", 1)},
        {"sub": "other-operator"},
        {"role": "institution"},
        {"role": "institution", "sub": "alice"},
    ],
)
def test_a_code_opens_only_to_its_partner_with_its_verifier(
    world: World, offered: dict[str, Any], wrong: dict[str, Any]
) -> None:
    before = world.items()
    assert redeem(world, offered["code"], **wrong).refused == (422, "invalid_grant")
    assert world.items() == before
    assert redeem(world, offered["code"]).status == 200


def test_all_bad_codes_get_one_answer(world: World, offered: dict[str, Any]) -> None:
    id, _, proof = offered["code"].partition(".")
    bad = ["x", ".", id, f"{id}.", f"{id}.{proof[:-1]}", f"{keys.digest('x')}.{proof}", f"{id}.{proof}x"]
    answers = [redeem(world, code) for code in bad]
    assert {answer.refused for answer in answers} == {(422, "invalid_grant")}
    assert len({answer.body["detail"] for answer in answers}) == 1
    change_grant(world, id, code_expires_at=PAST)
    assert redeem(world, offered["code"]).body == answers[0].body
    assert world.get(f"/v1/grants/{id}", **ALICE).body["status"] == "expired"


@pytest.mark.engine
def test_a_code_is_used_once_and_the_grant_stays(world: World, offered: dict[str, Any]) -> None:
    assert redeem(world, offered["code"]).status == 200
    assert redeem(world, offered["code"]).refused == (422, "invalid_grant")
    assert world.get(f"/v1/grants/{offered['id']}", **ALICE).body["status"] == "active"


def test_two_servers_redeem_one_code_at_once_and_one_wins(world: World, offered: dict[str, Any]) -> None:
    def other_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert redeem(world, offered["code"]).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [other_first]
    assert redeem(world, offered["code"]).refused == (422, "invalid_grant")


@pytest.mark.parametrize("redeemed", [False, True])
def test_one_live_grant_a_person_partner_and_purpose(world: World, offered: dict[str, Any], redeemed: bool) -> None:
    if redeemed:
        redeem(world, offered["code"])
    refused = consent(world)
    assert refused.refused == (409, "invalid_state")
    assert refused.body["grant"] == offered["id"]
    assert withdraw(world, offered["id"]).status == 200
    assert consent(world).status == 201


def test_another_partner_person_or_purpose_is_another_pair(world: World, offered: dict[str, Any]) -> None:
    world.scenario("bus", operator="bus-operator")
    world.person("bob", PEOPLE[1])
    assert consent(world, REPORT | {"scenario": "bus"}).status == 201
    assert consent(world, sub="bob").status == 201
    assert consent(world, spend(mall(world))).status == 201


def test_an_offer_that_nobody_redeemed_in_time_is_in_nobody_s_way(world: World, offered: dict[str, Any]) -> None:
    change_grant(world, offered["id"], code_expires_at=PAST)
    assert consent(world).status == 201


def test_a_grant_to_spend_ends_by_itself(world: World) -> None:
    world.person()
    merchant = mall(world)
    grant = spending(world, merchant)
    change_grant(world, grant, expires_at=PAST)
    for who in (ALICE, SHOP):
        grant_seen = world.get(f"/v1/grants/{grant}", **who).body
        assert (grant_seen["status"], grant_seen["used_points_today"]) == ("expired", 0)
    assert withdraw(world, grant).refused == (409, "invalid_state")
    assert consent(world, spend(merchant)).status == 201


def test_two_consents_at_once_cannot_both_win(world: World) -> None:
    world.scenario()
    world.person()

    def other_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert consent(world).status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [other_first]
    assert consent(world).refused == (409, "invalid_state")
    assert len(world.get("/v1/grants", **ALICE).body["items"]) == 1


@pytest.mark.parametrize("who", [ALICE, REPORTER])
def test_either_party_withdraws_once(world: World, who: dict[str, Any]) -> None:
    grant = reporting(world)
    answer = withdraw(world, grant, **who)
    assert (answer.status, answer.body["status"], answer.body["withdrawn_by"]) == (200, "withdrawn", who["role"])
    assert withdraw(world, grant).refused == (409, "invalid_state")
    [record] = [each for each in world.records() if each["kind"] == "grant_withdrawn"]
    assert (record["publish"], record["grant"]) == (True, grant)


def test_a_withdrawn_offer_cannot_be_redeemed_and_its_partner_never_sees_it(
    world: World, offered: dict[str, Any]
) -> None:
    assert world.get(f"/v1/grants/{offered['id']}", **REPORTER).refused == (404, "not_found")
    assert withdraw(world, offered["id"], **REPORTER).refused == (404, "not_found")
    assert withdraw(world, offered["id"]).status == 200
    assert redeem(world, offered["code"]).refused == (422, "invalid_grant")
    assert world.get("/v1/grants", **REPORTER).body["items"] == []


def test_a_withdrawal_that_meets_a_redemption_still_withdraws(world: World, offered: dict[str, Any]) -> None:
    def redeem_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert redeem(world, offered["code"]).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [redeem_first]
    assert withdraw(world, offered["id"]).status == 200
    grant_seen = world.get(f"/v1/grants/{offered['id']}", **REPORTER).body
    assert (grant_seen["status"], grant_seen["withdrawn_by"]) == ("withdrawn", "individual")


@pytest.mark.parametrize("who", [{"sub": "bob"}, {"role": "institution"}, {"role": "scenario_operator"}, SHOP])
def test_nobody_else_sees_or_ends_a_grant(world: World, who: dict[str, Any]) -> None:
    grant = reporting(world)
    world.person("bob", PEOPLE[1])
    caller = ALICE | who
    assert world.get(f"/v1/grants/{grant}", **caller).refused == (404, "not_found")
    assert withdraw(world, grant, **caller).refused == (404, "not_found")
    assert world.get("/v1/grants", **caller).body["items"] == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_grants_are_listed_newest_first_on_pages_of_any_size(world: World, limit: int) -> None:
    world.scenario()
    world.person()
    made = []
    for _ in range(3):
        offered = consent(world)
        made.append(offered.body["id"])
        redeem(world, offered.body["code"])
        withdraw(world, made[-1])
    for who in (ALICE, REPORTER):
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = world.get("/v1/grants", **who, limit=limit, **cursor).body
            found += [each["id"] for each in page["items"]]
            if not page["next_cursor"]:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert sorted(found) == sorted(made)
        assert len(found) == 3


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown scenario": ({"scenario": "tram"}, "/scenario"),
    "a scenario that has ended": ({"scenario": "ended"}, "/scenario"),
    "a scenario that has not begun": ({"scenario": "later"}, "/scenario"),
    "a plain challenge": ({"code_challenge": VERIFIER + "x"}, "/code_challenge"),
    "a short challenge": ({"code_challenge": "x" * 42}, "/code_challenge"),
    "a padded challenge": ({"code_challenge": "x" * 42 + "="}, "/code_challenge"),
    "fields of the other purpose": ({"points_max_order": 5}, "/points_max_order"),
    "an unknown purpose": ({"purpose": "read"}, "/purpose"),
}


@pytest.mark.parametrize(("changes", "pointer"), BAD.values(), ids=BAD)
def test_a_consent_to_report_that_cannot_be_is_refused_at_its_field(
    world: World, changes: dict[str, Any], pointer: str
) -> None:
    world.scenario()
    world.scenario("ended", valid_until=PAST, valid_from="2019-01-01T00:00:00Z")
    world.scenario("later", valid_from="2999-01-01T00:00:00Z")
    world.person()
    before = world.items()
    answer = consent(world, REPORT | changes)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])
    assert world.items() == before


BAD_SPEND: dict[str, tuple[dict[str, Any], str]] = {
    "no merchant": ({"merchant": "x"}, "/merchant"),
    "a time that is over": ({"expires_at": PAST}, "/expires_at"),
    "no points an order": ({"points_max_order": 0}, "/points_max_order"),
    "points as text": ({"points_max_day": "5"}, "/points_max_day"),
}


@pytest.mark.parametrize(("changes", "pointer"), BAD_SPEND.values(), ids=BAD_SPEND)
def test_a_consent_to_spend_that_cannot_be_is_refused_at_its_field(
    world: World, changes: dict[str, Any], pointer: str
) -> None:
    world.person()
    answer = consent(world, spend(mall(world)) | changes)
    assert (answer.refused, answer.pointers) == ((422, "invalid_request"), [pointer])


def test_only_an_active_merchant_with_its_own_mall_can_be_granted_points(world: World) -> None:
    world.person()
    other = world.merchant("other", CODES[1])
    assert consent(world, spend(other)).pointers == ["/merchant"]
    merchant = mall(world, mode="sub_platform")
    world.post(f"/v1/merchants/{merchant}/suspend", {}, role="exchange", sub="exchange")
    assert consent(world, spend(merchant)).pointers == ["/merchant"]
    world.post(f"/v1/merchants/{merchant}/reinstate", {}, role="exchange", sub="exchange")
    assert consent(world, spend(merchant)).status == 201


def test_who_has_no_open_account_cannot_consent(world: World) -> None:
    world.scenario()
    assert consent(world).refused == (404, "not_found")
    world.institution("alice")
    assert consent(world).refused == (404, "not_found")
    account = world.person("bob", PEOPLE[1])
    world.post(f"/v1/accounts/{account}/freeze", {"reason": "court"}, role="bureau", sub="bureau")
    assert consent(world, sub="bob").refused == (409, "account_frozen")


def test_the_export_of_a_person_names_her_grants(world: World, offered: dict[str, Any]) -> None:
    [page] = export(world)
    places = {item["place"].partition(":")[0]: item for item in page["items"]}
    assert places["grant"]["kept"] == {"grant": offered["id"]}
    assert places["granting"]["kept"]["grant"] == offered["id"]


# what a report may rely on


@pytest.mark.engine
def test_a_trip_within_the_life_of_the_grant_is_reported_for_its_person(world: World) -> None:
    grant = reporting(world)
    assert active_for_report(METRO, grant, "metro", datetime.now(UTC)).account == keys.account_id("alice")
    assert active_for_report(METRO, grant, "METRO", datetime.now(UTC)).account == keys.account_id("alice")


def pointer(world: World, grant: str, *, caller: Caller = METRO, scenario: str = "metro", at: str = "") -> str:
    """Where the report is refused."""
    before = world.items()
    with pytest.raises(InvalidRequest) as refused:
        active_for_report(caller, grant, scenario, datetime.fromisoformat(at or now()))
    assert world.items() == before
    return str(refused.value.facts["errors"][0]["pointer"])


def test_a_grant_is_for_its_operator_and_its_scenario_alone(world: World) -> None:
    grant = reporting(world)
    assert pointer(world, "x") == "/grant"
    assert pointer(world, grant, caller=Caller("other", SCENARIO_OPERATOR)) == "/grant"
    assert pointer(world, grant, caller=Caller("operator", "institution")) == "/grant"
    assert pointer(world, grant, scenario="bus") == "/grant"


def test_a_grant_that_is_not_redeemed_or_is_to_spend_reports_nothing(world: World, offered: dict[str, Any]) -> None:
    assert pointer(world, offered["id"]) == "/grant"
    assert pointer(world, spending(world, mall(world))) == "/grant"


def test_a_trip_counts_by_when_it_occurred_and_not_by_when_it_is_reported(world: World) -> None:
    grant = reporting(world)
    change_grant(world, grant, active_from="2026-01-01T00:00:00.000Z")
    assert pointer(world, grant, at="2025-12-31T23:59:59.999Z") == "/occurred_at"
    assert withdraw(world, grant).status == 200
    change_grant(world, grant, withdrawn_at="2026-01-02T00:00:00.000Z")
    assert active_for_report(METRO, grant, "metro", datetime(2026, 1, 1, tzinfo=UTC))
    assert active_for_report(METRO, grant, "metro", datetime(2026, 1, 1, 23, 59, 59, 999000, tzinfo=UTC))
    assert pointer(world, grant, at="2026-01-02T00:00:00Z") == "/occurred_at"


def test_a_report_reads_one_item(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = reporting(world)
    asked: list[str] = []

    def ask(operation: Any, **request: Any) -> Any:
        asked.append(request["Key"]["pk"]["S"])
        return operation(**request)

    monkeypatch.setattr(read, "ask", ask)
    active_for_report(METRO, grant, "metro", datetime.now(UTC))
    assert asked == [f"grant:{grant}"]


@pytest.mark.parametrize("older", [False, True])
def test_a_report_in_a_cold_process_reads_the_grant_and_its_scenario(
    world: World, monkeypatch: pytest.MonkeyPatch, older: bool
) -> None:
    grant = reporting(world)
    if older:  # kept before grants named whom caps count
        commit([update(keys.grant(grant), remove=("person",))])
    asked: list[str] = []

    def ask(operation: Any, **request: Any) -> Any:
        asked.append(operation.__name__)
        return operation(**request)

    for module in (read, walks):
        monkeypatch.setattr(module, "ask", ask)
    scenarios.forget()
    trip = {"record_id": "r-1", "grant": grant, "scenario": "metro", "quantity": "1", "occurred_at": now()}
    assert world.post("/v1/reductions", trip, **REPORTER).status == 201
    assert asked == ["get_item"] * (1 + older) + ["query"]


def test_a_grant_names_whom_caps_count(world: World) -> None:
    grant = reporting(world)
    kept = (world.item(keys.grant(grant)) or {})["person"]
    assert kept == queries.recipient(keys.account_id("alice")).person


def test_the_challenge_of_rfc_7636_is_answered_by_its_verifier() -> None:
    assert challenge(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
