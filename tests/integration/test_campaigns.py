"""Campaigns: proposed, judged, gathered for, closed; every donor has a certificate, nothing gathered is ever stuck."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from chalicelib.agenda import walks
from chalicelib.campaigns import queries
from chalicelib.campaigns.closing import worker
from chalicelib.kernel.decision import Command, Decision
from chalicelib.table import keys, lists
from chalicelib.table.commit import commit
from chalicelib.table.lists import Budget, Listing
from chalicelib.table.write import update
from tests.world import CODES, PEOPLE, Answer, World

EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
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
    claims = {name: certificate[name] for name in ("kind", "holder", "beneficiary", "points", "grams", "title")}
    assert claims == {
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


def test_what_is_no_campaign_is_named_in_the_refusal(world: World) -> None:
    refused = donate(world, "nothing", 100)
    assert refused.refused == (404, "not_found")
    assert [each["pointer"] for each in refused.body["errors"]] == ["/campaign"]


def test_another_institution_does_not_close_it(world: World) -> None:
    world.institution("other", CODES[1])
    assert close(world, approved(world), sub="other").refused == (404, "not_found")


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

    def close_most(command: Command[Any], id: str) -> Decision:
        if id == broken:
            raise ValueError("broken")
        return close_one(command, id)

    close_one = worker.close
    monkeypatch.setattr(worker, "close", close_most)
    with pytest.raises(ValueError, match="broken"):
        worker.close_due(datetime(2099, 1, 1, tzinfo=UTC))
    found = [world.get(f"/v1/campaigns/{id}").body["status"] for id in (first, broken, last)]
    assert found == ["closed", "ended", "closed"]


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
    propose(world)
    running, closed = approved(world), approved(world)
    close(world, closed)

    def listed(**params: Any) -> list[str]:
        return [each["id"] for each in world.get("/v1/campaigns", **params).body["items"]]

    assert (listed(), listed(status="approved"), listed(status="closed")) == ([closed, running], [running], [closed])


@pytest.mark.parametrize("status", ["proposed", "rejected", "nonsense"])
def test_the_public_cannot_ask_for_what_was_not_approved(world: World, status: str) -> None:
    assert world.get("/v1/campaigns", status=status).pointers == ["/status"]


def own(world: World, sub: str = "shop", **params: Any) -> Answer:
    return world.get("/v1/accounts/me/campaigns", role="institution", sub=sub, **params)


def waiting(world: World) -> list[str]:
    answer = world.get("/v1/campaign-proposals", **EXCHANGE)
    return [each["id"] for each in answer.body["items"]]


@pytest.mark.engine
def test_an_institution_sees_all_that_it_proposed_and_no_other_does(world: World) -> None:
    world.institution("other", CODES[1])
    running, rejected, proposed = approved(world), str(propose(world).body["id"]), str(propose(world).body["id"])
    world.post(f"/v1/campaigns/{rejected}/reject", {"reason": "no"}, **EXCHANGE)
    first = own(world, limit=2).body
    rest = own(world, limit=2, cursor=first["next_cursor"]).body
    found = [(each["id"], each["status"]) for each in first["items"] + rest["items"]]
    assert found == [(proposed, "proposed"), (rejected, "rejected"), (running, "approved")]
    assert rest["next_cursor"] is None
    assert own(world, "other").body["items"] == []
    assert own(world, "nobody").refused == (404, "not_found")
    assert world.get("/v1/accounts/me/campaigns", role="individual", sub="alice").refused == (403, "role_not_allowed")


def test_the_exchange_sees_what_waits_for_it_page_by_page(world: World) -> None:
    ids = [str(propose(world).body["id"]) for _ in range(3)]
    approved(world)
    first = world.get("/v1/campaign-proposals", limit=2, **EXCHANGE).body
    rest = world.get("/v1/campaign-proposals", limit=2, cursor=first["next_cursor"], **EXCHANGE).body
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None
    assert world.get("/v1/campaign-proposals", role="institution", sub="shop").refused == (403, "role_not_allowed")


def as_before_the_list(world: World, id: str) -> None:
    """As a proposal was kept when the public list had it too."""
    item = world.store.items[keys.campaign(id)]
    item["list"] = {"S": lists.CAMPAIGNS}
    del item["edits"]
    account = world.store.items[keys.account(keys.holder(keys.account_id("shop")))]
    del account["proposals"]


def test_a_proposal_of_before_it_had_a_list_of_its_own_is_judged_like_others(world: World) -> None:
    older, newer = str(propose(world).body["id"]), str(propose(world).body["id"])
    as_before_the_list(world, older)
    pages = [world.get("/v1/campaign-proposals", limit=1, **EXCHANGE).body]
    pages.append(world.get("/v1/campaign-proposals", limit=1, cursor=pages[0]["next_cursor"], **EXCHANGE).body)
    assert [each["id"] for page in pages for each in page["items"]] == [newer, older]
    assert pages[1]["next_cursor"] is None
    assert world.get("/v1/campaigns").body["items"] == []
    assert world.post(f"/v1/campaigns/{older}/approve", **EXCHANGE).status == 200
    assert waiting(world) == [newer]
    assert worker.close_due(datetime(2099, 1, 1, tzinfo=UTC)) == 2


def closed_before(world: World, count: int) -> None:
    """Campaigns that were closed long ago, and stand on the list for ever."""
    for number in range(count):
        listing = Listing(lists.CAMPAIGNS, f"2020-01-01T00:00:00.{number:03d}Z")
        commit([update(keys.campaign(f"old-{number}"), assign={"status": "closed"}, listed=listing)])


def test_the_schedule_passes_what_is_closed_a_part_at_each_firing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CLOSING_SECONDS_MAX", -1)
    monkeypatch.setattr(walks, "AT_ONCE", 2)
    closed_before(world, 5)
    campaigns = [approved(world) for _ in range(3)]
    counts = [worker.close_due(datetime(2099, 1, 1, tzinfo=UTC)) for _ in range(8)]
    assert sum(counts) == 3
    assert max(counts) < 3
    assert {world.get(f"/v1/campaigns/{id}").body["status"] for id in campaigns} == {"closed"}


def test_a_page_of_proposals_passes_a_part_of_what_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "Budget", partial(Budget, 1))
    older = str(propose(world).body["id"])
    as_before_the_list(world, older)
    world.store.items[keys.campaign(older)]["rank"] = {"S": "2019-01-01T00:00:00.000Z"}
    closed_before(world, 101)
    first = world.get("/v1/campaign-proposals", **EXCHANGE).body
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    last = world.get("/v1/campaign-proposals", cursor=first["next_cursor"], **EXCHANGE).body
    assert ([each["id"] for each in last["items"]], last["next_cursor"]) == ([older], None)


def edit(world: World, id: str, body: Any, **options: Any) -> Answer:
    return world.patch(f"/v1/campaigns/{id}", body, **({"role": "institution", "sub": "shop"} | options))


def test_a_proposal_can_be_changed_until_it_is_judged(world: World) -> None:
    world.institution("other", CODES[1])
    proposal = propose(world).body
    changes = {"title": "半程马拉松", "target_grams": 5000, "ends_at": "2097-01-01T00:00:00Z"}
    changed = edit(world, proposal["id"], changes)
    expected = proposal | changes | {"ends_at": "2097-01-01T00:00:00.000Z", "edits": 1}
    assert (changed.status, changed.body) == (200, expected)
    assert world.get(f"/v1/campaigns/{proposal['id']}").body == expected
    assert edit(world, proposal["id"], changes, sub="other").refused == (404, "not_found")
    assert edit(world, proposal["id"], {"ends_at": "2020-01-01T00:00:00Z"}).pointers == ["/ends_at"]
    assert world.post(f"/v1/campaigns/{proposal['id']}/approve", **EXCHANGE).status == 200
    assert edit(world, proposal["id"], changes).refused == (409, "invalid_state")


def test_what_the_exchange_has_not_read_it_does_not_approve(world: World) -> None:
    id = propose(world).body["id"]
    edit(world, id, {"title": "其他"})
    refused = world.post(f"/v1/campaigns/{id}/approve", {"edits": 0}, **EXCHANGE)
    assert (refused.refused, refused.body["edits"]) == ((409, "invalid_state"), 1)
    approved = world.post(f"/v1/campaigns/{id}/approve", {"edits": 1}, **EXCHANGE)
    assert (approved.status, approved.body["title"]) == (200, "其他")


def test_a_proposal_that_changes_while_it_is_approved_is_approved_as_it_stands(world: World) -> None:
    id = propose(world).body["id"]

    def edit_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert edit(world, id, {"title": "其他"}).status == 200
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [edit_first]
    answer = world.post(f"/v1/campaigns/{id}/approve", **EXCHANGE)
    assert (answer.status, answer.body["title"], answer.body["edits"]) == (200, "其他", 1)


@pytest.mark.engine
def test_twenty_proposals_of_an_institution_may_wait_at_a_time(world: World) -> None:
    world.institution("other", CODES[1])
    ids = [str(propose(world).body["id"]) for _ in range(20)]
    refused = propose(world)
    assert refused.refused == (409, "too_many_proposals")
    assert (refused.body["held"], refused.body["limit"]) == (20, 20)
    assert world.post("/v1/campaigns", RACE, role="institution", sub="other").status == 201
    world.post(f"/v1/campaigns/{ids[0]}/reject", **EXCHANGE)
    assert propose(world).status == 201
    world.post(f"/v1/campaigns/{ids[1]}/approve", **EXCHANGE)
    assert propose(world).status == 201
    assert propose(world).refused == (409, "too_many_proposals")


def test_a_campaign_that_is_none_takes_no_points(world: World) -> None:
    assert donate(world, "nowhere", 1).refused == (404, "not_found")


@pytest.mark.parametrize("state", ["proposed", "approved", "rejected", "none"])
def test_a_missing_account_is_said_whatever_the_campaign(world: World, state: str) -> None:
    campaign = approved(world) if state == "approved" else str(propose(world).body["id"])
    if state == "rejected":
        world.post(f"/v1/campaigns/{campaign}/reject", {"reason": "no"}, role="exchange", sub="exchange")
    refused = donate(world, "nothing" if state == "none" else campaign, 1, sub="nobody")
    assert refused.refused == (404, "not_found")
    assert "POST /v1/accounts" in refused.body["detail"]
