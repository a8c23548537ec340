"""An institution asks for a new name, the exchange decides; the name that everybody sees changes only then."""

from typing import Any

import pytest

from tests.desk import EXCHANGE, PARTNER_SYSTEM, institution
from tests.numbers import credit_code
from tests.world import Answer, World

SHOP = institution("shop")
PATH = "/v1/institutions/me/renamings"
OTHER: dict[str, Any] = {"role": "exchange", "sub": "official-2"}


def ask(world: World, name: str = "新示例商贸", **who: str) -> Answer:
    body = {"name": name, "reason": "登记机关已核准变更", "evidence_sha256": "0" * 64}
    return world.post(PATH, body, **(who or SHOP))


def decide(world: World, id: str, action: str = "approve") -> Answer:
    body = {"reason": "证明材料与名称不符"} if action == "reject" else {}
    return world.post(f"/v1/procedures/{id}/{action}", body, **OTHER)


def name(world: World, merchant: str) -> str:
    return str(world.get(f"/v1/merchants/{merchant}").body["name"])


def texts(world: World) -> list[str]:
    world.stream()
    return [each["text_zh"] for each in world.messages("shop", "institution")]


def waiting(world: World) -> list[tuple[str, str, str]]:
    found = world.get("/v1/worklist", **EXCHANGE).body["items"]
    return [(each["actor"], each["state"], each["path"]) for each in found if each["kind"] == "renaming"]


def test_the_public_name_changes_with_the_confirmation_and_the_system_is_notified(world: World) -> None:
    shop = world.merchant(mode="third_party_mall")
    assert world.post(f"/v1/merchants/{shop}/integration", PARTNER_SYSTEM, **SHOP).status == 200
    asked = ask(world)
    assert (asked.status, asked.body["status"], asked.body["requested_by"]) == (201, "proposed", "institution")
    assert name(world, shop) == "示例商贸"
    id = asked.body["id"]
    assert waiting(world) == [("exchange", "proposed", f"/v1/procedures/{id}")]
    assert decide(world, id).body["name"] == "新示例商贸"
    assert name(world, shop) == world.me("shop", "institution")["name"] == "新示例商贸"
    assert waiting(world) == []
    assert texts(world) == [
        "账户办理事项（更名）已批准。现名称为“新示例商贸”。",
        "您已申请将机构名称变更为“新示例商贸”，由上海环交所办理；批准前仍使用现名。",
    ]
    [event] = world.get("/v1/webhook-deliveries", status="pending", **SHOP).body["items"]
    assert event["type"] == "merchant.renamed"
    [mine] = world.get(PATH, **SHOP).body["items"]
    assert (mine["id"], mine["status"], mine["rejection"]) == (id, "approved", None)


def test_a_rejection_says_why_and_the_institution_may_ask_again(world: World) -> None:
    shop = world.merchant()
    id = ask(world).body["id"]
    waits = ask(world, "又一商贸")
    assert (waits.refused, "waits for the exchange" in waits.body["detail"]) == ((409, "invalid_state"), True)
    assert decide(world, id, "reject").status == 200
    assert name(world, shop) == "示例商贸"
    assert texts(world)[0] == "账户办理事项（更名）未通过：证明材料与名称不符。"
    again = ask(world, "又一商贸")
    assert again.status == 201
    history = world.get(PATH, **SHOP).body["items"]
    assert [(each["name"], each["status"], each["rejection"]) for each in history] == [
        ("又一商贸", "proposed", None),
        ("新示例商贸", "rejected", "证明材料与名称不符"),
    ]
    assert [each["status"] for each in world.get(PATH, limit=1, **SHOP).body["items"]] == ["proposed"]


def test_renamings_are_read_page_by_page(world: World) -> None:
    world.institution()
    for number in range(3):
        assert decide(world, ask(world, f"商贸 {number}").body["id"]).status == 200
    first = world.get(PATH, limit=2, **SHOP).body
    second = world.get(PATH, limit=2, cursor=first["next_cursor"], **SHOP).body
    assert [each["name"] for each in (*first["items"], *second["items"])] == ["商贸 2", "商贸 1", "商贸 0"]


def test_of_another_institution_nothing_is_seen_and_nobody_else_asks(world: World) -> None:
    world.institution()
    ask(world)
    world.institution("other", credit_code(7))
    assert world.get(PATH, **institution("other")).body["items"] == []
    assert ask(world, role="individual", sub="alice").refused == (403, "role_not_allowed")
    assert ask(world, role="institution", sub="nobody").refused == (404, "not_found")


@pytest.mark.parametrize("text", ["示例商贸", "  示例商贸 "])
def test_the_present_name_is_no_new_one(world: World, text: str) -> None:
    world.institution()
    assert ask(world, text).pointers == ["/name"]


def test_a_frozen_institution_asks_for_nothing(world: World) -> None:
    world.freeze(world.institution())
    assert ask(world).refused == (409, "account_frozen")


def test_an_official_s_own_procedure_leaves_the_request_alone(world: World) -> None:
    shop = world.institution()
    own = ask(world).body["id"]
    body = {"kind": "rename", "account": shop, "reason": "r", "evidence_sha256": "0" * 64, "name": "官方更名"}
    official = world.post("/v1/procedures", body, **EXCHANGE).body["id"]
    assert decide(world, official).status == 200
    assert ask(world, "三").refused == (409, "invalid_state"), "its own still waits"
    assert decide(world, own).status == 200
    assert ask(world, "三").status == 201
