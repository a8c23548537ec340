"""Messages: one for each Record that concerns a holder, however often and in whatever order the stream brings it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.holds.worker import expire_due
from chalicelib.kernel.fields import stamp
from chalicelib.messages import queries, reactions
from chalicelib.messages.model import KEPT
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import delete, update
from tests.consents import age_hold, capture, hold, mall, release, spending, withdraw
from tests.world import PEOPLE, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
BOB: dict[str, Any] = {"role": "individual", "sub": "bob"}


def kinds(world: World, sub: str = "alice", role: str = "individual", **options: Any) -> list[str]:
    return [each["kind"] for each in world.messages(sub, role, **options)]


def about(message: dict[str, Any]) -> tuple[str, str]:
    return message["about"]["kind"], message["about"]["id"]


@pytest.mark.engine
def test_an_order_from_its_sale_to_its_refund(world: World) -> None:
    world.merchant()
    world.rich()
    order = world.redeem(world.offer()).body["id"]
    assert world.fulfil(order).status == 200
    assert world.refund(order).status == 200
    world.stream()
    refunded, fulfilled, placed = world.messages()
    assert kinds(world) == ["order_refunded", "order_fulfilled", "order_placed"]
    assert {about(each) for each in (refunded, fulfilled, placed)} == {("redemption", order)}
    [line] = world.entries(kind="redemption")
    assert (placed["text"], placed["text_zh"], placed["at"]) == (line["text"], line["text_zh"], line["at"])
    assert world.messages("shop", "institution") == []


@pytest.mark.engine
def test_duplicates_and_another_order_of_the_stream_make_no_second_message(world: World) -> None:
    world.merchant()
    world.rich()
    offer = world.offer()
    orders = [world.redeem(offer).body["id"] for _ in range(3)]
    assert world.fulfil(orders[0]).status == 200
    backwards = world.items()[::-1]
    world.stream(backwards)
    first = world.messages()
    assert [each["kind"] for each in first].count("order_placed") == 3
    world.stream()
    world.stream(world.items() + world.items())
    assert world.messages() == first
    assert [each["at"] for each in first] == sorted((each["at"] for each in first), reverse=True)


def test_a_rebuild_brings_back_what_was_lost_and_leaves_alone_what_was_read(world: World) -> None:
    world.merchant()
    world.rich()
    world.redeem(world.offer())
    world.freeze(world.me()["id"])
    world.stream()
    frozen, placed = world.messages()
    assert world.post("/v1/messages/read", {"messages": [frozen["id"]]}, role="individual", sub="alice").status == 200
    key = keys.message(world.me()["id"], placed["id"])
    commit([delete(key)])
    assert len(world.messages()) == 1
    world.stream()
    assert [each["id"] for each in world.messages()] == [frozen["id"], placed["id"]]
    assert [each["id"] for each in world.messages(unread="true")] == [placed["id"]]


def test_what_is_read_is_no_longer_among_the_unread_and_stays_read_since_then(world: World) -> None:
    world.merchant()
    world.rich()
    offer = world.offer()
    for _ in range(3):
        world.redeem(offer)
    world.stream()
    ids = [each["id"] for each in world.messages(unread="true")]
    sent = {"role": "individual", "sub": "alice"}
    answer = world.post("/v1/messages/read", {"messages": [ids[1], ids[1]]}, **sent)
    assert (answer.status, answer.body) == (200, {"marked": 1, "marked_before": 0})
    since = world.messages()[1]["read_at"]
    assert since is not None
    again = world.post("/v1/messages/read", {"messages": ids[:2]}, **sent)
    assert again.body == {"marked": 1, "marked_before": 1}
    assert world.messages()[1]["read_at"] == since
    assert [each["id"] for each in world.messages(unread="true")] == ids[2:]
    assert len(world.messages()) == 3


@pytest.mark.parametrize("unread", [{}, {"unread": "true"}])
def test_pages_hold_each_message_once(world: World, unread: dict[str, str]) -> None:
    world.merchant()
    world.rich()
    offer = world.offer()
    for _ in range(5):
        world.redeem(offer)
    world.stream()
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = world.get("/v1/messages", role="individual", sub="alice", limit="2", **unread, **cursor).body
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == sorted(set(found), reverse=True)
    assert len(found) == 5


def test_nobody_reads_or_marks_the_messages_of_another(world: World) -> None:
    world.freeze(world.person())
    world.person("bob", PEOPLE[1])
    world.stream()
    [message] = world.messages()
    assert world.messages("bob") == []
    refused = world.post("/v1/messages/read", {"messages": [message["id"]]}, **BOB)
    assert refused.refused == (422, "invalid_request")
    assert refused.pointers == ["/messages/0"]
    assert world.messages(unread="true") == [message]
    assert world.get("/v1/messages", role="individual", sub="carol").status == 404
    assert world.get("/v1/messages", **EXCHANGE).status == 403


def test_conversions_make_none_and_a_reversal_states_the_debt(world: World) -> None:
    world.merchant()
    world.rich(points=100)
    reduction = world.report(world.me()["id"], "10").body["id"]  # 710 points
    world.redeem(world.offer(points=800), 800)
    world.stream()
    assert kinds(world) == ["order_placed"]
    body = {"reason": "no such trip", "evidence_sha256": "a" * 64}
    assert world.post(f"/v1/reductions/{reduction}/reverse", body, **BUREAU).status == 200
    world.stream()
    reversed_, _ = world.messages()
    assert (reversed_["kind"], about(reversed_)) == ("reduction_reversed", ("reduction", reduction))
    assert "700 points could not be taken back" in reversed_["text"]
    assert "700 碳积分待抵扣" in reversed_["text_zh"]


@pytest.mark.parametrize(("action", "kind"), [("confirm", "reduction_confirmed"), ("reject", "reduction_rejected")])
def test_what_the_bureau_decides_on_a_reported_reduction(world: World, action: str, kind: str) -> None:
    account = world.person()
    world.scenario(confirmation="manual")
    reduction = world.report(account).body["id"]
    body = {"reason": "no"} if action == "reject" else {}
    assert world.post(f"/v1/reductions/{reduction}/{action}", body, **BUREAU).status == 200
    world.stream()
    [message] = world.messages()
    assert (message["kind"], about(message)) == (kind, ("reduction", reduction))


def test_grants_and_holds_are_for_the_person_alone(world: World) -> None:
    world.rich()
    grant = spending(world, mall(world))
    taken, given, late = (hold(world, grant, order_reference=f"o-{n}", points=100).body["id"] for n in range(3))
    assert capture(world, taken, 60).status == 200
    assert release(world, given).status == 200
    age_hold(world, late, "2020-01-01T00:00:00.000Z")
    assert expire_due(datetime.now(UTC)) == 1
    refund = {"points": 10, "reason": "broken"}
    assert world.post(f"/v1/holds/{taken}/refund", refund, role="institution", sub="shop").status == 200
    assert withdraw(world, grant).status == 200
    world.stream()
    messages = world.messages()
    ends = ["hold_captured", "hold_released", "hold_expired", "hold_refunded"]
    expected = ["grant_given", *["hold_placed"] * 3, *ends, "grant_withdrawn"]
    assert sorted(each["kind"] for each in messages) == sorted(expected)
    [captured] = [each for each in messages if each["kind"] == "hold_captured"]
    assert captured["text"] == "A merchant took 60 points that were held. 40 came back."
    assert about(captured) == ("hold", taken)
    assert world.messages("shop", "institution") == []


def test_a_code_is_named_in_no_message(world: World) -> None:
    world.merchant()
    world.rich()
    offer = world.offer()
    codes = {"codes": ["SECRET-1", "SECRET-2"]}
    assert world.post(f"/v1/offers/{offer}/vouchers", codes, role="institution", sub="shop").status == 201
    world.redeem(offer)
    other = world.redeem(world.offer(title="SECRET-3")).body["id"]
    assert world.fulfil(other).status == 200
    world.stream()
    assert sorted(kinds(world)) == ["order_fulfilled", "order_placed", "voucher_handed_out"]
    texts = " ".join(each["text"] + each["text_zh"] for each in world.messages())
    assert "SECRET" not in texts
    assert "SH-1" not in texts
    assert not any(number in str(world.messages()) for number in PEOPLE)


def test_freezing_and_procedures_reach_their_holder(world: World) -> None:
    account = world.person()
    world.freeze(account, role="bureau")
    world.freeze(account, "unfreeze")
    grounds = {"account": account, "reason": "lost phone", "evidence_sha256": "0" * 64}
    body = grounds | {"kind": "rebind", "new_sub": "alice-2"}
    procedure = world.post("/v1/procedures", body, **EXCHANGE).body["id"]
    world.stream()
    proposed, released, frozen = world.messages()
    assert (frozen["kind"], released["kind"], proposed["kind"]) == ("account_frozen", "account_released", "procedure")
    assert frozen["text_zh"].startswith("市生态环境局已冻结您的账户")
    assert about(proposed) == ("procedure", procedure)
    assert "alice-2" not in str(proposed)
    assert world.post(f"/v1/procedures/{procedure}/approve", {}, **BUREAU).status == 200
    world.stream()
    assert len(world.messages("alice-2")) == 4


def test_an_institution_learns_what_became_of_its_campaign(world: World) -> None:
    world.institution()
    body = {
        "title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    one, two = (world.post("/v1/campaigns", body, role="institution", sub="shop").body["id"] for _ in range(2))
    assert world.post(f"/v1/campaigns/{one}/reject", {"reason": "no"}, **EXCHANGE).status == 200
    assert world.post(f"/v1/campaigns/{two}/approve", **EXCHANGE).status == 200
    assert world.post(f"/v1/campaigns/{two}/close", **EXCHANGE).status == 200
    world.stream()
    closed, rejected = world.messages("shop", "institution")
    assert (about(rejected), about(closed)) == (("campaign", one), ("campaign", two))
    assert (rejected["kind"], closed["kind"]) == ("campaign_rejected", "campaign_closed")


def campaign(world: World) -> str:
    """A campaign that alice has given to twice, and bob once."""
    world.institution()
    world.rich()
    world.rich("bob", PEOPLE[1])
    body = {
        "title": "马拉松", "purpose": "event", "description": "赛事", "target_grams": 1000,
        "ends_at": "2999-01-01T00:00:00Z",
    }  # fmt: skip
    id = world.post("/v1/campaigns", body, role="institution", sub="shop").body["id"]
    assert world.post(f"/v1/campaigns/{id}/approve", **EXCHANGE).status == 200
    for sub in ("alice", "alice", "bob"):
        gift = {"campaign": id, "points": 100}
        assert world.post("/v1/donations", gift, role="individual", sub=sub).status == 201
    return str(id)


@pytest.mark.parametrize("backwards", [False, True])
def test_each_donor_learns_once_that_the_campaign_is_closed(world: World, backwards: bool) -> None:
    id = campaign(world)
    assert world.post(f"/v1/campaigns/{id}/close", **EXCHANGE).status == 200
    records = [item for item in world.items() if item["sk"] == {"S": "record"}]
    if backwards:  # the closing comes alone, before any donation
        world.stream([item for item in records if item["kind"] == {"S": "campaign_closed"}])
        reactions.notify_donors()
    world.stream()
    reactions.notify_donors()
    found = world.messages()
    assert [(each["kind"], about(each)) for each in found] == [("campaign_closed", ("campaign", id))]
    assert "300 points" in found[0]["text"]
    assert kinds(world, "bob") == ["campaign_closed"]
    assert kinds(world, "shop", "institution") == ["campaign_closed"]
    world.stream()
    reactions.notify_donors()
    assert world.messages() == found


def test_donors_that_time_did_not_suffice_for_get_theirs_at_the_next_firing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = campaign(world)
    assert world.post(f"/v1/campaigns/{id}/close", **EXCHANGE).status == 200
    world.stream()
    monkeypatch.setattr(queries, "DONORS_AT_ONCE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(reactions, "DONORS_SECONDS_MAX", -1)
        reactions.notify_donors()
    assert kinds(world) + kinds(world, "bob") == []
    sent, send = [], reactions._send

    def dies(found: Any) -> None:
        send(found)
        sent.append(found)
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(reactions, "_send", dies)
        with pytest.raises(RuntimeError):
            reactions.notify_donors()
    assert len(sent) == 1
    reactions.notify_donors()
    assert kinds(world) + kinds(world, "bob") == ["campaign_closed"] * 2
    assert queries.closings_due() == []


def test_messages_end_after_two_years_and_no_rebuild_brings_them_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = world.person()
    world.freeze(account)
    world.stream()
    [message] = world.messages()
    item = world.item(keys.message(account, message["id"])) or {}
    made = datetime.fromisoformat(message["at"])
    assert item["expires_at"] == int((made + KEPT).timestamp())

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + KEPT + timedelta(minutes=1)

    monkeypatch.setattr(reactions, "datetime", Later)
    before = len(world.items())
    world.freeze(account, "unfreeze")
    world.stream()
    assert len(world.items()) == before + 1  # the Record of the release
    old = "20200101000000000-x"
    kept = {name: value for name, value in item.items() if name not in ("pk", "sk", "rank")}
    commit([update(keys.message(account, old), assign=kept | {"id": old, "rank": old})])
    assert [each["id"] for each in world.messages()] == [message["id"]]
    assert [each["id"] for each in world.messages(unread="true")] == [message["id"]]


def test_the_export_has_the_messages_that_live(world: World) -> None:
    account = world.person()
    world.freeze(account)
    world.stream()
    [message] = world.messages()
    kept = world.get("/v1/accounts/me/export", role="individual", sub="alice").body["items"]
    [found] = [each for each in kept if each["place"].startswith("message:")]
    assert found["kept"]["text"] == message["text"]
    assert stamp(datetime.now(UTC))[:4] == message["at"][:4]
