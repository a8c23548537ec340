"""What clients call a schema."""

from typing import Any

import pytest
from pydantic.json_schema import models_json_schema

from chalicelib.kernel.fields import Answer, Page
from chalicelib.openness.openapi import _Generator


class ThingAnswer(Answer):
    """A thing."""

    id: str


@pytest.mark.parametrize(("model", "name"), [(ThingAnswer, "Thing"), (Page[ThingAnswer], "ThingPage")])
def test_a_schema_bears_the_plain_name_of_what_is_answered(model: Any, name: str) -> None:
    named, defined = models_json_schema(
        [(model, "serialization")], schema_generator=_Generator, ref_template="#/{model}"
    )
    assert named[(model, "serialization")] == {"$ref": f"#/{name}"}
    assert defined["$defs"][name]["title"] == name
