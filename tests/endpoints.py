"""Every route that the app has, so that a new one is tested the day it is declared."""

import re
from typing import Any

import app
from chalicelib.edge.endpoints import ENDPOINTS, Endpoint

ROUTES: dict[str, Endpoint] = {f"{each.method} {each.path}": each for each in ENDPOINTS}

assert app.app.routes.keys() == {endpoint.path for endpoint in ENDPOINTS}


def required(endpoint: Endpoint) -> dict[str, Any]:
    """A value for every parameter that a question must bring."""
    fields = endpoint.takes.model_fields if endpoint.method == "GET" else {}
    return {name: "2024-01" if name == "month" else "x" for name, field in fields.items() if field.is_required()}


def filled(path: str, value: str = "x") -> str:
    """A route's path with ``value`` for every named segment."""
    return re.sub(r"\{[a-z]+\}", lambda _: value, path)
