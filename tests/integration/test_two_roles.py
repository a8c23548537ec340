"""One login may hold tokens of several roles: in each it is the party of that role, and of no other.

Objects that a path names are in ``test_authorization.py``, which tries each login of a world in each role that is not
its own. Here are lists and keys.
"""

from collections.abc import Callable

import pytest

from chalicelib.kernel.caller import INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from chalicelib.settings import settings
from infra.dev.local import books
from tests.commands import COMMANDS, Ready, send
from tests.endpoints import ROUTES
from tests.prepared import prepared
from tests.world import World

PARTIES = {INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR}  # exchange and bureau see what is everyone's
ASKING = [name for name, route in ROUTES.items() if route.method == "GET" and route.allow]


def _made_by(name: str) -> Callable[[World], Ready]:
    """A question about what the command ``name`` makes, from who made it."""

    def make(world: World) -> Ready:
        ready: Ready = prepared(name, world)
        made = send(world, ready)
        assert made.status in {201, 202}, made
        return ready._replace(method="GET", path=f"{ready.path}/{made.body['id']}")

    return make


def _about(name: str) -> Callable[[World], Ready]:
    """A question about the object that the command ``name`` is sent to."""

    def make(world: World) -> Ready:
        ready: Ready = prepared(name, world)
        return ready._replace(method="GET", path=ready.path.rpartition("/")[0])

    return make


def _account(world: World) -> Ready:
    """A question about an account, from the exchange."""
    ready = prepared("POST /v1/accounts/{id}/freeze", world)
    return ready._replace(method="GET", path=ready.path.replace("/freeze", "?reason=complaint"))


def _entries(world: World) -> Ready:
    ready = _account(world)
    return ready._replace(path=ready.path.replace("?", "/entries?"))


def _part(name: str, part: str) -> Callable[[World], Ready]:
    """A question about a part of what the command ``name`` makes."""

    def make(world: World) -> Ready:
        ready = _made_by(name)(world)
        return ready._replace(path=f"{ready.path}/{part}")

    return make


def _record(world: World) -> Ready:
    """A question about a Record, from the exchange."""
    ready = _account(world)
    record = world.records()[0]["id"]
    return ready._replace(path=f"/v1/records/{record}?reason=complaint")


def _health(world: World) -> Ready:
    """A merchant's question about itself."""
    ready = prepared("POST /v1/offer-batches", world)
    return ready._replace(method="GET", path=f"/v1/merchants/{world.me('shop', 'institution')['id']}/health")


def _runs(world: World) -> Ready:
    """A merchant's question about its conformance runs."""
    return prepared("POST /v1/merchants/{id}/conformance", world)._replace(method="GET")


def _system(world: World) -> Ready:
    """A merchant's question about its own system."""
    ready = COMMANDS["POST /v1/merchants/{id}/integration"](world)
    assert send(world, ready).status == 200
    return ready._replace(method="GET")


def _departure(world: World) -> Ready:
    """A leaving merchant's question about itself."""
    ready = prepared("POST /v1/merchants/{id}/leave", world)
    assert send(world, ready).status == 200
    return ready._replace(method="GET", path=ready.path.replace("/leave", "/departure"))


def _report(world: World) -> Ready:
    return _account(world)._replace(path="/v1/reports/2024-01")


def _uses(world: World) -> Ready:
    return _account(world)._replace(path="/v1/mixes/2024-01/uses")


def _report_merchants(world: World) -> Ready:
    ready = _report(world)
    assert world.get(ready.path, role="exchange", sub="exchange").status == 200
    return ready._replace(path=f"{ready.path}/merchants")


def _differences(world: World) -> Ready:
    ready = _account(world)
    settings.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BATCH_THREADS", "1")
        books.scheduled("2026-01-30T19:00:00Z")
    settings.cache_clear()
    return ready._replace(path="/v1/reconciliations/2026-01-31/differences")


def _of_platform(part: str) -> Callable[[World], Ready]:
    """An operator's question about its sub-platform."""

    def make(world: World) -> Ready:
        ready = prepared("POST /v1/sub-platforms/{id}/members/{member}/suspend", world)
        base = ready.path.partition("/members")[0]
        return ready._replace(method="GET", path=f"{base}/{part}")

    return make


