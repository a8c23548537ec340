"""A test webhook looks like one that could come: a system that validates what it gets must not refuse it."""

import json
from typing import Any

from chalicelib.conformance.items import Run
from chalicelib.conformance.model import body
from chalicelib.disputes.items import REASONS
from chalicelib.partners.model import WEBHOOKS
from chalicelib.supervision.duties.model import DELISTS, Delisted

RUN = Run(
    id="r",
    merchant="m",
    started_at="2026-01-31T08:00:00.000Z",
    ends_at="2026-01-31T08:10:00.000Z",
    due_at="2026-01-31T08:00:00.000Z",
    expires_at=0,
)


def _data(type: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(body(RUN, type))["data"]
    return data


def test_every_type_has_a_sample_of_all_of_its_fields() -> None:
    for each in WEBHOOKS.values():
        assert {*each.fields} <= _data(each.type).keys(), each.type


def test_a_delisting_names_each_duty_with_its_code_and_since_when() -> None:
    found = Delisted.model_validate(_data("merchant.delisted"))
    assert {each.code for each in found.duties} <= DELISTS


def test_a_dispute_has_a_kind_a_reason_and_a_state_of_the_register() -> None:
    opened, ruled = _data("dispute.opened"), _data("dispute.ruled")
    assert opened["kind"] in REASONS[opened["reason"]][0]
    assert (opened["status"], ruled["status"]) == ("awaiting_answer", "upheld")
