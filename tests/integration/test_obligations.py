"""What keeps an account from closing although it is empty: what its holder owes to others."""

import pytest

from chalicelib.table import keys
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
