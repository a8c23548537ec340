"""``/openapi.json``: OpenAPI 3.1 made of what the edge knows of every route and of the models on both sides of it."""

import inspect
import json
import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from chalicelib.edge.endpoints import ENDPOINTS, Endpoint
from chalicelib.errors import Refusal
from chalicelib.kernel.fields import Params
from chalicelib.openness import refusals, samples
from chalicelib.settings import VERSION

_SKELETON = Path(__file__).parent / "static" / "openapi.json"  # what no model and no route says


class _Generator(GenerateJsonSchema):
    """Integers that may not fit 32 bits say so; a field's name is title enough. OfferAnswer is Offer to clients: only
    our code has a noun beside it.
    """

    def int_schema(self, schema: core_schema.IntSchema) -> dict[str, Any]:
        found = super().int_schema(schema)
        return found if found.get("maximum", 2**31) < 2**31 else found | {"format": "int64"}

    def normalize_name(self, name: str) -> str:
        """Page[OfferAnswer] is OfferPage to generated clients."""
        return super().normalize_name(re.sub(r"^(\w+)\[(\w+)\]$", r"\2\1", name)).replace("Answer", "")

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        found = super().model_schema(schema)
        return found | {"title": found["title"].replace("Answer", "")} if "title" in found else found

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - as inherited
        return False


@lru_cache(maxsize=8)
def page(base: str) -> str:
    """The document as JSON. ``base`` is the path under which it was found: the stage, or nothing."""
    return json.dumps(document() | {"servers": [{"url": base or "/"}]}, ensure_ascii=False)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """All routes that are for callers. Made once a process."""
    listed = [each for each in ENDPOINTS if each.answers or each.also]
    inputs = [(each.takes, "validation") for each in listed if each.method != "GET"]
    outputs = [(model, "serialization") for each in listed for model in samples.models(each.answers)]
    template = samples.PREFIX + "{model}"
    named, defined = models_json_schema(
        list(dict.fromkeys([*inputs, *outputs])),  # type: ignore[list-item]  # answers is Any
        ref_template=template,
        schema_generator=_Generator,
    )
    schemas = defined["$defs"] | {"Problem": refusals.PROBLEM}
    refs = {model: ref for (model, _), ref in named.items()}
    writer = _Writer(refs, schemas)
    writer.illustrate(listed)
    paths: dict[str, dict[str, Any]] = {}
    for each in listed:
        paths.setdefault(each.path, {})[each.method.lower()] = writer.operation(each)
    problems = {
        code: {"summary": kind.title.en, "value": refusals.example(kind)} for code, kind in Refusal.registry.items()
    }
    skeleton: dict[str, Any] = json.loads(_SKELETON.read_text())
    skeleton["info"]["version"] = VERSION
    skeleton["components"] |= {"schemas": schemas, "examples": problems}
    return skeleton | {"tags": _tags(listed), "paths": paths}


