"""What fits the published schema is accepted; what a schema cannot say stands in its descriptions."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from openapi_schema_validator import OAS31Validator
from pydantic import ValidationError

from chalicelib.openness.openapi import document
from chalicelib.signing import jose, webhooks
from tests.endpoints import ROUTES
from tests.schemas import fitting

# What the server checks and JSON Schema cannot say: the fault, and the words by which the description says it
UNSAID = {
    "identity_number": "a check digit",
    "credit_code": "checks the others",
    "period_ends": "later than starts_at",
    "period_opens": "earlier than ends_at",
    "draws_at": "Of a draw only",
    "draws_begin": "Later than starts_at and opens_at",
    "draws_end": "not later than ends_at",
    "time_range": "in UTC",
    "sku_twice": "an sku of its own",
    "part_twice": "Each number once",
    "levels": "rising score_min",
    "blank": "At least one character is visible",  # combining marks alone are none
    "string_too_long": "in NFC",  # which may have more characters
}
DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
COMMANDS = [name for name, route in ROUTES.items() if route.method != "GET"]
PARAMETERS = {
    f"{name} {each['name']}": (name, each)
    for name, route in ROUTES.items()
    for each in DOCUMENT["paths"].get(route.path, {}).get("get", {}).get("parameters", ())
    if route.method == "GET" and each.get("in") == "query"
}
thorough = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def unexpected(validate: Callable[[], Any]) -> list[str]:
    """The faults that neither a schema nor a description lets a caller expect."""
    try:
        validate()
    except ValidationError as error:
        return [str(each) for each in error.errors() if each["type"] not in UNSAID]
    return []


@cache  # what draws examples takes longer to make than to use
def bodies(name: str) -> SearchStrategy[Any]:
    """Bodies that fit the schema of a command."""
    route = ROUTES[name]
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    validator = OAS31Validator(schema | {"components": {"schemas": SCHEMAS}})
    return fitting(schema, SCHEMAS).filter(validator.is_valid)


@cache
def values(parameter: str) -> SearchStrategy[Any]:
    """Values that fit the schema of a parameter."""
    return fitting(PARAMETERS[parameter][1]["schema"], SCHEMAS)


@pytest.mark.parametrize("name", COMMANDS)
@thorough
@given(data=st.data())
def test_a_body_that_fits_the_schema_is_accepted(name: str, data: st.DataObject) -> None:
    body = data.draw(bodies(name))
    assert unexpected(lambda: ROUTES[name].takes.model_validate_json(json.dumps(body))) == []


@pytest.mark.parametrize("name", PARAMETERS)
@thorough
@given(data=st.data())
def test_a_parameter_that_fits_the_schema_is_accepted(name: str, data: st.DataObject) -> None:
    route, parameter = PARAMETERS[name]
    others = [each for other, each in PARAMETERS.values() if other == route and each["required"]]
    asked = {each["name"]: str(data.draw(values(f"{route} {each['name']}"))) for each in [*others, parameter]}
    assert unexpected(lambda: ROUTES[route].takes.model_validate(asked)) == []


def test_every_rule_that_a_schema_cannot_say_is_said_in_words() -> None:
    words = json.dumps(DOCUMENT, ensure_ascii=False)
    assert [each for each in UNSAID.values() if each not in words] == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("POST /v1/reductions", {"quantity": "0"}),
        ("POST /v1/reductions", {"quantity": "0.000"}),
        ("POST /v1/reductions", {"occurred_at": "2026-01-31"}),
        ("POST /v1/offers", {"category": "nonsense"}),
        ("POST /v1/offers", {"title": "\u3164"}),
        ("POST /v1/applications/{id}/documents", {"expires_on": "2030-02-31x"}),
        ("POST /v1/applications/{id}/review", {"outcome": "return", "comment": None}),
        ("POST /v1/applications/{id}/review", {"outcome": "pass", "reliability": False}),
        ("POST /v1/applications/{id}/endorsement", {"outcome": "return", "comment": None}),
        ("POST /v1/applications/{id}/integration", {"public_key": "whpk_no"}),
        ("PATCH /v1/offers/{id}", None),
        ("PATCH /v1/applications/{id}", None),
        ("PATCH /v1/applications/{id}", {"plan": {"goods": "x"}}),
    ],
)
def test_what_is_refused_does_not_fit_the_schema_where_it_can_say_so(name: str, body: dict[str, Any] | None) -> None:
    route = ROUTES[name]
    content = DOCUMENT["paths"][route.path][route.method.lower()]["requestBody"]["content"]["application/json"]
    [example] = content["examples"].values()
    validator = OAS31Validator(content["schema"] | {"components": {"schemas": SCHEMAS}})
    assert validator.is_valid(example["value"])
    assert not validator.is_valid({} if body is None else example["value"] | body)


def test_example_keys_are_keys() -> None:
    text = json.dumps(DOCUMENT)
    keys = set(re.findall(r'whpk_[^"`\s]{44}', text))
    assert len(keys) >= 2
    for key in keys - {each for each in keys if "[" in each}:
        webhooks.load(key)
    [jwks] = SCHEMAS["Jwks"]["examples"]
    assert len(jose.key_set(json.dumps(jwks))) == len(jwks["keys"])
