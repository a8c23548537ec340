"""The sheet: one page, all of it in text that can be read again, however long what people wrote."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib.certificates.model import Certificate
from chalicelib.certificates.shown.paper import wrapped
from chalicelib.certificates.shown.pdf import a4

EXAMPLE: dict[str, Any] = Certificate.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,assignment]


def read(**changes: Any) -> str:
    """The text of the page, without the breaks of its lines."""
    file = PdfReader(io.BytesIO(a4(Certificate.model_validate(EXAMPLE | changes))), strict=True)
    [page] = file.pages
    assert (page.mediabox.width, page.mediabox.height) == (595, 842)
    return page.extract_text().replace("\n", "")


def test_it_says_what_the_certificate_says() -> None:
    text = read()
    for said in (
        EXAMPLE["serial"],
        EXAMPLE["url"],
        EXAMPLE["purpose"],
        "碳积分自愿注销证书",
        "5,000",
        "王**",
        "01-31 16:00",
    ):
        assert said in text, said
    assert "已撤销" not in text


def test_a_purpose_that_is_a_code_is_told_in_words() -> None:
    text = read(kind="campaign", purpose="event")
    assert "大型活动碳中和" in text
    assert "Carbon-neutral large-scale event" in text


def test_a_campaign_names_its_donors_scenarios_and_methodologies() -> None:
    campaign = {"kind": "campaign", "beneficiary": "组委会", "title": "马拉松", "donors": 12873}
    text = read(**campaign, scenarios=["轨道交通出行", "骑行"], methodologies=["SHCER-01"])
    for said in ("碳中和支持证书", "组委会", "马拉松", "12,873", "轨道交通出行、骑行", "SHCER-01"):
        assert said in text, said


def test_a_revoked_one_says_so_and_why() -> None:
    text = read(status="revoked", reason="数据有误", revoked_at="2026-02-01T08:00:00.000Z")
    assert "已撤销" in text
    assert "数据有误" in text


@pytest.mark.parametrize("status", ["valid", "revoked"])
def test_what_is_too_long_is_cut_so_that_nothing_is_written_over(status: str) -> None:
    long = {name: f"{name}长的" * 80 for name in ("purpose", "title", "beneficiary")}
    revoked = {"status": status, "reason": "长" * 200, "revoked_at": "2026-02-01T08:00:00.000Z"}
    text = read(**long, **revoked, donors=1, scenarios=["场景"] * 90, methodologies=["SHCER-01"] * 50)
    assert text.count("…") == 5
    assert EXAMPLE["url"] in text


def test_letters_that_the_fonts_lack_are_written_otherwise_or_left_open() -> None:
    assert "CO2" in read(purpose="CO₂")
    read(purpose="é😀𠮷（）\\")


def test_words_are_kept_whole_where_they_fit() -> None:
    assert wrapped("aaaa bbbb", 3) == ["aaaa", "bbbb"]
    assert wrapped("中文中文", 2) == ["中文", "中文"]
    assert wrapped("a" * 80, 24) == ["a" * 40, "a" * 40]
    assert wrapped("短", 10) == ["短"]
