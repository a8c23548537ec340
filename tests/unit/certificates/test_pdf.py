"""The sheet: one page, all of it in text that can be read again, however long what people wrote."""

import io
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from chalicelib.certificates.model import CertificateAnswer
from chalicelib.certificates.render.glyphs import glyph
from chalicelib.certificates.render.pdf import a4
from infra.here import ROOT

EXAMPLE: dict[str, Any] = CertificateAnswer.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,assignment]


AT = "2026-02-01T08:00:00.000Z"
POPPLER = shutil.which("pdftoppm")


def made(**changes: Any) -> bytes:
    return a4(CertificateAnswer.model_validate(EXAMPLE | changes))


def page(**changes: Any) -> PageObject:
    [page] = PdfReader(io.BytesIO(made(**changes)), strict=True).pages
    assert (page.mediabox.width, page.mediabox.height) == (595, 842)
    return page


def read(**changes: Any) -> str:
    """The text of the page, without the breaks of its lines."""
    return page(**changes).extract_text().replace("\n", "")


def seen(tmp_path: Path, **changes: Any) -> bytes:
    """The page as a picture."""
    (tmp_path / "a4.pdf").write_bytes(made(**changes))
    command = [str(POPPLER), "-r", "100", "-gray", str(tmp_path / "a4.pdf")]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_it_holds_the_signature_in_plain_so_that_a_browser_finds_it() -> None:
    assert f"/CertificateJWS ({EXAMPLE['jws']})".encode() in made()
    assert b"CertificateJWS" not in made(jws=None)


def test_it_says_what_the_certificate_says() -> None:
    text = read()
    for part in (
        EXAMPLE["serial"],
        EXAMPLE["url"],
        EXAMPLE["purpose"],
        "碳积分自愿注销凭证",
        "5,000",
        "王**",
        "01-31 16:00",
    ):
        assert part in text, part
    assert "已撤销" not in text


def test_a_purpose_that_is_a_code_is_told_in_words() -> None:
    text = read(kind="campaign", purpose="event")
    assert "大型活动碳中和" in text
    assert "Carbon-neutral large-scale event" in text


def test_a_campaign_names_its_donors_scenarios_and_methodologies() -> None:
    campaign = {"kind": "campaign", "beneficiary": "组委会", "title": "马拉松", "donors": 12873}
    text = read(**campaign, scenarios=["轨道交通出行", "骑行"], methodologies=["SHCER-01"])
    for part in ("碳中和支持凭证", "组委会", "马拉松", "12,873", "轨道交通出行、骑行", "SHCER-01"):
        assert part in text, part


def test_grams_that_await_recovery_are_stated_in_both_languages() -> None:
    text = read(uncovered_grams=1200)
    assert "有 1,200 克对应的减排记录已被冲正，尚待追回" in text
    assert "Of these grams, 1,200 await recovery" in text
    assert "await recovery" not in read(uncovered_grams=0)


def test_the_longest_facts_fit_beside_a_revocation_and_a_flag() -> None:
    long = dict.fromkeys(("purpose", "beneficiary", "title", "reason"), "长" * 200)
    text = read(**long, status="revoked", revoked_at=AT, grams=10**12, uncovered_grams=10**12, kind="donation")
    for part in ("1,000,000,000,000 克", "已撤销", "01-31 16:00", EXAMPLE["url"]):
        assert part in text, part


def test_a_revoked_one_says_so_and_why() -> None:
    text = read(status="revoked", reason="数据有误", revoked_at="2026-02-01T08:00:00.000Z")
    assert "已撤销" in text
    assert "数据有误" in text
    assert "2026-02-01 16:00:00" in text


LONG = {
    "Chinese": "方法学核查发现数据有误，" * 16 + "到此为止。",
    "English": "the data of the method were wrong, " * 5 + "the end.",
}


@pytest.mark.parametrize("language", LONG)
def test_a_long_reason_is_there_to_its_end(language: str) -> None:
    reason = LONG[language][-200:]
    text = read(status="revoked", reason=reason, revoked_at=AT)
    assert reason.replace(" ", "") in text.replace(" ", "")
    assert "…" not in text


