"""The guide says what the code does. (tests/system/test_partners.py runs its example.)"""

import re
from pathlib import Path
from typing import get_args

import app
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
