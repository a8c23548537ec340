"""The statement is complete at once, and the same after the stream was delivered, however often."""

import codecs
import json
import re

import pytest

from chalicelib.accounts.statements import queries as statements
from chalicelib.ledger import actions as ledger
from chalicelib.mall.redemptions.sweeping import sweep_tills
from chalicelib.table import keys
from tests.world import PEOPLE, World

pytestmark = pytest.mark.engine


def shop_week(world: World) -> str:
    """A conversion, three redemptions and one refund; the last order is answered."""
    world.merchant()
    world.rich(points=10_000)
    offer = world.offer()
    orders = [world.redeem(offer).body["id"] for _ in range(3)]
    world.refund(orders[0])
    return str(orders[-1])


def test_a_statement_is_complete_before_the_stream_comes_and_unchanged_after(world: World) -> None:
    shop_week(world)
    kinds = ["refund", "redemption", "redemption", "redemption", "conversion"]
    before = world.entries()
    assert [entry["kind"] for entry in before] == kinds
    assert sum(entry["points"] for entry in before) == world.points() == 8000
    world.stream()
    assert world.entries() == before
    world.stream()
    world.stream()
    assert world.entries() == before


def test_a_statement_half_filed_is_complete_too(world: World) -> None:
    shop_week(world)
    world.stream()
    world.redeem(str(world.get("/v1/offers").body["items"][0]["id"]))
    assert [entry["points"] for entry in world.entries()] == [-1000, 1000, -1000, -1000, -1000, 10_000]


def test_a_line_says_who_what_and_why(world: World) -> None:
    world.merchant()
    account = world.rich(points=1000)
    order = world.redeem(world.offer()).body
    redemption, conversion = world.entries()
    shop = world.me("shop", "institution")["id"]
    assert redemption == {
        "id": order["id"], "at": order["at"], "kind": "redemption", "points": -1000, "grams": 0,
        "counterparty": shop, "reference": order["id"], "swept_points": 0, "debt_points": 0, "debt_grams": 0,
        "text": "You redeemed an offer for 1,000 points.", "text_zh": "您兑换权益，支出 1,000 碳积分。",
    }  # fmt: skip
    assert (conversion["counterparty"], conversion["points"], conversion["grams"]) == ("walk", 1000, 0)
    world.stream()
    [sale] = world.entries("shop", "institution")
    words = {"text": "An offer was redeemed for 1,000 points.", "text_zh": "您的权益被兑换，收入 1,000 碳积分。"}
    assert sale == redemption | {"points": 1000, "counterparty": account} | words


def test_a_refund_names_the_order_it_undoes(world: World) -> None:
    world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    world.refund(order)
    refund = world.entries()[0]
    assert (refund["kind"], refund["points"], refund["reference"]) == ("refund", 1000, order)


@pytest.mark.parametrize("delivered", [False, True])
@pytest.mark.parametrize(("kind", "count"), [("redemption", 3), ("refund", 1), ("conversion", 1), ("donation", 0)])
def test_a_statement_shows_one_kind(world: World, kind: str, count: int, delivered: bool) -> None:
    shop_week(world)
    if delivered:
        world.stream()
    assert [entry["kind"] for entry in world.entries(kind=kind)] == [kind] * count


@pytest.mark.parametrize("delivered", [False, True])
def test_from_is_included_and_until_is_not(world: World, delivered: bool) -> None:
    shop_week(world)
    if delivered:
        world.stream()
    lines = world.entries()
    times = [line["at"] for line in lines]
    for moment in times:
        assert world.entries(**{"from": moment}) == [line for line in lines if line["at"] >= moment]
        assert world.entries(until=moment) == [line for line in lines if line["at"] < moment]
    assert world.entries(**{"from": times[-1], "until": times[-1]}) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2024-01-02T00:00:00Z", "until": "2024-01-01T00:00:00Z"},
        {"from": "yesterday"},
        {"until": "2024-01-01"},
        {"until": "1704067200"},
        {"from": "2024-01-01T00:00:00"},
        {"kind": ""},
        {"kind": "x" * 41},
        {"since": "2024-01-01T00:00:00Z"},
    ],
)
def test_a_range_that_makes_no_sense_is_refused(world: World, asked: dict[str, str]) -> None:
    world.person()
    refused = world.get("/v1/accounts/me/entries", role="individual", sub="alice", **asked)
    assert refused.refused == (422, "invalid_request")
    assert refused.pointers == [f"/{list(asked)[-1]}"]


@pytest.mark.parametrize("delivered", [0, 1])
@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_pages_hold_every_line_once_and_in_order(world: World, limit: int, delivered: int) -> None:
    shop_week(world)
    if delivered:
        world.stream()
        world.report(world.me()["id"], "5")
    everything = world.entries(limit=100)
    found, cursor = [], None
    for _ in range(10):
        asked = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = world.get("/v1/accounts/me/entries", role="individual", sub="alice", **asked).body
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == everything


