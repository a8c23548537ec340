"""What is signed is on the page: the page calls a certificate invalid that hides a signed fact. Codes are in words."""

import json
import re
from typing import Any, get_args

import pytest

from chalicelib import labels
from chalicelib.buyback.model import NewRetirement
from chalicelib.campaigns.model import NewCampaign
from chalicelib.certificates.model import DETAILS, FACTS, CertificateAnswer, Kind, claims
from chalicelib.certificates.render import page, words

EXAMPLE: dict[str, Any] = CertificateAnswer.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,assignment]


def in_words(name: str, **changes: Any) -> tuple[str, str]:
    [row] = [each for each in words.rows(CertificateAnswer.model_validate(EXAMPLE | changes)) if each.name == name]
    return row.value, row.beside


def test_every_signed_fact_has_a_label_and_every_kind_a_title() -> None:
    assert set(words._LABELS) == {"serial", "issuer", *FACTS, *DETAILS}
    assert set(words._LABELS) <= set(CertificateAnswer.model_fields)
    assert set(words.TITLES) == set(labels.CERTIFICATE_KINDS) == set(get_args(Kind))


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_kind_is_shown_in_words(kind: str) -> None:
    chinese, english = in_words("kind", kind=kind)
    assert re.fullmatch(r"[\u4e00-\u9fff]+", chinese)
    assert kind not in (chinese, english)


def test_every_purpose_that_can_be_chosen_has_words() -> None:
    chosen = {*get_args(NewCampaign.model_fields["purpose"].annotation)}
    chosen |= {*get_args(NewRetirement.model_fields["purpose"].annotation)}
    assert chosen == set(labels.PURPOSES)
    assert in_words("purpose", kind="campaign", purpose="event")[0] == "大型活动碳中和"


def test_a_person_who_wrote_a_word_that_is_a_code_keeps_it() -> None:
    assert in_words("purpose", kind="cancellation", purpose="event") == ("event", "")


def test_what_awaits_recovery_is_no_signed_fact() -> None:
    flagged = CertificateAnswer.model_validate(EXAMPLE | {"uncovered_grams": 1200})
    note = words.uncovered(flagged)
    assert note
    assert "1,200" in note.zh
    assert "1,200" in note.en
    assert words.uncovered(CertificateAnswer.model_validate(EXAMPLE)) is None
    assert words.rows(flagged) == words.rows(CertificateAnswer.model_validate(EXAMPLE))
    assert claims(flagged.model_dump()) == claims(EXAMPLE)


def test_a_time_is_told_in_beijing_and_in_utc() -> None:
    at = "2025-12-31T16:00:00.000Z"
    assert in_words("issued_at", issued_at=at) == ("2026-01-01 00:00:00（北京时间）", at)


def test_the_script_that_verifies_the_page_knows_the_same_words() -> None:
    script = page._OWN.joinpath("certificate.js").read_text("utf-8")
    found = re.search(r"const WORDS = ({.*?\n  });", script, re.DOTALL)
    assert found
    tables = {"kind": labels.CERTIFICATE_KINDS, "purpose": labels.PURPOSES}
    assert json.loads(found[1]) == {
        name: {code: [text.zh, text.en] for code, text in table.items()} for name, table in tables.items()
    }


def test_a_mix_shows_its_largest_parts_and_the_rest_together() -> None:
    part = {"month": "2026-01", "scenario": "metro", "methodology": "SHCER-01", "grams": 1000}
    parts = [part | {"scenario": f"s{number}", "grams": number} for number in range(1, 9)]
    row = words.mixed(CertificateAnswer.model_validate(EXAMPLE | {"mix": parts}))
    assert row
    assert row.value.startswith("2026-01 s8 · SHCER-01: 8 g； ")
    assert row.value.endswith("2026-01 s3 · SHCER-01: 3 g； 其他 2 项 others 3 g")
    nothing: dict[str, Any] = {"month": None, "scenario": None, "methodology": None, "grams": 7}
    owed = words.mixed(CertificateAnswer.model_validate(EXAMPLE | {"mix": [nothing]}))
    assert (owed and owed.value) == "待追回 uncovered 7 g"


def test_a_mix_that_is_not_known_says_from_when_on() -> None:
    waiting = CertificateAnswer.model_validate(EXAMPLE | {"mix": None, "mix_source": None})
    row = words.mixed(waiting)
    assert (row and row.value) == "2026-02-02 00:00:00（北京时间）起可查询"
    assert 'id="mix"' in page.html(waiting)
    unknown = waiting.model_copy(update={"mix_from": None})
    assert words.mixed(unknown) is None
    assert 'id="mix"' not in page.html(unknown)


def test_the_page_links_the_signed_mix_and_claims_none_of_it_as_signed_with_the_certificate() -> None:
    text = page.html(CertificateAnswer.model_validate(EXAMPLE))
    assert 'href="../mixes/2026-01"' in text
    assert 'data-claim="mix"' not in text
