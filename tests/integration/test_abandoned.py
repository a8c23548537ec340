"""An abandoned campaign takes nothing more and gives everything back: each donation once, to its person, openly."""

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.campaigns.refunding import reactions, worker
from chalicelib.errors import Unavailable
from chalicelib.kernel import settle
from chalicelib.reconciliation import flags
from chalicelib.table import keys
from chalicelib.table.commit import commit
from tests import books
from tests.integration.test_campaigns import approved, close, donate, supply_holds
from tests.integration.test_uncovered import trip, undo
from tests.officials import done, held
from tests.world import PEOPLE, Answer, World

LATER = timedelta(days=2)


def abandon(world: World, campaign: str, **options: Any) -> Answer:
    body = {"reason": "赛事取消"}
    return world.post(f"/v1/campaigns/{campaign}/abandon", body, **({"role": "institution", "sub": "shop"} | options))


def seen(world: World, campaign: str) -> dict[str, Any]:
    return dict(world.get(f"/v1/campaigns/{campaign}").body)


def refund(now: datetime | None = None) -> int:
    return worker.refund_due(now or datetime.now(UTC))


def agree(world: World) -> None:
    """The books, and the flags of certificates, by the Records alone."""
    books.check(world)
    recomputed = books.audited(world.items())
    assert [*recomputed.findings.named, *flags.differences(recomputed)] == []


@pytest.fixture(autouse=True)
def setting(world: World) -> None:
    world.institution()
    world.rich(points=5000)


@pytest.mark.engine
def test_every_donation_goes_back_to_its_person_and_its_certificate_says_so(world: World) -> None:
    world.rich("bob", PEOPLE[1], points=3000)
    campaign = approved(world)
    given = [
        donate(world, campaign, points, sub).body for points, sub in ((500, "alice"), (700, "bob"), (300, "alice"))
    ]
    world.stream()
    answer = abandon(world, campaign)
    assert (answer.status, answer.body["status"], answer.body["reason"]) == (200, "abandoned", "赛事取消")
    assert donate(world, campaign, 5).refused == (409, "campaign_closed")
    world.stream()
    world.stream()
    assert (world.points(), world.points("bob")) == (5000, 3000)
    assert {name: seen(world, campaign)[name] for name in ("gathered_points", "refunded_points", "donors")} == {
        "gathered_points": 1500, "refunded_points": 1500, "donors": 2,
    }  # fmt: skip
    for each in given:
        certificate = world.get(f"/v1/certificates/{each['certificate']['serial']}").body
        assert certificate["status"] == "revoked"
        assert "赛事取消" in certificate["reason"]
        assert certificate["jws"]
    supply = supply_holds(world)
    assert (supply["points_circulating"], supply["points_by_use"]["donated"], supply["grams_retired"]) == (8000, 0, 0)
    assert world.me()["totals"]["donated"] == 0
    assert sorted((line["points"], line["counterparty"]) for line in world.entries(kind="donation_refund")) == [
        (300, campaign), (500, campaign),
    ]  # fmt: skip
    own = world.get(f"/v1/donations/{given[0]['id']}", role="individual", sub="alice").body
    assert own["refunded_at"]
    month = world.get("/v1/statistics").body["items"][-1]
    assert (month["donated_points"], month["donation_refunds_points"]) == (1500, 1500)
    kinds = [each["kind"] for each in world.messages()]
    assert kinds.count("donation_refunded") == 2
    shop = [each["kind"] for each in world.messages("shop", "institution")]
    assert "campaign_abandoned" in shop
    agree(world)
    assert refund() == 0


def test_what_was_abandoned_is_neither_closed_nor_abandoned_again_and_what_closed_is_not_abandoned(
    world: World,
) -> None:
    campaign, closed = approved(world), approved(world)
    assert close(world, closed).status == 200
    assert abandon(world, closed).refused == (409, "invalid_state")
    first = abandon(world, campaign, key="once")
    assert abandon(world, campaign, key="once").body == first.body
    assert abandon(world, campaign).refused == (409, "invalid_state")
    assert close(world, campaign).refused == (409, "invalid_state")
    assert world.close("shop", "institution").status == 200


def test_others_do_not_abandon_it_and_the_exchange_does(world: World) -> None:
    campaign = approved(world)
    world.institution("other", "91512081MA62K0260E")
    assert abandon(world, campaign, sub="other").refused == (404, "not_found")
    assert abandon(world, campaign, role="individual", sub="alice").status == 403
    assert abandon(world, campaign, role="exchange", sub="exchange").status == 200


