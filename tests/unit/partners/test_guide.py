"""The guide says what the code does. (tests/system/test_partners.py runs its example.)"""

import json
import re
from pathlib import Path
from typing import get_args

import app
from chalicelib.conformance.checks import NAMES, SLOW_MILLISECONDS
from chalicelib.conformance.items import LASTS, Run
from chalicelib.conformance.model import RUNS_A_DAY, body
from chalicelib.conformance.sandbox.items import HOLD_SECONDS
from chalicelib.holds.rules import proofs
from chalicelib.outside.addresses import PORTS
from chalicelib.partners import handshake, model
from chalicelib.partners.items import WebhookType
from chalicelib.settings import settings
from chalicelib.signing import messages

GUIDE = (Path(app.__file__).parent / "docs" / "partners.md").read_text()
UNITS = {"s": 1, "min": 60, "h": 3600}


def test_every_reason_of_a_failed_handshake_is_in_the_guide() -> None:
    table = GUIDE.partition("| reason |")[2].partition("## Webhooks")[0]
    assert set(re.findall(r"`([a-z_]+)`", table)) - {"webhook"} == set(handshake.REASONS)


def test_every_reason_of_a_signature_that_proves_nothing_is_in_the_guide() -> None:
    section = GUIDE.partition("## Sign your requests")[2].partition("\n## ")[0]
    table = section.partition("| reason |")[2]
    assert set(re.findall(r"`([a-z_]+)`", table.replace("`content-digest`", ""))) >= set(proofs.REASONS)
    assert f"{messages.WINDOW_SECONDS // 60} minutes" in section
    assert all(f"`{name}`" in section for name in messages.REQUIRED)


def test_the_pauses_of_the_guide_are_those_of_the_platform() -> None:
    stated = GUIDE.partition("tried again after ")[2].partition(".\n")[0]
    pauses = tuple(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", stated))
    assert pauses == settings().webhook_pauses_seconds


def test_events_deadlines_and_ports_of_the_guide_are_those_of_the_platform() -> None:
    subjects = "order|hold|grant|dispute|message|agreement|licence|merchant"
    table = set(re.findall(rf"^\| `((?:{subjects})\.[a-z]+)` \|", GUIDE, re.MULTILINE))
    assert table == {"message.created", *(webhook.type for webhook in model.WEBHOOKS.values())}
    assert table == set(get_args(WebhookType))
    assert f"within {handshake.DEADLINE_SECONDS} seconds" in GUIDE
    assert model.TRY_SECONDS == handshake.DEADLINE_SECONDS
    assert f"port {PORTS[0]} or {PORTS[1]}" in GUIDE


def test_the_steps_and_limits_of_a_conformance_run_are_in_the_guide() -> None:
    section = GUIDE.partition("\n## Test your system\n")[2].partition("\n## ")[0]
    types = {webhook.type for webhook in model.WEBHOOKS.values()}
    assert {name for name in NAMES if f"`{name}`" not in section} <= types - {"order.placed", "merchant.renamed"}
    assert (RUNS_A_DAY, LASTS.seconds, HOLD_SECONDS) == (10, 600, 15)
    assert all(words in section for words in ("ten a day", "ten minutes", "15 seconds", "Over 2.5 seconds"))
    assert SLOW_MILLISECONDS == 2500


def test_a_test_event_looks_like_an_event_of_its_type() -> None:
    run = Run(id="r", merchant="m", started_at="2026-01-31", ends_at="2026-02-01", due_at="", expires_at=0)
    for webhook in model.WEBHOOKS.values():
        event = json.loads(body(run, webhook.type))
        subject = {webhook.subject} if webhook.subject != "merchant" else set()
        assert event["data"].keys() == {"merchant", *subject, *webhook.fields}
        assert (event["test"], event["data"]["merchant"]) == (True, "m")
        assert all(str(event["data"][name]).startswith("test-") for name in subject)
