"""What is wrong with a field is stated in the reader's language alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.campaigns.model import NewCampaign
from chalicelib.errors import InvalidRequest, Text
from chalicelib.formats import FORMATS
from chalicelib.kernel import validation
from chalicelib.kernel.validation import invalid, parsed
from chalicelib.onboarding.forms.plans import PLANS
from chalicelib.platforms.model import MonthParams
from tests.endpoints import ROUTES


def test_a_choice_of_values_is_chinese_in_chinese() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(NewCampaign, b'{"purpose": "x"}')
    details = {each["pointer"]: each["detail"] for each in refused.value.facts["errors"]}
    assert details["/purpose"].en == "Input should be 'production' or 'event'"
    assert details["/purpose"].zh == "应为 'production' 或 'event'"


def patterns(schema: Any) -> Iterator[str]:
    """The patterns that pydantic compares texts with, wherever they stand in a model's schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "str" and isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        schema = [*schema.values()]
    if isinstance(schema, list | tuple):
        for each in schema:
            yield from patterns(each)


def test_every_pattern_of_a_request_has_words_that_say_what_to_write() -> None:
    found: set[str] = set()
    for endpoint in ROUTES.values():
        endpoint.takes.model_rebuild()
        found |= {*patterns(endpoint.takes.__pydantic_core_schema__)}
    for plan in PLANS.values():
        plan.model_rebuild()
        found |= {*patterns(plan.__pydantic_core_schema__)}
    assert len(found) > 10
    assert found == FORMATS.keys()


def test_nobody_is_shown_a_pattern() -> None:
    with pytest.raises(ValidationError) as error:
        MonthParams.model_validate({"month": "November"})
    refusal = invalid(error.value)
    assert refusal.facts["errors"] == [
        {"pointer": "/month", "detail": Text("Use YYYY-MM, e.g. 2026-11", "请使用 YYYY-MM 格式，例如 2026-11")}
    ]


def test_every_fault_of_our_own_has_a_sentence_in_chinese() -> None:
    sources = (path.read_text() for path in Path("chalicelib").rglob("*.py"))
    kinds = {kind for source in sources for kind in re.findall(r'PydanticCustomError\(\s*"(\w+)"', source)}
    assert len(kinds) > 20
    assert sorted(kinds - validation._FAULTS_ZH.keys()) == []