OBJECTS: dict[str, Callable[[World], Ready]] = {
    "GET /v1/records/{id}": _record,
    "GET /v1/merchants/{id}/health": _health,
    "GET /v1/merchants/{id}/departure": _departure,
    "GET /v1/merchants/{id}/integration": _system,
    "GET /v1/merchants/{id}/conformance": _runs,
    "GET /v1/merchants/{id}/conformance/{run}": _made_by("POST /v1/merchants/{id}/conformance"),
    "GET /v1/sub-platforms/{id}/members": _of_platform("members"),
    "GET /v1/sub-platforms/{id}/members/{member}": _about("POST /v1/sub-platforms/{id}/members/{member}/suspend"),
    "GET /v1/sub-platforms/{id}/orders": _of_platform("orders"),
    "GET /v1/sub-platforms/{id}/report": _of_platform("report?month=2024-01"),
    "GET /v1/mixes/{month}/uses": _uses,
    "GET /v1/reports/{month}": _report,
    "GET /v1/reports/{month}/merchants": _report_merchants,
    "GET /v1/reconciliations/{id}/differences": _differences,
    "GET /v1/anomalies/{id}": _about("POST /v1/anomalies/{id}/close"),
    "GET /v1/accounts/{id}": _account,
    "GET /v1/accounts/{id}/entries": _entries,
    "GET /v1/redemptions/{id}": _about("POST /v1/redemptions/{id}/refund"),
    "GET /v1/events/{id}/entries/{entry}": _made_by("POST /v1/events/{id}/entries"),
    "GET /v1/webhook-deliveries/{id}": _about("POST /v1/webhook-deliveries/{id}/replay"),
    "GET /v1/applications/{id}": _about("POST /v1/applications/{id}/endorsement"),
    "GET /v1/grants/{id}": _about("POST /v1/grants/{id}/withdraw"),
    "GET /v1/holds/{id}": _about("POST /v1/holds/{id}/capture"),
    "GET /v1/disputes/{id}": _made_by("POST /v1/disputes"),
    "GET /v1/procedures/{id}": _made_by("POST /v1/procedures"),
    "GET /v1/operator-totals/{id}": _made_by("POST /v1/operator-totals"),
    "GET /v1/reductions/{id}": _made_by("POST /v1/reductions"),
    "GET /v1/reduction-batches/{id}": _made_by("POST /v1/reduction-batches"),
    "GET /v1/reduction-batches/{id}/parts": _part("POST /v1/reduction-batches", "parts"),
    "GET /v1/reduction-batches/{id}/sample": _part("POST /v1/reduction-batches", "sample"),
    "GET /v1/cancellations/{id}": _made_by("POST /v1/cancellations"),
    "GET /v1/donations/{id}": _made_by("POST /v1/donations"),
    "GET /v1/retirements/{id}": _made_by("POST /v1/retirements"),
    "GET /v1/buy-back-runs/{id}": _made_by("POST /v1/buy-back-runs"),
}


def intruders(world: World) -> list[tuple[str, str]]:
    """Every login that has done something here, with each role in which it has done nothing."""
    own = {(record["caller"], record["role"]) for record in world.records() if record["role"] in PARTIES}
    return sorted((sub, role) for sub in {sub for sub, _ in own} for role in PARTIES if (sub, role) not in own)


def test_every_guarded_object_is_tried() -> None:
    assert {name for name in ASKING if "{" in name} == set(OBJECTS)


@pytest.mark.parametrize("name", [name for name in ASKING if "{" not in name])
def test_lists_show_a_login_nothing_of_its_other_roles(world: World, name: str) -> None:
    prepared("POST /v1/webhook-deliveries/{id}/replay", world)
    path = name.removeprefix("GET ")
    for sub, role in intruders(world):
        answer = world.get(path, sub=sub, role=role)
        seen = answer.body["items"] if answer.status == 200 else []
        assert (seen, answer.status in {200, 403, 404}) == ([], True), (sub, role, answer)


def test_a_buyer_who_is_also_an_institution_cannot_take_her_points_back(world: World) -> None:
    world.merchant()
    world.rich(points=1000)
    order = world.redeem(world.offer()).body["id"]
    assert world.fulfil(order).status == 200
    assert world.refund(order, sub="alice").refused == (404, "not_found")
    assert world.points() == 0


TWICE = [(name, role) for name in COMMANDS for role in ROUTES[name].allow if len(ROUTES[name].allow) > 1]


@pytest.mark.parametrize(("name", "role"), TWICE)
def test_a_key_answers_only_the_role_that_used_it(world: World, name: str, role: str) -> None:
    ready = prepared(name, world)
    done = send(world, ready, key="k")
    assert done.status in {200, 201, 202}
    after = world.items()
    again = send(world, ready, key="k", role=role)
    if role == ready.role:
        assert (again.status, again.body) == (done.status, done.body)
    else:
        assert again.refused == (422, "idempotency_key_reused")
    assert world.items() == after
