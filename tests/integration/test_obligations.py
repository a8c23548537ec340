"""What keeps an account from closing although it is empty: what its holder owes to others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.mall.redemptions.worker import complete_events
from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests.desk import Desk
from tests.integration.test_campaigns import approved, propose
from tests.integration.test_campaigns import close as close_campaign
from tests.world import Answer, World

EXCHANGE = {"role": "exchange", "sub": "exchange"}


def close(world: World) -> Answer:
    return world.close("shop", "institution")


def counted(world: World) -> int:
    account = world.item(keys.account(keys.holder(keys.account_id("shop")))) or {}
    return int(account.get("campaigns_live", 0))


@pytest.mark.engine
def test_a_campaign_keeps_its_institution_until_it_is_closed(world: World) -> None:
    world.institution()
    id = propose(world).body["id"]
    for _ in ("proposed", "approved"):
        refused = close(world)
        assert refused.refused == (409, "invalid_state")
        assert "campaign" in refused.body["detail"]
        world.post(f"/v1/campaigns/{id}/approve", **EXCHANGE)
    assert close_campaign(world, id).status == 200
    assert (counted(world), close(world).status) == (0, 200)


def test_a_rejected_campaign_keeps_nobody(world: World) -> None:
    world.institution()
    first, second = (propose(world).body["id"] for _ in range(2))
    world.post(f"/v1/campaigns/{first}/reject", {"reason": "twice"}, **EXCHANGE)
    assert close(world).refused == (409, "invalid_state")
    world.post(f"/v1/campaigns/{second}/reject", {"reason": "twice"}, **EXCHANGE)
    assert close(world).status == 200


@pytest.mark.parametrize("who", [EXCHANGE, {"role": "institution", "sub": "shop"}])
def test_a_campaign_that_is_closed_twice_counts_once(world: World, who: dict[str, str]) -> None:
    world.institution()
    id = approved(world)
    approved(world)
    assert close_campaign(world, id, **who).status == 200
    assert close_campaign(world, id, **who).refused == (409, "invalid_state")
    assert counted(world) == 1


def forget_the_counter(world: World, campaign: str) -> None:
    """As the table was before accounts counted their campaigns."""
    account = keys.account(keys.holder(keys.account_id("shop")))
    del world.store.items[account]["campaigns_live"]
    del world.store.items[keys.campaign(campaign)]["counted"]


def test_a_campaign_of_before_the_counter_keeps_its_institution_too(world: World) -> None:
    world.institution()
    id = approved(world)
    forget_the_counter(world, id)
    assert close(world).refused == (409, "invalid_state")
    assert close_campaign(world, id, **EXCHANGE).status == 200
    assert (counted(world), close(world).status) == (0, 200)


def test_a_campaign_that_is_proposed_while_the_account_closes_wins_or_loses_whole(world: World) -> None:
    world.institution()

    def propose_first(store, request, asked):  # type: ignore[no-untyped-def]
        assert propose(world).status == 201
        return store.perform(request, "TransactWriteItems", asked)

    world.store.interruptions = [propose_first]
    assert close(world).refused == (409, "invalid_state")
    assert (world.me("shop", "institution")["status"], counted(world)) == ("active", 1)


def test_an_open_application_keeps_its_applicant_until_it_is_withdrawn(world: World) -> None:
    desk = Desk(world)
    world.institution()
    application = desk.draft()
    refused = close(world)
    assert refused.refused == (409, "invalid_state")
    assert "application" in refused.body["detail"]
    assert desk.step(application, "withdraw", role="institution", sub="shop").status == 200
    assert close(world).status == 200


def at_an_event(world: World, ends_at: str) -> str:
    """A merchant of an event, as a passing review would have made it."""
    merchant = world.merchant()
    event = {"starts_at": "2024-01-01T00:00:00.000Z", "ends_at": ends_at, "per_account_limit": 5}
    key = keys.account(keys.holder(merchant))
    known = (world.item(key) or {})["merchant"] | {"mode": "event", "application": "event", "event": event}
    commit([update(key, assign={"merchant": known})])
    return merchant


def complete(world: World, *, hours: int = 0) -> None:
    complete_events(datetime.now(UTC) + timedelta(hours=hours))


def spend(merchant: str, points: int) -> None:
    """As a buy-back would take them."""
    commit([update(keys.account(keys.holder(merchant)), add={"points": -points})])


@pytest.mark.engine
def test_a_merchant_whose_event_is_over_leaves_once_its_orders_are_served(world: World) -> None:
    ends_at = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    merchant = at_an_event(world, ends_at)
    world.rich(points=3000)
    window: dict[str, Any] = {"starts_at": "2024-01-02T00:00:00Z", "ends_at": ends_at, "per_account_limit": 5}
    offer = world.offer(busy=True, **window)
    first, second, third = (world.redeem(offer).body["id"] for _ in range(3))
    complete(world)
    assert close(world).refused == (409, "invalid_state"), "the event is on"
    world.refund(first)
    world.fulfil(second)
    complete(world, hours=2)
    assert close(world).refused == (409, "invalid_state"), "an order waits"
    world.fulfil(third)
    complete(world, hours=2)
    refused = close(world)
    assert (refused.refused, "2000 points" in refused.body["detail"]) == ((409, "invalid_state"), True)
    spend(merchant, 2000)
    assert close(world).status == 200


def test_whoever_is_admitted_again_is_a_merchant_again(world: World) -> None:
    merchant = at_an_event(world, "2024-02-01T00:00:00.000Z")
    complete(world)
    complete(world)
    assert len([each for each in world.records() if each["kind"] == "event_completed"]) == 1
    admission = {"account": merchant, "mode": "other", "reason": "letter 2026-2"}
    assert world.post("/v1/merchants", admission, **EXCHANGE).status == 201
    complete(world)
    refused = close(world)
    assert refused.refused == (409, "invalid_state")
    assert "orders are served" in refused.body["detail"]