def test_a_worker_that_dies_anywhere_leaves_no_donation_refunded_twice_or_never(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = approved(world)
    for _ in range(4):
        donate(world, campaign, 100)
    abandon(world, campaign)
    monkeypatch.setattr(reactions, "SECONDS_MAX", -1)
    world.stream()
    commits = iter([True, False, True, True, False, *[True] * 99])

    def sometimes(writes: Any) -> None:
        ok = next(commits)
        if ok:
            commit(writes)
        if not ok:
            raise Unavailable()

    monkeypatch.setattr(settle, "commit", sometimes)
    later = datetime.now(UTC)
    for _ in range(6):
        with contextlib.suppress(Unavailable):
            refund(later)
        later += LATER
    assert world.points() == 5000
    assert seen(world, campaign)["refunded_points"] == 400
    assert sum(each["kind"] == "donation_refunded" for each in world.records()) == 4
    monkeypatch.undo()
    agree(world)


def test_donations_that_the_stream_brings_late_are_refunded_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = approved(world)
    donate(world, campaign, 100)
    abandon(world, campaign)
    assert refund() == 0
    assert world.points() == 4900
    monkeypatch.setattr(reactions, "SECONDS_MAX", -1)
    world.stream()
    assert refund() == 0  # its next pass begins in half an hour
    assert [refund(datetime.now(UTC) + LATER), world.points()] == [1, 5000]


def test_a_frozen_donor_has_her_points_back_and_cannot_move_them(world: World) -> None:
    campaign = approved(world)
    donate(world, campaign, 5000)
    world.freeze(str(world.me()["id"]))
    world.stream()
    abandon(world, campaign)
    refund()
    assert world.points() == 5000


def test_a_donor_who_has_closed_her_account_is_refunded_when_she_opens_one_again(world: World) -> None:
    campaign = approved(world)
    donate(world, campaign, 5000)
    world.stream()
    assert world.close().status == 200
    abandon(world, campaign)
    world.stream()
    assert refund(datetime.now(UTC) + LATER) == 0
    assert seen(world, campaign)["refunded_points"] == 0
    assert supply_holds(world)["points_circulating"] == 5000
    world.person("alice-2")
    assert refund(datetime.now(UTC) + 2 * LATER) == 1
    assert (world.points("alice-2"), seen(world, campaign)["refunded_points"]) == (5000, 5000)
    world.stream()
    agree(world)


def test_after_a_rebinding_the_points_come_to_the_new_account(world: World) -> None:
    campaign = approved(world)
    donate(world, campaign, 500)
    world.stream()
    old = str(world.me()["id"])
    done(world, "rebind", old, new_sub="alice-2")
    abandon(world, campaign)
    world.stream()
    assert world.points("alice-2") == 5000
    world.stream()
    assert [each["totals"]["donated"] for each in (held(world, old), world.me("alice-2"))] == [0, 0]
    agree(world)


def test_a_refund_repays_a_debt_first_and_its_certificate_bears_no_flag(world: World) -> None:
    false = trip(world, str(world.me()["id"]), 1000)
    campaign = approved(world)
    first = donate(world, campaign, 5900).body["certificate"]["serial"]
    undo(world, false)
    world.stream()
    world.stream()
    assert world.get(f"/v1/certificates/{first}").body["uncovered_grams"] == 900
    abandon(world, campaign)
    world.stream()
    world.stream()
    certificate = world.get(f"/v1/certificates/{first}").body
    assert (certificate["status"], certificate["uncovered_grams"]) == ("revoked", 0)
    assert (world.points(), world.me()["debt_points"]) == (5000, 0)
    assert supply_holds(world)["points_by_use"]["donated"] == 0
    agree(world)


@pytest.mark.parametrize("owed", [0, 200, 700])
def test_what_an_account_gave_whose_number_was_freed_since_is_given_up_and_the_campaign_is_done(
    world: World, owed: int
) -> None:
    """It repays what the account owes, the rest is cancelled as what it held was: nobody opens it again."""
    wrong = str(world.me()["id"])
    false = trip(world, wrong, owed) if owed else None
    campaign = approved(world)
    serial = donate(world, campaign, 500).body["certificate"]["serial"]
    done(world, "free_identity", wrong)
    if false:
        undo(world, false)
    world.stream()
    before = supply_holds(world)
    abandon(world, campaign)
    world.stream()
    assert refund(datetime.now(UTC) + LATER) == 0, "nothing waits any more"
    world.stream()
    after, repaid = supply_holds(world), min(owed, 500)
    assert after["grams_uncovered"] == before["grams_uncovered"] - repaid
    assert after["grams_retired"] - before["grams_retired"] == 500 - repaid
    assert after["points_by_use"]["donated"] == 0
    assert after["points_circulating"] == before["points_circulating"] - 500
    assert world.get(f"/v1/certificates/{serial}").body["status"] == "revoked"
    assert held(world, wrong)["balances"] == {"points": 0, "grams": 0, "held_points": 0}
    listed = [item for item in world.items() if item.get("list") == {"S": "campaigns:abandoned"}]
    assert listed == []
    agree(world)
    assert books.differing(world.items()) == []


def test_a_certificate_that_was_revoked_before_keeps_its_reason(world: World) -> None:
    campaign = approved(world)
    serial = donate(world, campaign, 500).body["certificate"]["serial"]
    world.post(f"/v1/certificates/{serial}/revoke", {"reason": "wrong"}, role="exchange", sub="exchange")
    world.stream()
    abandon(world, campaign)
    world.stream()
    certificate = world.get(f"/v1/certificates/{serial}").body
    assert (certificate["status"], certificate["reason"], world.points()) == ("revoked", "wrong", 5000)
    assert (world.item(keys.certificate(serial)) or {})["refund"]
