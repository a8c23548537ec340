"""What is kept about a caller, for itself; and a name that was wrong."""

from typing import Any

import pytest

from chalicelib.table import keys
from tests.world import PEOPLE, World


def export(world: World, sub: str = "alice", role: str = "individual", limit: int = 100) -> list[dict[str, Any]]:
    """All its pages."""
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = world.get("/v1/accounts/me/export", role=role, sub=sub, limit=limit, **cursor)
        assert answer.status == 200, answer
        pages.append(answer.body)
        if not answer.body["next_cursor"]:
            return pages
        cursor = {"cursor": answer.body["next_cursor"]}


def busy(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    order = world.redeem(world.offer(per_account_limit=3)).body["id"]
    world.fulfil(order)
    body = {"points": 1000, "purpose": "trip to Hangzhou"}
    assert world.post("/v1/cancellations", body, role="individual", sub="alice").status == 201


@pytest.mark.parametrize("filed", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_everything_is_there_once_filed_or_not_on_pages_of_any_size(world: World, filed: bool, limit: int) -> None:
    busy(world)
    if filed:
        world.stream()
    items = [item for page in export(world, limit=limit) for item in page["items"]]
    places = [item["place"].partition(":")[0] for item in items]
    # what the stream brings beside the lines
    messages, pointers = (["message"] * 2, ["reduction"]) if filed else ([], [])
    assert items[0]["kept"]["earned:2024-01:walk:SHCER-01"] == 5000
    assert places == ["account", "entry", "entry", "entry", *messages, "purchases", *pointers]
    entries = [item for item in items if item["place"].startswith("entry")]
    assert [item["kept"]["points"] for item in entries] == [5000, -1000, -1000]
    kinds = [item["request"]["kind"] for item in entries]
    assert kinds == ["reduction_confirmed", "redemption", "cancellation"]
    assert entries[1]["order"]["voucher"] == "SH-1"
    assert entries[2]["request"]["answer"]["certificate"]["serial"].startswith("SH")
    [purchases] = [item for item in items if item["place"].startswith("purchases")]
    assert purchases["kept"] == {"units": 1}


def test_the_whole_partition_is_shown_without_the_hash(world: World) -> None:
    busy(world)
    world.stream()
    pages = export(world)
    account = keys.account_id("alice")
    own = [item for item in world.items() if item["pk"]["S"] == f"account:{account}"]
    trips = [item for item in own if item.get("kind") == {"S": "conversion"}]  # lines that are also their pointers
    kept = [item["sk"]["S"] for item in own] + [item["sk"]["S"].replace("entry:", "reduction:") for item in trips]
    assert len(trips) == 1
    assert sorted(kept) == [item["place"] for page in pages for item in page["items"]]
    [number] = [item["pk"]["S"].removeprefix("identity:") for item in world.items() if item["sk"]["S"] == "identity"][
        :1
    ]
    assert number not in str(pages)
    assert pages[0]["login"] == "alice"
    assert pages[0]["account"] == world.me()


def test_what_an_item_holds_is_shown_though_no_noun_names_it(world: World) -> None:
    busy(world)
    world.stream()
    lines = [item for item in world.store.items.values() if item["sk"]["S"].startswith(("entry:", "purchases:"))]
    for item in lines:
        item["of_another_version"] = {"S": "kept"}
    found = [
        each["kept"]
        for page in export(world)
        for each in page["items"]
        if each["place"].startswith(("entry:", "purchases:"))
    ]
    assert {each.get("of_another_version") for each in found} == {"kept"}
    assert len(found) == 4


def test_an_institution_has_an_export_too_and_nobody_sees_anothers(world: World) -> None:
    busy(world)
    world.person("bob", PEOPLE[1])
    world.stream()
    [shop] = export(world, "shop", "institution")
    assert {"account", "entry", "offer", "sums"} <= {item["place"].partition(":")[0] for item in shop["items"]}
    [bob] = export(world, "bob")
    assert [item["place"] for item in bob["items"]] == ["account"]
    assert world.get("/v1/accounts/me/export", role="individual", sub="nobody").refused == (404, "not_found")
    cursor = world.get("/v1/accounts/me/export", role="individual", sub="alice", limit=1).body["next_cursor"]
    stolen = world.get("/v1/accounts/me/export", role="individual", sub="bob", limit=1, cursor=cursor)
    assert stolen.refused == (422, "invalid_request")


def correct(world: World, name: str = "李小明", role: str = "individual", sub: str = "alice") -> Any:
    return world.patch("/v1/accounts/me", {"name": name}, role=role, sub=sub)


def test_a_person_corrects_her_name_which_is_kept_masked(world: World) -> None:
    world.person()
    assert (correct(world).status, world.me()["name"]) == (200, "李**")
    assert "李小明" not in str(world.items())


def test_names_of_institutions_and_of_closed_accounts_stay(world: World) -> None:
    world.institution()
    assert correct(world, role="institution", sub="shop").refused == (403, "role_not_allowed")
    assert correct(world).refused == (404, "not_found")
    world.person()
    world.close()
    assert correct(world).refused == (409, "account_closed")
