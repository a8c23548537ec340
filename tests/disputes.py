"""What a person, the other party and officials do with disputes."""

from typing import Any

from chalicelib.table import keys
from chalicelib.table.commit import commit
from chalicelib.table.write import update
from tests import consents
from tests.world import Answer, World

ALICE: dict[str, Any] = {"role": "individual", "sub": "alice"}
SHOP: dict[str, Any] = {"role": "institution", "sub": "shop"}
REPORTER: dict[str, Any] = {"role": "scenario_operator", "sub": "operator"}
EXCHANGE: dict[str, Any] = {"role": "exchange", "sub": "exchange"}
BUREAU: dict[str, Any] = {"role": "bureau", "sub": "bureau"}
AUDITOR: dict[str, Any] = {"role": "auditor", "sub": "auditor"}
PAST = "2020-01-01T00:00:00.000Z"
PATH = "/v1/disputes"


def claim(kind: str, object: str, **changes: Any) -> dict[str, Any]:
    """The body of a dispute."""
    return {"kind": kind, "object": object, "reason": "other", "text": "It is not right."} | changes


def dispute(world: World, kind: str, object: str, *, who: dict[str, Any] = ALICE, key: str = "", **more: Any) -> Answer:
    return world.post(PATH, claim(kind, object, **more), key=key, **who)


def opened(world: World, kind: str, object: str, **more: Any) -> str:
    """The id of a new dispute."""
    answer = dispute(world, kind, object, **more)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def reply(world: World, id: str, **who: Any) -> Answer:
    return world.post(f"{PATH}/{id}/answer", {"text": "It is right."}, **who or SHOP)


def answered(world: World, kind: str, object: str, **who: Any) -> str:
    """The id of a new dispute that can be ruled."""
    id = opened(world, kind, object)
    assert reply(world, id, **who).status == 200
    return id


def rule(world: World, id: str, outcome: str = "uphold", *, who: dict[str, Any] = EXCHANGE, **more: Any) -> Answer:
    return world.post(f"{PATH}/{id}/rule", {"outcome": outcome, "text": "So it is ruled."} | more, **who)


def withdraw(world: World, id: str, **who: Any) -> Answer:
    return world.post(f"{PATH}/{id}/withdraw", **who or ALICE)


def seen(world: World, id: str, **who: Any) -> dict[str, Any]:
    answer = world.get(f"{PATH}/{id}", **who or ALICE)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body
    return found


def listed(world: World, who: dict[str, Any] = ALICE, **params: Any) -> list[str]:
    """The ids of a list."""
    answer = world.get(PATH, **who, **params)
    assert answer.status == 200, answer
    return [each["id"] for each in answer.body["items"]]


def run_out(world: World, id: str) -> None:
    """The time to answer is over, as if the clock had moved."""
    commit([update(keys.dispute(id), assign={"answer_by": PAST})])


def order(world: World, points: int = 1000, **offer: Any) -> str:
    """Alice's order of the shop; both are made with it."""
    world.merchant()
    world.rich(points=points)
    return str(world.redeem(world.offer(**offer)).body["id"])


def held(world: World, points: int = 400) -> str:
    """A hold of Alice's points for the shop's mall."""
    world.rich(points=1000)
    made = consents.hold(world, consents.spending(world, consents.mall(world)), points=points)
    assert made.status == 201, made
    return str(made.body["id"])


def captured(world: World, points: int = 300) -> str:
    """The same, captured."""
    id = held(world)
    assert consents.capture(world, id, points).status == 200
    return id


def trip(world: World, confirmation: str = "automatic") -> str:
    """A reduction of Alice's, reported by the operator."""
    account = world.person()
    world.scenario(confirmation=confirmation)
    return str(world.report(account, "10").body["id"])