def test_a_line_that_is_filed_between_two_pages_is_neither_lost_nor_shown_twice(world: World) -> None:
    shop_week(world)
    everything = world.entries()
    first = world.get("/v1/accounts/me/entries", role="individual", sub="alice", limit=2).body
    world.stream()
    rest = world.get("/v1/accounts/me/entries", role="individual", sub="alice", cursor=first["next_cursor"]).body
    assert first["items"] + rest["items"] == everything


def test_a_statement_is_its_callers_own(world: World) -> None:
    shop_week(world)
    world.person("bob", PEOPLE[1])
    assert world.entries("bob") == []


def test_totals_follow_the_stream_and_count_every_record_once(world: World) -> None:
    """What she earned moves with the balance, so it is there at once."""
    shop_week(world)
    totals = world.me()["totals"]
    assert (totals["earned"], totals["redeemed"]) == (10_000, 0)
    for _ in range(2):
        world.stream()
        totals = world.me()["totals"]
        assert (totals["earned"], totals["redeemed"]) == (10_000, 2000)
        assert world.me("shop", "institution")["totals"]["earned"] == 2000
        assert world.points("shop", "institution") == 2000


def test_an_accountant_gets_the_whole_period_as_a_spreadsheet(world: World) -> None:
    world.merchant()
    world.rich(points=5000)
    offer = world.offer()
    for _ in range(3):
        world.redeem(offer)
    csv = {"headers": {"Accept": "text/csv"}, "role": "individual", "sub": "alice"}
    before = world.get("/v1/accounts/me/entries", limit=1, **csv)
    assert before.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = [line.split(",") for line in before.body.decode("utf-8-sig").splitlines()]
    names = ["id", "at", "kind", "points", "grams", "counterparty", "reference", "swept_points", "debt_points"]
    assert rows[0] == [*names, "debt_grams", "at_beijing", "text", "text_zh"]
    assert before.body.startswith(codecs.BOM_UTF8)
    assert re.fullmatch(r'attachment; filename="statement-[0-9]{8}\.csv"', before.headers["Content-Disposition"])
    assert [(row[2], row[3]) for row in rows[1:]] == [("conversion", "5000"), *[("redemption", "-1000")] * 3]
    world.stream()
    assert world.get("/v1/accounts/me/entries", **csv).body == before.body
    assert len(world.get("/v1/accounts/me/entries", kind="conversion", **csv).body.splitlines()) == 2


def test_a_period_too_long_for_one_spreadsheet_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "CSV_LINES_MAX", 1)
    world.rich()
    world.report(keys.account_id("alice"))
    refused = world.get("/v1/accounts/me/entries", headers={"Accept": "text/csv"}, role="individual", sub="alice")
    assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/from"])


def test_an_account_moves_no_more_while_its_statement_is_far_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream stands still; then it continues."""
    account = world.rich(points=1000)
    world.stream()
    monkeypatch.setattr(ledger, "UNFILED_MAX", 3)
    monkeypatch.setattr("chalicelib.kernel.settle.pause", lambda _: pytest.fail("minutes may pass: nobody waits"))
    body = {"points": 1, "purpose": "walk"}
    cancel = {"role": "individual", "sub": "alice"}
    assert [world.post("/v1/cancellations", body, **cancel).status for _ in range(3)] == [201] * 3
    refused = world.post("/v1/cancellations", body, key="k", **cancel)
    assert refused.refused == (409, "contended")
    assert (refused.headers["Retry-After"], refused.body["unfiled"]) == ("60", 3)
    assert "statement" in refused.body["detail"]
    assert world.report(account, "1", scenario="walk").refused == (409, "contended")
    assert world.points() == 997
    assert len(world.entries()) == 4
    world.stream()
    assert world.post("/v1/cancellations", body, key="k", **cancel).status == 201


def test_a_merchant_far_behind_keeps_what_its_tills_hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.merchant()
    world.rich(points=3000)
    offers = [world.offer() for _ in range(3)]
    assert [world.redeem(offer).status for offer in offers] == [201] * 3
    world.stream()
    monkeypatch.setattr(ledger, "UNFILED_MAX", 2)
    assert sweep_tills() == 2000
    assert sweep_tills() == 0
    assert world.points("shop", "institution") == 3000
    world.stream()
    assert sweep_tills() == 1000


def test_the_bound_leaves_an_item_far_from_full() -> None:
    """An item holds 400 KB; an id of 26 letters counts as its bytes and one more."""
    assert len(keys.record_id("alice", "key")) * ledger.UNFILED_MAX < 400_000 / 20


def test_a_kind_that_no_line_can_have_is_refused_with_the_kinds_there_are(world: World) -> None:
    world.person()
    for params in ({"kind": "nonsense"}, {"kind": ""}, {"kind": "\x00"}, {"kind": "stocking"}):
        refused = world.get("/v1/accounts/me/entries", role="individual", sub="alice", **params)
        assert (refused.refused, refused.pointers) == ((422, "invalid_request"), ["/kind"])
        assert all(kind in refused.body["errors"][0]["detail"] for kind in ("conversion", "buy_back", "sweep"))
    described = world.get("/openapi.json").body["paths"]["/v1/accounts/me/entries"]["get"]["parameters"]
    assert '"enum": ["conversion", "redemption"' in json.dumps(described)
