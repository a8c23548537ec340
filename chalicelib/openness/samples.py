"""Examples for the OpenAPI page: a value for every field, in the words of the models' own examples."""

from collections.abc import Iterable, Mapping
from typing import Any

PREFIX = "#/components/schemas/"
ID = "k3v5zq6x7n4m2p8r9s0t1u2w3y"
TIME = "2026-01-31T08:00:00.000Z"
_PYTHON = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}

Schema = Mapping[str, Any]
Words = dict[str, list[Any]]  # field name → values that examples give it


# What no request says, or says otherwise: null where it may be
_OWN: Words = {"id": [ID], "merchant": [ID], "version": [1], "next_cursor": [None], "reason": [None], "voucher": [None]}


def words(schemas: Iterable[Schema]) -> Words:
    """Every value that some model's example gives to a field of this name: answers speak of the same things."""
    found = {name: list(values) for name, values in _OWN.items()}
    for schema in schemas:
        for example in schema.get("examples", ()):
            for name, value in example.items():
                found.setdefault(name, []).append(value)
    return found


def sample(schema: Schema, schemas: Mapping[str, Schema], known: Words, name: str = "") -> Any:
    """An example that fits ``schema``; ``name`` is the field it is for."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].removeprefix(PREFIX)], schemas, known, name)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    choices = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if choices:
        nullable = {"type": "null"} in choices and None in known.get(name, ())
        return None if nullable else sample(choices[0], schemas, known, name)
    return _plain(schema, schemas, known, name)


def _plain(schema: Schema, schemas: Mapping[str, Schema], known: Words, name: str) -> Any:
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {each: sample(inner, schemas, known, each) for each, inner in properties.items()}
    if kind == "array":
        return [sample(schema.get("items", {}), schemas, known, name)]
    if schema.get("format") == "date-time":
        return TIME
    for value in known.get(name, ()):
        if type(value) is _PYTHON.get(kind):
            return value
    return {"integer": schema.get("minimum", 0), "boolean": False, "null": None}.get(kind, name)


def requests(schema: Schema, schemas: Mapping[str, Schema], known: Words) -> dict[str, Any]:
    """The examples of a request body by title: one of each kind where the body may be of several."""
    variants = [schemas[each["$ref"].removeprefix(PREFIX)] for each in schema.get("oneOf", ()) if "$ref" in each]
    return {each.get("title", "example"): {"value": sample(each, schemas, known)} for each in (variants or [schema])}


def models(answer: Any) -> list[Any]:
    """The model of an answer, if there is one, and that of a 202 while it is being made, if it names one."""
    return [each for each in (answer, getattr(answer, "pending", None)) if each]


def pending(models: list[Any], refs: Any, schemas: Any, words: Any) -> dict[str, Any]:
    """The 202 of an answer that is being made."""
    wait = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
    found = {}
    for model in models:
        content = {"schema": refs[model], "example": sample(refs[model], schemas, words)}
        body = {"description": "It is being made: ask again later", "content": {"application/json": content}}
        found["202"] = body | {"headers": wait}
    return found
