"""The auditor reads what exchange and bureau read, and changes nothing. Generated from the routes."""

from typing import Any

import pytest

from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE
from tests.commands import send
from tests.endpoints import ROUTES
from tests.integration.test_two_roles import OBJECTS
from tests.world import World

AUTHORITIES = {EXCHANGE, BUREAU}
QUERIES = {name: route for name, route in ROUTES.items() if route.method == "GET"}
SEEN = [name for name in OBJECTS if AUTHORITIES & {*ROUTES[name].allow}]
LISTED = [name for name in QUERIES if AUDITOR in QUERIES[name].allow and f"{name}/{{id}}" in SEEN]
OFFERED = {"next_actions", "link", "as_of"}  # what a caller may do: for the auditor, nothing


def test_the_auditor_calls_no_command() -> None:
    assert [name for name, route in ROUTES.items() if name not in QUERIES and AUDITOR in route.allow] == []


@pytest.mark.parametrize("name", [name for name, route in QUERIES.items() if route.allow])
def test_the_auditor_may_read_what_exchange_or_bureau_may_and_nothing_else(name: str) -> None:
    allow = {*QUERIES[name].allow}
    assert (AUDITOR in allow) == bool(AUTHORITIES & allow)


def _bare(answer: Any) -> Any:
    """An answer without what its caller may do, and without the time of the answer."""
    if isinstance(answer, list):
        return [_bare(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {name: _bare(value) for name, value in answer.items() if name not in OFFERED}


def _answers(world: World, name: str, path: str) -> tuple[Any, Any]:
    """What an authority and the auditor are answered."""
    authority = min(AUTHORITIES & {*ROUTES[name].allow})
    answers = [world.get(path, role=role, sub=role) for role in (authority, AUDITOR)]
    assert [answer.status for answer in answers] == [200, 200]
    return answers[0].body, answers[1].body


@pytest.mark.parametrize("name", SEEN)
def test_the_auditor_sees_an_object_as_exchange_and_bureau_do(world: World, name: str) -> None:
    authority, auditor = _answers(world, name, OBJECTS[name](world).path)
    assert _bare(auditor) == _bare(authority)


@pytest.mark.parametrize("name", LISTED)
def test_the_auditor_sees_a_list_as_exchange_and_bureau_do(world: World, name: str) -> None:
    path = OBJECTS[f"{name}/{{id}}"](world).path.rpartition("/")[0]
    if name == "GET /v1/holds":  # an authority asks for those of one merchant
        path += f"?merchant={world.me('shop', 'institution')['id']}"
    authority, auditor = _answers(world, name, path)
    assert _bare(auditor) == _bare(authority)


def test_an_application_offers_the_auditor_nothing_to_do(world: World) -> None:
    ready = OBJECTS["GET /v1/applications/{id}"](world)
    seen = send(world, ready, role=AUDITOR, sub=AUDITOR).body
    assert seen["next_actions"] == []
    assert seen["documents"]
    assert {document["link"] for document in seen["documents"]} == {None}
