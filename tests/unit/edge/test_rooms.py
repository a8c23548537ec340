"""Rooms load with the first request for a route of theirs, where the package lists the routes."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
from chalice.app import Blueprint

from chalicelib.edge import rooms
from chalicelib.edge.rooms import App, everything

SERVING = {"/left": ["left"], "/right": ["right"], "/both": ["left", "right"]}


def room(name: str, *routes: str) -> Blueprint:
    made = Blueprint(f"chalicelib.{name}.routes")
    for route in routes:
        method, path = route.split(" ")
        made.route(path, methods=[method])(lambda: name)
    return made


@pytest.fixture(autouse=True)
def two_rooms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    left, right = room("left", "GET /left", "GET /both"), room("right", "GET /right", "POST /both")
    for name, made in (("left", left), ("right", right)):
        module = ModuleType(f"chalicelib.{name}.routes")
        module.room = made  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"chalicelib.{name}", ModuleType(f"chalicelib.{name}"))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(rooms, "LIST", tmp_path / "rooms.json")


def opened(*, listed: bool) -> App:
    if listed:
        rooms.LIST.write_text(json.dumps(SERVING))
    app = App("two-rooms", ("left", "right"))
    app.open()
    return app


def ask(app: App, path: str, method: str = "GET") -> tuple[int, str]:
    context = {"resourcePath": path, "httpMethod": method, "identity": {}}
    event = {"requestContext": context, "pathParameters": None, "headers": {}, "multiValueQueryStringParameters": None}
    answer = app({**event, "body": None, "isBase64Encoded": False, "stageVariables": None}, None)
    return answer["statusCode"], answer["body"]


def test_without_a_list_all_rooms_load_at_once_and_make_it() -> None:
    app = opened(listed=False)
    assert app.serving == SERVING
    assert app.routes.keys() == SERVING.keys()
    assert set(app.routes["/both"]) == {"GET", "POST", "OPTIONS"}


def test_a_request_loads_the_rooms_of_its_route_and_no_others() -> None:
    app = opened(listed=True)
    assert not app.routes
    assert ask(app, "/left") == (200, "left")
    assert app.routes.keys() == {"/left", "/both"}
    assert ask(app, "/right") == (200, "right")
    assert app.routes.keys() == SERVING.keys()


def test_a_route_of_two_rooms_loads_both() -> None:
    app = opened(listed=True)
    assert ask(app, "/both", "POST") == (200, "right")
    assert set(app.routes["/both"]) == {"GET", "POST", "OPTIONS"}


def test_a_preflight_names_what_a_room_that_came_later_serves_too() -> None:
    app = opened(listed=True)
    ask(app, "/left")
    assert set(app.routes["/both"]) == {"GET", "OPTIONS"}
    ask(app, "/both", "OPTIONS")
    handler = app.routes["/both"]["OPTIONS"].view_function
    assert handler().headers["Allow"] == "GET, OPTIONS, POST"


def test_an_unknown_route_loads_nothing() -> None:
    app = opened(listed=True)
    assert ask(app, "/nowhere")[0] >= 400  # API Gateway never sends one
    assert not any(app.routes.values())
    ask(app, "/left")
    assert not app.routes["/nowhere"]


def test_who_describes_the_api_loads_every_room() -> None:
    app = opened(listed=True)
    ask(app, "/left")
    left = sys.modules["chalicelib.left.routes"].room
    everything(left)
    assert app.routes.keys() == SERVING.keys()
