"""Values that fit a published schema: a generator over the part of JSON Schema that our document uses."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chalicelib.openness.samples import PREFIX

Schema = Mapping[str, Any]
_KNOWN = {
    "$ref", "anyOf", "oneOf", "const", "enum", "type", "pattern", "format", "minLength", "maxLength", "minimum",
    "maximum", "items", "minItems", "maxItems", "properties", "required", "additionalProperties", "minProperties", "if",
    "then", "else", "patternProperties", "propertyNames", "maxProperties",
    "title", "description", "default", "examples", "discriminator",
}  # fmt: skip
_FORMATS: dict[str, Callable[[str], Any]] = {
    "date-time": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int64": int,
}


def fitting(schema: Schema, schemas: Mapping[str, Schema]) -> SearchStrategy[Any]:
    """Values that fit ``schema``, but for rules that span fields (if, minProperties): filter by those."""
    assert schema.keys() <= _KNOWN, f"the generator does not know {schema.keys() - _KNOWN}"
    if "$ref" in schema:
        return fitting(schemas[schema["$ref"].removeprefix(PREFIX)], schemas)
    if choices := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        return st.one_of([fitting(each, schemas) for each in choices])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _typed(schema, schemas)


def _typed(schema: Schema, schemas: Mapping[str, Schema]) -> SearchStrategy[Any]:
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "array":
            items = fitting(schema["items"], schemas)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(3, schema["maxItems"]))
        case "object":
            return _object(schema, schemas)
    return _text(schema)


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> SearchStrategy[dict[str, Any]]:
    if "patternProperties" in schema:
        [(names, values)] = schema["patternProperties"].items()
        sizes = {"min_size": schema["minProperties"], "max_size": min(3, schema["maxProperties"])}
        return st.dictionaries(_text({"pattern": names}), fitting(values, schemas), **sizes)
    assert schema["additionalProperties"] is False, "unknown fields are refused, so the schema has to say so"
    fields = {name: fitting(each, schemas) for name, each in schema.get("properties", {}).items()}
    required = {name: fields[name] for name in schema.get("required", ())}
    return st.fixed_dictionaries(required, optional={name: fields[name] for name in fields.keys() - required.keys()})


def _text(schema: Schema) -> SearchStrategy[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 10**6)
    made = _matching(schema["pattern"]) if "pattern" in schema else st.text(max_size=min(high, 50))
    return made.filter(lambda text: low <= len(text) <= high and not text.endswith("\n") and _is_of(schema, text))


@cache  # many fields share a pattern, and to take one apart takes long
def _matching(pattern: str) -> SearchStrategy[str]:
    return st.from_regex(re.compile(pattern))


def _is_of(schema: Schema, text: str) -> bool:
    try:
        _FORMATS.get(schema.get("format", ""), str)(text.upper())
    except ValueError:
        return False
    return True
