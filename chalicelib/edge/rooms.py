"""A function loads only the rooms that its events need: the others are more than half of a cold start.

``make package`` writes down which rooms serve which route. Where that list is missing, as in a checkout, all rooms load
at once.
"""

import importlib
import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib import start
from chalicelib.edge import cors

LIST = Path(__file__).with_name("rooms.json")


class App(Chalice):
    """A Chalice app of rooms. Each has a Blueprint, ``routes.room``, and loads with the first request for a route."""

    def __init__(self, name: str, rooms: Sequence[str]) -> None:
        super().__init__(app_name=name, configure_logs=False)
        self.serving: dict[str, list[str]] = {}  # the rooms of each route
        self._rooms = tuple(rooms)
        self._loaded: set[str] = set()
        self._lock = threading.RLock()

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer a request. Load the rooms of its route first, where they are not loaded yet."""
        self.load(self.serving.get(event.get("requestContext", {}).get("resourcePath"), ()))
        return super().__call__(event, context)

    def open(self) -> None:
        """Be ready for requests: know the rooms of every route, from the list, or because all are loaded."""
        if LIST.exists():
            self.serving = json.loads(LIST.read_text())
        else:
            self.load()

    def load(self, rooms: Iterable[str] | None = None) -> None:
        """Load ``rooms``, or all: whoever describes the API needs every one of them."""
        needed = self._rooms if rooms is None else tuple(rooms)
        if self._loaded.issuperset(needed):
            return
        with self._lock, start.loading():
            for room in needed:
                if room not in self._loaded:
                    self._register(room)
                    self._loaded.add(room)

    def _register(self, room: str) -> None:
        before = {path: len(methods) for path, methods in self.routes.items()}
        self.register_blueprint(importlib.import_module(f"chalicelib.{room}.routes").room)
        for path, methods in list(self.routes.items()):
            if before.get(path) != len(methods) and room not in self.serving.setdefault(path, []):
                self.serving[path].append(room)
        cors.answer_preflights(self)


def everything(room: Blueprint) -> None:
    """Load every room of the app that ``room`` belongs to."""
    app = room.current_app
    if isinstance(app, App):
        app.load()
