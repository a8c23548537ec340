"""The letters that certificates are printed with: which there are, and that each has its own shape."""

import struct
import unicodedata
from pathlib import Path

import pytest

from chalicelib.certificates.render import glyphs, truetype
from chalicelib.certificates.render.glyphs import Glyph, glyph, packed


def missing(letters: str) -> str:
    return "".join(letter for letter in letters if glyph(letter) is None)


def test_every_letter_of_gb_18030_that_takes_two_bytes_is_there() -> None:
    """GB 18030-2022, level 1: hanzi, punctuation, kana, Greek, Cyrillic. What was for private use has no letter."""
    pairs = [bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF) if trail != 0x7F]
    letters = "".join(pair.decode("gb18030", "ignore") for pair in pairs)
    letters = "".join(letter for letter in letters if unicodedata.category(letter) != "Co")
    assert len(letters) > 21_000
    assert missing(letters) == ""


def test_every_hanzi_of_gb_18030_level_2_is_there() -> None:
    """The basic plane, and beyond it what the Table of General Standard Chinese Characters (2013) names."""
    basic = [*range(0x4E00, 0x9FF0), *range(0x3400, 0x4DB6)]
    assert missing("".join(map(chr, basic))) == ""
    assert missing("𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙") == ""
    assert (
        missing(
            "𫄧𫄨𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛"
        )
        == ""
    )
    assert (
        missing(
            "𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹𬬻𬬿𬭁"
        )
        == ""
    )
    assert missing("𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓") == ""


def test_names_of_elsewhere_and_units_are_there() -> None:
    assert missing("Łódź Nguyễn Straße Œuvre Ångström Ελλάδα Москва 𠮷 髙 﨑 ℃ ㎡ ₂ ² ① Ⅳ 〇 · “”‘’—…") == ""


@pytest.mark.parametrize("letter", "ئབᠮ한ꆈ😀\u0301\u200d\ue863\U0003ffff\x00")
def test_what_would_be_misread_or_unseen_has_no_shape(letter: str) -> None:
    assert glyph(letter) is None


def test_each_letter_has_a_shape_of_its_own() -> None:
    letters = "䶮𠮷吉㛃洁𬭎铉𠅤惠〓王Łźễ"
    shapes = [found.outline for found in map(glyph, letters) if found]
    assert len(set(shapes)) == len(letters)
    assert all(shapes)


def test_a_file_of_glyphs_gives_back_what_was_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {code: Glyph(code % 1000, bytes([code % 256]) * (code % 7)) for code in range(40, 100_000, 333)}
    monkeypatch.setattr(glyphs, "FILE", tmp_path / "glyphs.bin")
    glyphs.FILE.write_bytes(packed(content))
    for each in (glyphs._places, glyphs._block):
        each.cache_clear()
    found = {code: glyph.__wrapped__(chr(code)) for code in range(100_400) if not 0xD800 <= code < 0xE000}
    for each in (glyphs._places, glyphs._block):
        each.cache_clear()
    assert {code: each for code, each in found.items() if each} == {
        code: each for code, each in content.items() if not 0xD800 <= code < 0xE000
    }


def test_the_file_in_the_repository_is_small_enough_for_it() -> None:
    assert glyphs.FILE.stat().st_size <= 8_000_000
    assert "SIL OPEN FONT LICENSE" in glyphs.FILE.with_name("OFL.txt").read_text("utf-8")


def test_a_font_has_the_tables_of_a_pdf_in_order_and_its_sums_are_right() -> None:
    chosen = [Glyph(1000, b""), *(found for found in map(glyph, "䶮 A") if found)]
    file = truetype.font(chosen)
    directory = list(struct.Struct(">4sIII").iter_unpack(file[12 : 12 + 6 * 16]))
    assert [name.decode() for name, *_ in directory] == ["glyf", "head", "hhea", "hmtx", "loca", "maxp"]
    tables = {name.decode(): file[place : place + length] for name, _, place, length in directory}
    assert sum(struct.unpack(f">{len(file) // 4}I", file)) & 0xFFFFFFFF == 0xB1B0AFBA
    ends = struct.unpack(f">{len(chosen) + 1}I", tables["loca"])
    for each, begin, end in zip(chosen, ends, ends[1:], strict=False):
        assert tables["glyf"][begin:end].startswith(each.outline)
    assert [struct.unpack_from(">H", tables["hmtx"], 4 * place)[0] for place in range(4)] == [
        each.advance for each in chosen
    ]
