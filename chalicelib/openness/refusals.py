"""Every refusal that a route can give, as the OpenAPI page and ``/problems/<code>`` tell it."""

import json
from collections import defaultdict
from string import Formatter
from typing import Any

from chalicelib import errors
from chalicelib.edge import problem
from chalicelib.edge.endpoints import BODY_BYTES_MAX, Endpoint
from chalicelib.edge.problem import IdempotencyKeyRequired, InternalError, TooManyRequests, UnsupportedMediaType
from chalicelib.errors import Refusal
from chalicelib.openness.samples import ID, TIME

# What the edge refuses, whatever the route
COMMAND: tuple[type[Refusal], ...] = (
    errors.MalformedJson,
    IdempotencyKeyRequired,
    errors.Contended,
    errors.BodyTooLarge,
    UnsupportedMediaType,
    errors.InvalidRequest,
    errors.IdempotencyKeyReused,
)
QUERY: tuple[type[Refusal], ...] = (errors.InvalidRequest,)  # unknown parameters too
GUARDED: tuple[type[Refusal], ...] = (errors.Unauthenticated, errors.RoleNotAllowed)
ALWAYS: tuple[type[Refusal], ...] = (TooManyRequests, InternalError, errors.Unavailable)


def _fact(kind: str, description: str, *examples: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "description": description, "examples": list(examples)} | more


_FAULT = {
    "type": "object",
    "required": ["pointer", "detail"],
    "properties": {
        "pointer": _fact("string", "JSON Pointer into the body, or to the parameter", "/points"),
        "detail": _fact("string", "What is wrong there", "Input should be a valid integer"),
    },
}

_STEP = {
    "type": "object",
    "required": ["action", "role"],
    "properties": {"action": _fact("string", "A step", "refund"), "role": _fact("string", "Who may", "institution")},
}

# The extension members of problems: what a refusal knows that helps its caller
FACTS: dict[str, dict[str, Any]] = {
    "errors": _fact(
        "array",
        "The faults, one by one (`invalid_request`)",
        [{"pointer": "/points", "detail": "Input should be a valid integer"}],
        items=_FAULT,
    ),
    "remedy": _fact("string", "What to do about it, where the detail does not say so", "Ask for less"),
    "retry_after": _fact("integer", "Seconds to wait; as the header Retry-After", 1),
    "unfiled": _fact("integer", "Movements of the account that its statement does not show yet", 500),
    "available": _fact("integer", "What there is: points, grams or units", 1200),
    "needed": _fact("integer", "What was asked for", 3000),
    "price": _fact("integer", "The present price of one, in points", 3000),
    "points": _fact("integer", "Points in all, or still held", 6000),
    "grams": _fact("integer", "gCO2e still held", 0),
    "authority": _fact("string", "The authority of the caller's login at its institution", "read_only"),
    "members": _fact("integer", "Merchants that sell under the sub-platform", 3),
    "debt_points": _fact("integer", "Points that the account owes", 40),
    "debt_grams": _fact("integer", "gCO2e that the account owes", 0),
    "pending": _fact("integer", "Orders or reductions that are not settled", 1),
    "limit": _fact("integer", "The most that is allowed", 2),
    "held": _fact("integer", "What the account has, or has had, of it", 2),
    "edits": _fact("integer", "How often the campaign was changed", 1),
    "allowed": _fact("string", "Roles that may", "individual"),
    "role": _fact("string", "The caller's role", "institution"),
    "state": _fact("string", "The present state", "refunded"),
    "suspended_by": _fact("string", "Who suspended the merchant", "operator"),
    "duties": _fact("string", "The duties of a merchant that are not met", "orders_late"),
    "action": _fact("string", "The step that was asked for", "fulfil"),
    "next_steps": _fact(
        "array",
        "What the present state allows, and whom (`invalid_state`)",
        [{"action": "refund", "role": "institution"}],
        items=_STEP,
    ),
    "reduction": _fact("string", "The id of the earlier reduction", ID),
    "grant": _fact("string", "The id of the live grant", ID),
    "run": _fact("string", "The id of the run that lasts", ID),
    "entry": _fact("string", "The id of the caller's earlier entry", ID),
    "event": _fact("string", "The id of the event", ID),
    "opens_at": _fact("string", "When the draw opens", TIME),
    "draws_at": _fact("string", "When the draw closes", "2026-12-31T16:00:00.000Z"),
    "hold": _fact("string", "The id of the earlier hold", ID),
    "dispute": _fact("string", "The id of the open dispute", ID),
    "answer_by": _fact("string", "Until when the other party may answer", "2026-02-07T08:00:00.000Z"),
    "starts_at": _fact("string", "When the offer begins", TIME),
    "ends_at": _fact("string", "When the offer ends", "2026-12-31T16:00:00.000Z"),
    "closes_at": _fact("string", "When the report of a month can be read", "2026-02-01T16:00:00.000Z"),
    "veto_until": _fact("string", "Until when the exchange could veto the admission", "2026-02-05T08:00:00.000Z"),
    "missing": _fact(
        "array",
        "Kinds of documents (`documents_missing`)",
        ["business_licence"],
        items={"type": "string", "examples": ["business_licence"]},
    ),
    "parts": _fact("integer", "Parts of the file", 3),
    "arrived": _fact("integer", "Those that have arrived", 2),
    "missing_parts": _fact(
        "array",
        "The first numbers of parts that have not arrived (`parts_missing`)",
        [2],
        items={"type": "integer", "examples": [2]},
    ),
    "reason": _fact(
        "string", "What the parser says, or a word for what went wrong", "Expecting ',' delimiter at line 1 column 9"
    ),
}

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. Members beside the six required ones depend on the code.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Explains the code: GET it"},
        "title": {"type": "string", "description": "What the code means, in the language of the request"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What is wrong this time, and how to fix it"},
        "instance": {"type": "string", "format": "uri-reference", "description": "The path that was called"},
        "code": {"type": "string", "description": "What programs may rely on"},
    }
    | FACTS,
}