class _Writer:
    """Writes operations in terms of the shared ``schemas``; ``refs`` leads from a model to its schema."""

    def __init__(self, refs: dict[Any, dict[str, Any]], schemas: dict[str, Any]) -> None:
        self._refs, self._schemas = refs, schemas
        self._words = samples.words(schemas.values())

    def illustrate(self, listed: Iterable[Endpoint]) -> None:
        """An answer without an example of its own gets one that repeats what its command's example asked."""
        for each in listed:
            answer = self._schema(each.answers) if each.method != "GET" else None
            if answer is not None and "examples" not in answer:
                asked = samples.words([self._schema(each.takes)])
                answer["examples"] = [samples.sample(answer, self._schemas, self._words | asked)]

    def _schema(self, model: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._schemas[self._refs[model]["$ref"].removeprefix(samples.PREFIX)]
        return found

    def operation(self, endpoint: Endpoint) -> dict[str, Any]:
        words = inspect.getdoc(endpoint.view) or endpoint.view.__name__
        summary, _, more = words.partition("\n")
        who = f"Roles: {', '.join(f'`{role}`' for role in endpoint.allow)}." if endpoint.allow else "Public."
        found: dict[str, Any] = {
            "operationId": endpoint.view.__name__,
            "tags": [_room(endpoint)],
            "summary": summary.rstrip("."),
            "description": f"{more.strip()}\n\n{who}".strip(),
            "security": _security(endpoint),
            "parameters": _parameters(endpoint),
        }
        if endpoint.method != "GET":
            found["requestBody"] = self._request(endpoint)
        unchanged = {} if endpoint.cache is None else {"304": {"$ref": "#/components/responses/Unchanged"}}
        pending = samples.pending(samples.models(endpoint.answers)[1:], self._refs, self._schemas, self._words)
        answers = {str(endpoint.status): self._answer(endpoint)} | pending | unchanged | refusals.responses(endpoint)
        return found | {"responses": answers}

    def _request(self, endpoint: Endpoint) -> dict[str, Any]:
        examples = samples.requests(self._schema(endpoint.takes), self._schemas, self._words)
        content = {"schema": self._refs[endpoint.takes], "examples": examples}
        return {"required": True, "content": {"application/json": content}}

    def _answer(self, endpoint: Endpoint) -> dict[str, Any]:
        content: dict[str, Any] = {}
        if endpoint.answers:
            ref = self._refs[endpoint.answers]
            example = samples.sample(ref, self._schemas, self._words)
            content["application/json"] = {"schema": ref, "example": example}
        content |= {kind: {"schema": {"type": "string"} if kind.startswith("text/") else {}} for kind in endpoint.also}
        about = (inspect.getdoc(endpoint.answers) if endpoint.answers else None) or "The page"
        found: dict[str, Any] = {"description": about.partition("\n")[0], "content": content}
        if endpoint.method != "GET":
            found["headers"] = {"Idempotent-Replayed": {"$ref": "#/components/headers/Replayed"}}
            found["links"] = _links(endpoint)
        if endpoint.cache is not None:
            found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in ("ETag", "Cache-Control")}
        return found


def _links(endpoint: Endpoint) -> dict[str, Any]:
    """Which routes take the id that a command answers."""
    below = re.compile(re.escape(endpoint.path) + r"/{(\w+)}(?:/[a-z-]+)?")
    given = {name: f"$request.path.{name}" for name in re.findall(r"{(\w+)}", endpoint.path)}
    own = {name: f"$response.body#/{name}" for name in getattr(endpoint.answers, "model_fields", ())}
    return {
        each.view.__name__: {"operationId": each.view.__name__, "parameters": given | {found[1]: its}}
        for each in ENDPOINTS
        if each.answers and (found := below.fullmatch(each.path)) and found[1] not in given
        if (its := own.get(found[1], own.get("id")))
    }


def _security(endpoint: Endpoint) -> list[dict[str, Any]]:
    """A token; none; or either, where some of what can be asked is for some roles only."""
    token: dict[str, Any] = {"bearer": []}
    if endpoint.allow:
        return [token]
    return [{}, token] if hasattr(endpoint.takes, "for_roles") else []


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    segment = {"type": "string", "pattern": "^[\\x21-\\x7e]{1,64}$"}
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": segment}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    if endpoint.method == "GET":
        found += _filters(endpoint.takes) if issubclass(endpoint.takes, Params) else []
    else:
        found.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if endpoint.cache is not None:
        found.append({"$ref": "#/components/parameters/IfNoneMatch"})
    return [*found, {"$ref": "#/components/parameters/AcceptLanguage"}]


def _filters(params: type[Params]) -> list[dict[str, Any]]:
    schema = params.model_json_schema(schema_generator=_Generator)
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ())} | _parameter(each)
        for name, each in schema.get("properties", {}).items()
    ]


def _parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out, never null."""
    described = {"description": schema["description"]} if "description" in schema else {}
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    plain = {
        name: value for name, value in schema.items() if name not in {"anyOf", "description"} and value is not None
    }
    return described | {"schema": plain | (choices[0] if len(choices) == 1 else {})}


def _room(endpoint: Endpoint) -> str:
    return str(endpoint.view.__module__.split(".")[1])  # a part of a room is the room's


def _tags(listed: list[Endpoint]) -> list[dict[str, str]]:
    rooms = dict.fromkeys(_room(each) for each in listed)
    return [{"name": room, "description": sys.modules[f"chalicelib.{room}"].__doc__ or room} for room in rooms]
