"""How a room declares what only reads, and how it is answered: admit, parse, read."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalice.app import Blueprint, Request, Response
from pydantic import ValidationError

from chalicelib.edge import caching
from chalicelib.edge.endpoints import Endpoint, json_response, register
from chalicelib.edge.identity.authorizer import admit, recognise
from chalicelib.errors import Refusal
from chalicelib.kernel import validation
from chalicelib.kernel.caller import readers
from chalicelib.kernel.fields import Params
from chalicelib.kernel.query import Query, unseal, written
from chalicelib.table import keys


def query(
    room: Blueprint,
    path: str,
    *,
    answer: Any,
    allow: tuple[str, ...] = (),
    params: type[Params] = Params,
    refuses: tuple[type[Refusal], ...] = (),
    also: tuple[str, ...] = (),
    cache: int | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a route that only reads. The view gets a Query and returns the answer's model or a Response.

    What exchange or bureau may read, the auditor may (``readers``), so no route names it. A public route names its
    ``cache``; a private one is never cached.
    """
    if (cache is None) != bool(allow):
        raise ValueError(f"{path}: a public read says how long it stays fresh, and only a public one")

    def declare(view: Callable[..., Any]) -> Callable[..., Any]:
        endpoint = Endpoint("GET", path, params, answer, readers(allow), refuses, 200, view, also, cache)
        register(room, endpoint, ask)
        return view

    return declare


def ask(endpoint: Endpoint, request: Request, segments: dict[str, str]) -> Response:
    caller = admit(request.context, endpoint.allow) if endpoint.allow else None
    asked = _asked(endpoint, request)
    try:
        params = endpoint.takes.model_validate(asked)
    except ValidationError as error:
        raise validation.invalid(error) from None
    if roles := getattr(params, "for_roles", ()):  # on a public route a token is looked at only where it is needed
        caller = recognise(request.headers.get("authorization", ""), roles)
    filters = {name: value for name, value in asked.items() if name not in {"limit", "cursor"}}
    asker = (caller.sub, caller.role) if caller else ("", "")
    binding = keys.digest(*asker, endpoint.path, repr(sorted((filters | segments).items())))
    given = asked.get("cursor")
    position = unseal(given, binding) if given else None
    found = endpoint.view(Query(caller, params, position, binding, datetime.now(UTC)), **segments)
    answer = found if isinstance(found, Response) else json_response(200, written(found))
    if endpoint.cache is None or caller:
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer
    return caching.answer(answer, request.headers, endpoint.cache)


def _asked(endpoint: Endpoint, request: Request) -> dict[str, str]:
    """The query parameters. A public address travels, and those who share it add parameters of their own: ignored."""
    asked = dict(request.query_params.items()) if request.query_params else {}
    if endpoint.allow:
        return asked
    known = {field.alias or name for name, field in endpoint.takes.model_fields.items()}
    return {name: value for name, value in asked.items() if name in known}