@pytest.mark.parametrize("letter", ["长", "W", "long ", "题，", "𠮷", "😀"])
@pytest.mark.parametrize("status", ["valid", "revoked"])
def test_nothing_is_written_beyond_the_frame_or_over_another(status: str, letter: str) -> None:
    long = dict.fromkeys(("holder", "purpose", "title", "beneficiary", "reason"), (letter * 200)[:200])
    many = {"donors": 1, "scenarios": ["场景"] * 90, "methodologies": ["SHCER-01"] * 50, "url": "https://" + "w" * 200}
    found = places(page(**long, **many, status=status, revoked_at=AT, kind="donation"))
    assert len(found) > 20
    for x, y, width, size, _ in found:
        assert x >= 60
        assert x + width <= 595 - 36
        assert y >= 50
        others = [one for one in found if one[:2] != (x, y) and one[0] < x + width and x < one[0] + one[2]]
        assert all(abs(one[1] - y) >= 0.8 * min(size, one[3]) for one in others)


def places(page: PageObject) -> list[tuple[float, float, float, float, str]]:
    """Each line: x, y, how wide, its size, its text."""
    found: list[tuple[float, float, float, float, str]] = []

    def visit(text: str, _: Any, matrix: list[float], __: Any, size: float) -> None:
        if line := text.strip("\n"):
            wide = sum(each.advance for each in map(glyph, line) if each) / 1000 * size
            found.append((matrix[4], matrix[5], wide, size, line))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("status", ["valid", "revoked"])
def test_what_does_not_fit_is_cut_and_says_so(status: str) -> None:
    long = {name: f"{name}长的" * 20 for name in ("purpose", "title", "beneficiary")}
    text = read(
        **long, status=status, reason="长", revoked_at=AT, scenarios=["场景"] * 90, methodologies=["SHCER"] * 90
    )
    assert 2 <= text.count("…") <= 5
    assert EXAMPLE["url"] in text


NAMES = ["䶮", "𠮷", "㛃", "𬭎", "𠅤", "Łódź, Nguyễn", "买买提·艾力"]


@pytest.mark.parametrize("name", NAMES)
def test_a_rare_letter_is_on_the_sheet_and_can_be_searched(name: str) -> None:
    text = read(holder=name)
    assert name in text
    assert "〓" not in text


@pytest.mark.parametrize("name", ["ئۇيغۇر", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "😀", "\ue863"])
@pytest.mark.parametrize("field", ["holder", "purpose", "title", "beneficiary", "reason"])
def test_a_letter_that_cannot_be_drawn_is_a_mark_and_the_sheet_says_where_to_look(name: str, field: str) -> None:
    text = read(**{"status": "revoked", "reason": "x", "revoked_at": AT} | {field: f"王{name}"})
    assert "王〓" in text
    assert "请以公开页面为准" in text
    assert "see the public page" in text


def test_the_font_on_the_sheet_has_the_shapes_of_the_letters_it_stands_for() -> None:
    holder = "䶮𠮷㛃𬭎𠅤Ł"
    font: Any = page(holder=holder)["/Resources"]["/Font"]["/F1"]  # type: ignore[index]
    stands = font["/ToUnicode"].get_data().decode()
    file = font["/DescendantFonts"][0]["/FontDescriptor"]["/FontFile2"].get_data()
    tables = {name: file[place:] for name, _, place, _ in struct.Struct(">4sIII").iter_unpack(file[12 : 12 + 96])}
    for letter in holder:
        [number] = re.findall(rf"<(....)> <{letter.encode('utf-16-be').hex()}>", stands)
        begin, end = struct.unpack_from(">II", tables[b"loca"], 4 * int(number, 16))
        expected = glyph(letter)
        assert expected
        assert tables[b"glyf"][begin:end].rstrip(b"\0") == expected.outline.rstrip(b"\0")


@pytest.mark.skipif(POPPLER is None, reason="no pdftoppm: apt-get install poppler-utils")
def test_in_a_picture_every_letter_is_seen_and_none_is_another(tmp_path: Path) -> None:
    names = [*"䶮𠮷吉㛃洁𬭎铉𠅤惠", "〓", "😀", "", "Łódź", "Lodz", "Nguyễn", "Nguyen"]
    pictures = {name: seen(tmp_path, holder=name) for name in names}
    assert len(set(pictures.values())) == len(names)


def test_the_same_certificate_gives_the_same_bytes() -> None:
    assert made(holder="𠮷😀") == made(holder="𠮷😀")


def test_nothing_of_it_is_loaded_before_someone_asks_for_a_pdf() -> None:
    code = (
        "import sys, app; print(*(name for name in sys.modules if name.startswith(('pydyf', 'segno', 'chalicelib'))))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(run.stdout.split())
    assert "chalicelib.certificates.render.page" in loaded
    assert not loaded & {"pydyf", "segno", *(f"chalicelib.certificates.render.{name}" for name in ("pdf", "glyphs"))}
