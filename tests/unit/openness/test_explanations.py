"""Every refusal is explained in full, and examples fit what they are examples of."""

import importlib
import pkgutil

import pytest

import chalicelib
from chalicelib.errors import Refusal
from chalicelib.openness import pages, refusals, samples

for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    importlib.import_module(module.name)  # a refusal is registered when its room is loaded


def kinds() -> list[type[Refusal]]:
    found, waiting = [], [Refusal]
    while waiting:
        under = waiting.pop().__subclasses__()
        found += under
        waiting += under
    return [kind for kind in found if kind.__module__.startswith("chalicelib.")]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_fact_that_a_refusal_speaks_of_is_described(kind: type[Refusal]) -> None:
    assert set(refusals.placeholders(kind)) <= set(refusals.FACTS)
    assert kind.detail.zh.count("{") == kind.detail.en.count("{")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", sorted(Refusal.registry))
def test_every_code_has_an_explanation_without_gaps(code: str, language: str) -> None:
    found = pages.explain(code, language)
    assert found.title
    assert found.remedy
    assert not {"?", "{", "？"} & set(found.example["detail"]) - set(found.example.get("reason", ""))


def test_a_page_is_escaped() -> None:
    found = pages.explain("sold_out", "en").model_copy(update={"title": "<script>", "example": {"a": "<b>"}})
    html = pages.explained([found], "en", "")
    assert "<script>" not in html
    assert "&lt;b&gt;" in html


def test_an_example_prefers_what_the_model_says_then_what_other_examples_say() -> None:
    schemas = {"Inner": {"type": "object", "examples": [{"title": "ticket"}]}}
    known = samples.words(schemas.values())
    outer = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "points": {"type": "integer", "minimum": 3},
            "status": {"enum": ["placed"]},
            "at": {"type": "string", "format": "date-time"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "inner": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}},
        },
    }
    assert samples.sample(outer, schemas, known) == {
        "title": "ticket",
        "points": 3,
        "status": "placed",
        "at": samples.TIME,
        "note": "note",
        "inner": [{"title": "ticket"}],
    }