def of(endpoint: Endpoint) -> list[type[Refusal]]:
    """The refusals of a route, each code once, by status."""
    edge = (QUERY if endpoint.method == "GET" else COMMAND) + (GUARDED if endpoint.allow else ()) + ALWAYS
    missing = (errors.NotFound,) if "{" in endpoint.path else ()
    codes = {each.code: Refusal.registry[each.code] for each in (*edge, *missing, *endpoint.refuses)}
    return sorted(codes.values(), key=lambda each: each.status)


def example(kind: type[Refusal], language: str = "en") -> dict[str, Any]:
    """The problem as a caller would get it."""
    examples = {name: FACTS[name]["examples"][0] for name in placeholders(kind) if name in FACTS}
    facts = kind().facts | examples
    if kind is errors.BodyTooLarge:
        facts["limit"] = BODY_BYTES_MAX
    if kind is errors.InvalidRequest:
        facts["errors"] = FACTS["errors"]["examples"][0]
    answer = problem.response(kind(**facts), language=language, instance="/v1/redemptions")
    body: dict[str, Any] = json.loads(answer.body)
    return body


def placeholders(kind: type[Refusal]) -> list[str]:
    """The facts that the text of a refusal speaks of."""
    return [name for _, name, _, _ in Formatter().parse(kind.detail.en) if name]


def responses(endpoint: Endpoint) -> dict[str, Any]:
    """The refusals of a route as OpenAPI responses: one a status, one example a code."""
    by_status: dict[int, list[type[Refusal]]] = defaultdict(list)
    for each in of(endpoint):
        by_status[each.status].append(each)
    return {str(status): _response(kinds) for status, kinds in by_status.items()}


def _response(kinds: list[type[Refusal]]) -> dict[str, Any]:
    codes = {"properties": {"code": {"enum": [each.code for each in kinds]}}}
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"} | codes,
        "examples": {each.code: {"$ref": f"#/components/examples/{each.code}"} for each in kinds},
    }
    headers: dict[str, Any] = {}
    if any("retry_after" in each().facts for each in kinds):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    if kinds[0].status == 401:
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Challenge"}
    titles = " · ".join(f"`{each.code}` {each.title.en}" for each in kinds)
    return {"description": titles, "content": {problem.CONTENT_TYPE: content}} | (
        {"headers": headers} if headers else {}
    )
