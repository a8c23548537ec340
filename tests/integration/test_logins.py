"""Several logins of one institution: each acts for it within its authority, and for nobody else."""

from typing import Any

import pytest

from chalicelib.edge.identity import authorities, logins
from chalicelib.kernel.caller import FINANCE, INSTITUTION, OWNER, SHOP_OPERATOR
from chalicelib.table import keys
from tests.commands import COMMANDS, send
from tests.endpoints import ROUTES
from tests.prepared import prepared
from tests.world import CODES, Answer, World

PATH = "/v1/institutions/me/logins"
WRITES = {name for name, route in ROUTES.items() if route.method != "GET" and INSTITUTION in route.allow}


def add(world: World, sub: str, authority: str, *, by: str = "shop", **changes: Any) -> Answer:
    body = {"sub": sub, "label": sub, "authority": authority} | changes
    answer = world.post(PATH, body, role="institution", sub=by)
    logins.forget()
    return answer


def added(world: World, sub: str, authority: str, **options: Any) -> str:
    answer = add(world, sub, authority, **options)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def change(world: World, id: str, authority: str, by: str = "shop") -> Answer:
    answer = world.patch(f"{PATH}/{id}", {"authority": authority}, role="institution", sub=by)
    logins.forget()
    return answer


def remove(world: World, id: str, by: str = "shop") -> Answer:
    answer = world.post(f"{PATH}/{id}/remove", role="institution", sub=by)
    logins.forget()
    return answer


def listed(world: World, by: str = "shop") -> dict[str, str]:
    items = world.get(PATH, role="institution", sub=by).body["items"]
    return {each["id"]: each["authority"] for each in items}


def test_the_table_names_every_route_by_which_an_institution_changes_something() -> None:
    assert set(authorities.LEAST) == WRITES
    assert set(authorities.LEAST.values()) == {OWNER, SHOP_OPERATOR, FINANCE}


@pytest.mark.engine
def test_a_login_acts_for_the_institution_that_added_it(world: World) -> None:
    shop = world.merchant()
    world.rich()
    added(world, "clerk", "operator")
    offer = world.offer("clerk")
    order = world.redeem(offer).body["id"]
    assert world.get(f"/v1/offers/{offer}").body["merchant"] == shop
    assert world.fulfil(order, sub="clerk").status == 200
    assert world.me("clerk", "institution")["id"] == shop
    world.stream()
    assert [each["id"] for each in world.get("/v1/redemptions", role="institution", sub="clerk").body["items"]] == [
        order
    ]


@pytest.mark.parametrize("name", sorted(WRITES))
@pytest.mark.parametrize("authority", ["operator", "finance", "read_only"])
def test_what_an_authority_does_not_reach_is_refused_and_changes_nothing(
    world: World, name: str, authority: str
) -> None:
    if authorities.LEAST[name] == authority:
        return
    world.institution("firm", CODES[3])
    added(world, "helper", authority, by="firm")
    ready = prepared(name, world)
    before = world.items()
    assert send(world, ready, role="institution", sub="helper").refused == (403, "role_not_allowed")
    assert world.items() == before


def test_finance_retires_and_every_login_of_it_reads_the_retirement(world: World) -> None:
    ready = COMMANDS["POST /v1/retirements"](world)
    for sub, authority in (("cfo", "finance"), ("intern", "read_only")):
        added(world, sub, authority, by=ready.sub)
    done = send(world, ready, sub="cfo")
    assert done.status == 201
    path = f"/v1/retirements/{done.body['id']}"
    assert world.get(path, role="institution", sub="intern").body == done.body
    assert world.get("/v1/accounts/me", role="institution", sub="intern").status == 200


def test_only_owners_change_logins_and_the_last_one_stays(world: World) -> None:
    shop = world.institution()
    clerk = added(world, "clerk", "operator")
    assert add(world, "friend", "owner", by="clerk").refused == (403, "role_not_allowed")
    assert remove(world, shop).refused == (409, "invalid_state")
    assert change(world, shop, "read_only").refused == (409, "invalid_state")
    assert change(world, clerk, "owner").body["authority"] == "owner"
    assert remove(world, shop, by="clerk").status == 200
    assert listed(world, "clerk") == {shop: "none", clerk: "owner"}
    assert world.get(PATH, role="institution", sub="shop").refused == (403, "role_not_allowed")
    assert remove(world, clerk, by="clerk").refused == (409, "invalid_state")
    assert added(world, "shop", "finance", by="clerk") == shop
    assert world.me("shop", "institution")["id"] == shop
    assert change(world, shop, "owner", by="shop").refused == (403, "role_not_allowed")


