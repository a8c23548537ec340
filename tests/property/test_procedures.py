"""Something happens to an account just when two officials decide about it: one outcome, and value is conserved."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.table import keys
from tests import books, consents
from tests.officials import approve, proposed, seen
from tests.property.test_twins import just_before
from tests.world import PEOPLE, Answer, World

MOMENTS = range(1, 4)  # an approval reads the procedure, then its parties, and commits: before each but the first
POINTS, TRIP = 5000, 700
ENDINGS = ("rebind", "free_identity", "inheritance")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def spend(world: World) -> Answer:
    return world.post("/v1/cancellations", {"points": TRIP, "purpose": "trip"}, **consents.ALICE)


def freeze(world: World) -> Answer:
    path = f"/v1/accounts/{world.me()['id']}/freeze"
    return world.post(path, {"reason": "court"}, role="exchange", sub="exchange")


def hold(world: World) -> Answer:
    return consents.hold(world, consents.spending(world, world.me("shop", "institution")["id"]))


def earn(world: World) -> Answer:
    return world.report(str(world.me()["id"]), str(TRIP), scenario="walk")


def refund(world: World) -> Answer:
    return world.refund(world.get("/v1/redemptions", **consents.ALICE).body["items"][0]["id"])


def undo_a_trip(world: World) -> Answer:
    [trip] = [record["id"] for record in world.records() if record["kind"] == "reduction_confirmed"][:1]
    body = {"reason": "no such trip", "evidence_sha256": "0" * 64}
    return world.post(f"/v1/reductions/{trip}/reverse", body, role="bureau", sub="bureau")


HAPPENS = {each.__name__: each for each in (spend, freeze, hold, earn, refund, undo_a_trip)}


def prepared(world: World, kind: str) -> str:
    """A procedure about Alice, who has points, an order that is served, and whose heir is Bob."""
    consents.mall(world)
    alice = world.rich(points=POINTS + 1000)
    bob = world.person("bob", PEOPLE[1])
    order = world.redeem(world.offer()).body["id"]
    assert world.fulfil(order).status == 200
    more: dict[str, Any] = {"rebind": {"new_sub": "alice-2"}, "inheritance": {"heir": bob}}.get(kind, {})
    return proposed(world, kind, alice, **more)


def conserved(world: World, id: str) -> None:
    """An account that was ended holds nothing any more; one that was not still has everything, and its state."""
    world.stream()
    books.check(world)
    books.check_projected(world, world.get("/v1/supply").body)
    procedure = seen(world, id)
    account = world.item(keys.account(keys.holder(procedure["account"]))) or {}
    if procedure["status"] == "approved":
        assert (account["status"], account["points"], account["grams"]) == ("closed", 0, 0)
        assert procedure["kind"] != "rebind" or account.get("debt_points", 0) == 0  # else it stays (ADR 23)
        assert account["identity"] == ""
    else:
        assert account["identity"] != ""


@pytest.mark.parametrize("kind", ENDINGS)
@pytest.mark.parametrize("happens", HAPPENS.values(), ids=HAPPENS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_account_moves_while_its_end_is_approved(
    world: World, kind: str, happens: Callable[[World], Answer], moment: int
) -> None:
    id = prepared(world, kind)
    with just_before(moment, lambda: happens(world)) as met:
        answer = approve(world, id)
    assert met, "the approval sends fewer requests"
    assert met[0].status < 300, met
    assert answer.status == 200 or answer.code in {"invalid_state", "account_closed"}, answer
    assert (seen(world, id)["status"] == "approved") == (answer.status == 200)
    conserved(world, id)
    again = approve(world, id, sub="official-3")
    assert again.status == 409, again
    conserved(world, id)


@pytest.mark.parametrize("moment", MOMENTS)
def test_of_two_procedures_at_once_one_ends_the_account(world: World, moment: int) -> None:
    """One official rebinds the account while another frees its number."""
    rebinding = prepared(world, "rebind")
    freeing = proposed(world, "free_identity", world.me()["id"])
    with just_before(moment, lambda: approve(world, freeing, sub="official-3")) as met:
        answer = approve(world, rebinding)
    assert [each.status for each in met] == [200]
    assert (answer.status, answer.code in {"account_closed", "invalid_state"}) == (409, True)
    conserved(world, freeing)
