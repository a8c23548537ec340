"""Opening, closing and opening again."""

import pytest

from tests.numbers import credit_code, identity_number
from tests.world import CODES, PEOPLE, World

PERSON = {"kind": "individual", "name": "王小明", "identity_number": PEOPLE[0]}
SHOP = {"kind": "institution", "name": "上海示例商贸有限公司", "credit_code": CODES[0]}


def test_a_person_opens_an_account_and_sees_her_name_masked_and_no_number(world: World) -> None:
    opened = world.post("/v1/accounts", PERSON, role="individual", sub="alice")
    assert opened.status == 201
    assert opened.body.keys() == {"id", "kind", "name", "status", "opened_at"}
    assert (opened.body["kind"], opened.body["name"], opened.body["status"]) == ("individual", "王**", "active")
    assert opened.headers["Content-Type"] == "application/json"
    me = world.me()
    assert me == opened.body | {
        "balances": {"points": 0, "grams": 0, "held_points": 0},
        "debt_points": 0,
        "guardian": None,
        "debt_grams": 0,
        "totals": dict.fromkeys(
            ["earned", "recorded", "redeemed", "cancelled", "donated", "bought_back", "retired"], 0
        ),
        "credit": None,
        "balances_at": None,
        "earlier": [],
    }


def test_numbers_and_full_names_of_persons_are_nowhere_in_the_table(world: World) -> None:
    world.person()
    world.institution()
    kept = str(world.items())
    assert PEOPLE[0] not in kept
    assert CODES[0] not in kept
    assert "王小明" not in kept


def test_the_receipt_cannot_be_guessed_from_a_number_without_the_key(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.person()
    [before] = [record["fingerprint"] for record in world.records()]
    with monkeypatch.context() as patch:
        patch.setattr("chalicelib.settings._secrets", lambda: {"identity_key": b"another", "cursor_key": b"k" * 32})
        again = world.post("/v1/accounts", PERSON, role="individual", sub="alice", key="key-0")
    assert again.refused == (422, "idempotency_key_reused")
    assert before in {record["fingerprint"] for record in world.records()}


def test_a_lower_case_x_is_the_same_person(world: World) -> None:
    world.person()
    other = world.post("/v1/accounts", PERSON | {"identity_number": "11010519491231002x"}, role="individual", sub="bob")
    assert other.refused == (409, "account_exists")


@pytest.mark.parametrize("sub", ["alice", "bob"])
def test_one_person_has_one_account_whichever_login_asks(world: World, sub: str) -> None:
    world.person("alice")
    assert world.post("/v1/accounts", PERSON, role="individual", sub=sub).refused == (409, "account_exists")


@pytest.mark.parametrize("role", ["scenario_operator", "exchange", "bureau"])
def test_only_persons_and_institutions_hold_accounts(world: World, role: str) -> None:
    assert world.post("/v1/accounts", PERSON, role=role, sub="x").refused == (403, "role_not_allowed")
    assert world.get("/v1/accounts/me", role=role, sub="x").refused == (403, "role_not_allowed")


@pytest.mark.parametrize("path", ["/v1/accounts/me", "/v1/accounts/me/entries"])
def test_before_opening_there_is_nothing_to_see(world: World, path: str) -> None:
    assert world.get(path, role="individual", sub="alice").refused == (404, "not_found")
    assert world.close().refused == (404, "not_found")


def test_an_account_is_seen_only_in_the_role_that_opened_it(world: World) -> None:
    world.person("alice")
    assert world.get("/v1/accounts/me", role="institution", sub="alice").refused == (404, "not_found")
    assert world.close("alice", "institution").refused == (404, "not_found")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity_number", "110105194912310021"),
        ("identity_number", "１１０１０５１９４９１２３１００２X"),
        ("identity_number", 110105194912310021),
        ("identity_number", ""),
        ("name", ""),
        ("name", "   "),
        ("name", "a" * 201),
        ("name", "a\nb"),
        ("name", "a\u202eb"),
        ("name", None),
    ],
)
def test_a_fault_is_named_by_its_pointer(world: World, field: str, value: object) -> None:
    refused = world.post("/v1/accounts", PERSON | {field: value}, role="individual", sub="alice")
    assert refused.refused == (422, "invalid_request")
    assert refused.pointers == [f"/{field}"]


def test_a_missing_or_unknown_kind_is_named_too(world: World) -> None:
    for body in ({}, {"kind": "robot"}, {"kind": 1}, PERSON | {"kind": None}):
        refused = world.post("/v1/accounts", body, role="individual", sub="alice")
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/kind"])


def test_an_empty_account_is_closed_once(world: World) -> None:
    world.person()
    closed = world.close()
    assert (closed.status, closed.body["status"]) == (200, "closed")
    assert world.me()["status"] == "closed"
    assert world.close().refused == (409, "account_closed")


def test_an_account_with_a_pending_order_stays_open_until_it_is_settled(world: World) -> None:
    world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    refused = world.close()
    assert refused.refused == (409, "invalid_state")
    assert (refused.body["points"], refused.body["pending"]) == (0, 1)
    world.fulfil(order)
    assert world.close().status == 200


def test_an_account_with_a_pending_reduction_stays_open_until_it_is_decided(world: World) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    reported = world.report(account).body["id"]
    assert world.close().refused == (409, "invalid_state")
    world.post(f"/v1/reductions/{reported}/reject", {"reason": "no ticket"}, role="bureau", sub="bureau")
    assert world.close().status == 200


def test_a_closed_account_is_opened_again_by_its_own_person_only(world: World) -> None:
    account = world.person("alice", identity_number(1))
    world.close()
    other = PERSON | {"identity_number": identity_number(2)}
    assert world.post("/v1/accounts", other, role="individual", sub="alice").refused == (409, "account_exists")
    assert world.person("alice", identity_number(1)) == account
    me = world.me()
    assert (me["status"], me["balances"]["points"]) == ("active", 0)


def test_after_closing_the_person_may_open_with_another_login(world: World) -> None:
    first = world.person("alice")
    world.close("alice")
    assert world.person("alice2") != first
    assert world.post("/v1/accounts", PERSON, role="individual", sub="alice").refused == (409, "account_exists")


def test_an_institution_may_close_and_open_again(world: World) -> None:
    account = world.institution("shop", credit_code(7))
    assert world.close("shop", "institution").status == 200
    assert world.institution("shop", credit_code(7)) == account


def test_a_closed_account_moves_no_value(world: World) -> None:
    world.merchant()
    offer = world.offer()
    account = world.rich(points=1000)
    world.redeem(offer)
    world.fulfil(str(world.get("/v1/redemptions", role="individual", sub="alice").body["items"][0]["id"]))
    assert world.close().status == 200
    assert world.redeem(offer).refused == (409, "account_closed")
    reported = world.report(account)
    assert (reported.refused, reported.pointers) == ((422, "invalid_request"), ["/account"])
    assert world.me()["status"] == "closed"
    assert [entry["points"] for entry in world.entries()] == [-1000, 1000]
