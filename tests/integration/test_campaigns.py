"""Campaigns: proposed, judged, gathered for, closed; every donor has a certificate, nothing gathered is ever stuck."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.campaigns import worker
from chalicelib.kernel.decision import Command, Decision
from chalicelib.table.write import Item
from tests.world import CODES, PEOPLE, Answer, World

RACE = {
    "title": "2026 上海马拉松碳中和",
    "purpose": "event",
    "description": "为赛事排放募集碳积分",
    "target_grams": 10_000,
    "ends_at": "2098-12-31T16:00:00Z",
}


def propose(world: World, **changes: Any) -> Answer:
    return world.post("/v1/campaigns", RACE | changes, role="institution", sub="shop")


def approved(world: World, **changes: Any) -> str:
    id = str(propose(world, **changes).body["id"])
    answer = world.post(f"/v1/campaigns/{id}/approve", role="exchange", sub="exchange")
    assert (answer.status, answer.body["status"]) == (200, "approved")
    return id


def donate(world: World, campaign: str, points: int, sub: str = "alice", **options: Any) -> Answer:
    body = {"campaign": campaign, "points": points}
    return world.post("/v1/donations", body, role="individual", sub=sub, **options)


def close(world: World, campaign: str, **options: Any) -> Answer:
    return world.post(f"/v1/campaigns/{campaign}/close", **({"role": "institution", "sub": "shop"} | options))


def supply_holds(world: World) -> dict[str, Any]:
    world.stream()
    supply: dict[str, Any] = world.get("/v1/supply").body
    assert supply["grams_backing"] == supply["points_circulating"]
    assert supply["grams_confirmed"] == supply["grams_backing"] + supply["grams_held"] + supply["grams_retired"]
    return supply


@pytest.fixture(autouse=True)
def setting(world: World) -> None:
    world.institution()
    world.rich(points=5000)


@pytest.mark.engine
def test_points_given_to_a_campaign_retire_grams_for_its_beneficiary_when_it_closes(world: World) -> None:
    world.rich("bob", PEOPLE[1], points=3000)
    campaign = approved(world)
    for points, sub in ((500, "alice"), (700, "bob"), (300, "alice")):
        given = donate(world, campaign, points, sub)
        assert given.status == 201, given
        assert given.body["certificate"]["serial"]
    assert world.points() == 4200
    seen = world.get(f"/v1/campaigns/{campaign}").body
    assert (seen["gathered_points"], seen["donors"]) == (1500, 2)
    closed = close(world, campaign)
    assert (closed.status, closed.body["status"], closed.body["gathered_points"]) == (200, "closed", 1500)
    certificate = world.get(f"/v1/certificates/{closed.body['certificate']['serial']}").body
    assert (certificate["kind"], certificate["grams"], certificate["donors"]) == ("campaign", 1500, 2)
    assert certificate["beneficiary"] == "示例商贸"
    supply = supply_holds(world)
    assert (supply["grams_retired"], supply["points_by_use"]["donated"]) == (1500, 1500)
    assert world.me()["totals"]["donated"] == 800
    assert [(line["kind"], line["points"], line["counterparty"]) for line in world.entries(kind="donation")] == [
        ("donation", -300, campaign),
        ("donation", -500, campaign),
    ]


def test_a_donors_certificate_names_her_masked_and_the_campaign(world: World) -> None:
    campaign = approved(world)
    given = donate(world, campaign, 500).body
    certificate = world.get(f"/v1/certificates/{given['certificate']['serial']}").body
    said = {name: certificate[name] for name in ("kind", "holder", "beneficiary", "points", "grams", "title")}
    assert said == {
        "kind": "donation", "holder": "王**", "beneficiary": "示例商贸", "points": 500, "grams": 500,
        "title": RACE["title"],
    }  # fmt: skip
    assert world.get(f"/v1/donations/{given['id']}", role="individual", sub="alice").body == given
    assert world.get(f"/v1/donations/{given['id']}", role="individual", sub="bob").status == 404


def test_a_donation_is_given_once_however_often_it_is_sent(world: World) -> None:
    campaign = approved(world)
    first, second = (donate(world, campaign, 500, key="gift") for _ in range(2))
    assert first.body == second.body
    assert second.headers["Idempotent-Replayed"] == "true"
    assert world.points() == 4500


def test_nobody_gives_what_she_does_not_have(world: World) -> None:
    refused = donate(world, approved(world), 5001)
    assert refused.refused == (409, "insufficient_points")
    assert refused.body["available"] == 5000


def test_only_an_approved_campaign_that_has_not_ended_takes_points(world: World) -> None:
    proposed = propose(world).body["id"]
    assert donate(world, proposed, 1).refused == (409, "campaign_closed")
    rejected = propose(world).body["id"]
    world.post(f"/v1/campaigns/{rejected}/reject", {"reason": "too late"}, role="exchange", sub="exchange")
    assert donate(world, rejected, 1).refused == (409, "campaign_closed")
    closed = approved(world)
    close(world, closed)
    assert donate(world, closed, 1).refused == (409, "campaign_closed")
    assert donate(world, "nowhere", 1).refused == (404, "not_found")


def test_steps_out_of_order_are_refused(world: World) -> None:
    id = propose(world).body["id"]
    exchange = {"role": "exchange", "sub": "exchange"}
    assert close(world, id).refused == (409, "invalid_state")
    assert world.post(f"/v1/campaigns/{id}/approve", **exchange).status == 200
    assert world.post(f"/v1/campaigns/{id}/approve", **exchange).refused == (409, "invalid_state")
    assert world.post(f"/v1/campaigns/{id}/reject", **exchange).refused == (409, "invalid_state")
    assert close(world, id, **exchange).status == 200
    assert close(world, id).refused == (409, "invalid_state")


def test_another_institution_does_not_close_it(world: World) -> None:
    world.institution("other", CODES[1])
    assert close(world, approved(world), sub="other").refused == (404, "not_found")


def test_a_campaign_that_gathered_nothing_closes_without_a_certificate(world: World) -> None:
    closed = close(world, approved(world)).body
    assert (closed["status"], closed["certificate"]) == ("closed", None)


def test_a_campaign_ends_in_the_future(world: World) -> None:
    assert propose(world, ends_at="2020-01-01T00:00:00Z").pointers == ["/ends_at"]
    assert propose(world, purpose="party").pointers == ["/purpose"]


def test_the_schedule_closes_what_is_past_its_end(world: World) -> None:
    gathered, waiting = approved(world), propose(world).body["id"]
    donate(world, gathered, 500)
    later = datetime(2099, 1, 1, tzinfo=UTC)
    assert worker.close_due(datetime.now(UTC)) == 0
    assert worker.close_due(later) == 2
    assert worker.close_due(later) == 0
    closed = world.get(f"/v1/campaigns/{gathered}").body
    assert (closed["status"], closed["certificate"]["serial"] != "") == ("closed", True)
    assert world.get(f"/v1/campaigns/{waiting}").body["status"] == "rejected"
    assert supply_holds(world)["grams_retired"] == 500


def test_a_campaign_that_fails_keeps_no_other_from_closing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, broken, last = approved(world), approved(world), approved(world)

    def close_most(command: Command[Any], item: Item) -> Decision:
        if item["id"] == broken:
            raise ValueError("broken")
        return close_one(command, item)

    close_one = worker.close
    monkeypatch.setattr(worker, "close", close_most)
    with pytest.raises(ValueError, match="broken"):
        worker.close_due(datetime(2099, 1, 1, tzinfo=UTC))
    found = [world.get(f"/v1/campaigns/{id}").body["status"] for id in (first, broken, last)]
    assert found == ["closed", "approved", "closed"]


def test_a_campaign_may_close_itself_at_its_target(world: World) -> None:
    by_target, by_hand = approved(world, target_grams=1000, close_at_target=True), approved(world, target_grams=1000)
    for campaign in (by_target, by_hand):
        donate(world, campaign, 999)
        world.stream()
        assert world.get(f"/v1/campaigns/{campaign}").body["status"] == "approved"
        donate(world, campaign, 1)
        world.stream()
    assert world.get(f"/v1/campaigns/{by_target}").body["status"] == "closed"
    assert world.get(f"/v1/campaigns/{by_hand}").body["status"] == "approved"


def test_the_list_shows_what_was_approved_unless_asked_otherwise(world: World) -> None:
    proposed, running = propose(world).body["id"], approved(world)
    assert [each["id"] for each in world.get("/v1/campaigns").body["items"]] == [running]
    assert [each["id"] for each in world.get("/v1/campaigns", status="proposed").body["items"]] == [proposed]


def test_a_campaign_that_waits_says_so_without_placeholders(world: World) -> None:
    proposed = str(propose(world).body["id"])
    for language, words in (("en", "not approved it yet"), ("zh", "尚待交易所审核")):
        refused = donate(world, proposed, 1, headers={"Accept-Language": language})
        assert refused.refused == (409, "campaign_closed")
        assert words in refused.body["detail"]
        assert (refused.body["state"], refused.body["ends_at"]) == ("proposed", "2098-12-31T16:00:00.000Z")
        assert "?" not in refused.body["detail"]


@pytest.mark.parametrize("state", ["proposed", "approved", "rejected", "none"])
def test_a_missing_account_is_said_whatever_the_campaign(world: World, state: str) -> None:
    campaign = approved(world) if state == "approved" else str(propose(world).body["id"])
    if state == "rejected":
        world.post(f"/v1/campaigns/{campaign}/reject", {"reason": "no"}, role="exchange", sub="exchange")
    refused = donate(world, "nothing" if state == "none" else campaign, 1, sub="nobody")
    assert refused.refused == (404, "not_found")
    assert "POST /v1/accounts" in refused.body["detail"]
