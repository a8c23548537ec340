"""The API's description, reduced to what types depend on: a better sentence in it changes no type."""

import json
from typing import Any

import app
from chalicelib.openness import openapi
from infra.here import ROOT

TYPES = ROOT / "faces" / "shared" / "api.d.ts"
_WORDS = {"description", "summary", "examples", "example", "title", "operationId", "tags", "headers"}
_RULES = {"pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "format"}


def contract() -> str:
    """Paths, parameters, bodies and answers that succeed, as JSON in one order."""
    app.app.load()
    document = openapi.document()
    used = {"openapi": document["openapi"], "info": {"title": "carbon-points", "version": "1"}}
    components = {"schemas": _plain(document["components"]["schemas"], named=True)}
    parameters = document["components"].get("parameters")
    found = used | {"paths": _paths(document["paths"]), "components": components}
    if parameters:
        found["components"] |= {"parameters": _plain(parameters, named=True)}
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def _paths(paths: dict[str, Any]) -> dict[str, Any]:
    return {
        path: {method: _plain(_successes(operation)) for method, operation in methods.items()}
        for path, methods in paths.items()
    }


def _successes(operation: dict[str, Any]) -> dict[str, Any]:
    """Refusals are of one form, which ``problem.ts`` knows."""
    answers = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    described = {status: {"content": _json(answer.get("content", {}))} for status, answer in answers.items()}
    return {name: value for name, value in operation.items() if name != "security"} | {"responses": described}


def _json(content: dict[str, Any]) -> dict[str, Any]:
    """Pages ask for JSON, wherever there is JSON."""
    return {kind: one for kind, one in content.items() if kind == "application/json"} or content


def _plain(part: Any, *, named: bool = False) -> Any:
    """Without words and rules; ``named`` where the keys are names of ours."""
    if isinstance(part, list):
        return [_plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    dropped = set() if named else _WORDS | _RULES
    kept = {name: _plain(value, named=name == "properties") for name, value in part.items() if name not in dropped}
    if "content" in kept and "schema" not in kept and "required" not in kept:
        kept["description"] = ""  # an answer must have one
    return kept