def test_two_owners_who_remove_each_other_leave_one(world: World) -> None:
    shop = world.institution()
    second = added(world, "second", "owner")

    def first_is_quicker(store, request, asked):  # type: ignore[no-untyped-def]
        assert world.post(f"{PATH}/{second}/remove", role="institution", sub="shop").status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [first_is_quicker]
    refused = world.post(f"{PATH}/{shop}/remove", role="institution", sub="second")
    assert refused.refused in {(403, "role_not_allowed"), (409, "invalid_state")}
    logins.forget()
    assert listed(world) == {shop: "owner", second: "none"}


def test_a_removed_owner_whom_a_process_still_remembers_adds_nobody(world: World) -> None:
    world.institution()
    second = added(world, "second", "owner")
    assert world.get(PATH, role="institution", sub="second").status == 200
    assert world.post(f"{PATH}/{second}/remove", role="institution", sub="shop").status == 200
    body = {"sub": "friend", "label": "friend", "authority": "owner"}
    assert world.post(PATH, body, role="institution", sub="second").refused == (403, "role_not_allowed")


def test_a_login_stands_for_one_party(world: World) -> None:
    world.institution()
    world.institution("firm", CODES[1])
    world.person()
    for sub in ("alice", "firm", "shop"):
        assert add(world, sub, "operator").refused == (409, "login_taken"), sub
    added(world, "clerk", "operator")
    assert add(world, "clerk", "operator", by="firm").refused == (409, "login_taken")
    assert add(world, "clerk", "finance").refused == (409, "login_taken")
    for kind, number in (("individual", "identity_number"), ("institution", "credit_code")):
        value = {"identity_number": "440524188001010014", "credit_code": CODES[2]}[number]
        body = {"kind": kind, "name": "某", number: value}
        refused = world.post("/v1/accounts", body, role=kind, sub="clerk")
        assert refused.refused in {(409, "account_exists"), (403, "role_not_allowed")}


def test_nobody_is_buyer_and_merchant_of_one_order(world: World) -> None:
    """S1: the buyer cannot be added to the merchant, and whoever was added cannot open an account and buy."""
    world.merchant()
    world.rich()
    order = world.redeem(world.offer()).body["id"]
    assert add(world, "alice", "operator").refused == (409, "login_taken")
    assert world.refund(order, sub="alice").refused == (404, "not_found")


def test_a_removed_login_may_act_for_another_institution(world: World) -> None:
    world.institution()
    firm = world.institution("firm", CODES[1])
    clerk = added(world, "clerk", "operator")
    assert remove(world, clerk).body["authority"] == "none"
    assert remove(world, clerk).refused == change(world, clerk, "owner").refused == (409, "invalid_state")
    assert world.get("/v1/accounts/me", role="institution", sub="clerk").refused == (404, "not_found")
    assert added(world, "clerk", "read_only", by="firm") == clerk
    assert world.me("clerk", "institution")["id"] == firm
    assert remove(world, clerk).refused == (409, "invalid_state")


def test_an_account_and_a_login_at_once_are_one_of_both(world: World) -> None:
    world.institution()

    def open_first(store, request, asked):  # type: ignore[no-untyped-def]
        world.person("clerk")
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [open_first]
    assert add(world, "clerk", "operator").refused == (409, "login_taken")


def test_a_request_reads_its_login_once_a_minute(world: World) -> None:
    world.institution()
    logins.forget()
    login = keys.login(keys.account_id("shop"))
    asked: list[Any] = []
    read = world.store.perform

    def counting(request: Any, operation: str, given: Any) -> Any:
        asked.extend([operation] if login.pk in str(given) else [])
        return read(request, operation, given)

    world.store.perform = counting  # type: ignore[method-assign, assignment]
    for _ in range(3):
        assert world.get("/v1/accounts/me", role="institution", sub="shop").status == 200
    assert asked == ["GetItem"]
    world.rich()
    assert world.get("/v1/accounts/me", role="individual", sub="alice").status == 200
    assert asked == ["GetItem"] or asked == ["GetItem", "TransactWriteItems"]


def test_a_frozen_institution_changes_no_login(world: World) -> None:
    shop = world.institution()
    world.post(f"/v1/accounts/{shop}/freeze", {"reason": "court"}, role="exchange", sub="exchange")
    assert add(world, "clerk", "operator").refused == (409, "account_frozen")


def test_the_list_is_paged(world: World) -> None:
    world.institution()
    for number in range(5):
        added(world, f"clerk-{number}", "read_only", kind="system")
    first = world.get(PATH, role="institution", sub="shop", limit=3).body
    rest = world.get(PATH, role="institution", sub="shop", limit=3, cursor=first["next_cursor"]).body
    ids = [each["id"] for each in (*first["items"], *rest["items"])]
    assert (len(ids), len(set(ids)), rest["next_cursor"]) == (6, 6, None)
