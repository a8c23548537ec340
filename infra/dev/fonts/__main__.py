"""``python -m infra.dev.fonts FOLDER``: writes glyphs.bin from the npm packages that are installed in FOLDER.

The file is part of the repository: only who changes the fonts needs to run this. The same fonts give the same bytes.
"""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from chalicelib.certificates.render.glyphs import FILE, Glyph, packed

# Mainland forms first; Hong Kong and Japan add 2 000 rare characters. Latin, Greek and Cyrillic are NotoSans's.
HAN = ("NotoSansSC", "NotoSansHK", "NotoSansJP")
LATIN, SIGNS = "NotoSans", "NotoSansMath"
_ALPHABETS = (
    *(range(0x20, 0x7F), range(0xC0, 0x530), range(0x1E00, 0x2000), range(0x2070, 0x20A0)),
    *(range(0x2C60, 0x2C80), range(0xA640, 0xA7FF)),
)
_DEVANAGARI = (range(0x900, 0x980), range(0xA8E0, 0xA900))  # its letters are joined and moved: we cannot shape them


def main(folder: Path) -> None:
    fonts = {name: TTFont(file) for name in (*HAN, LATIN, SIGNS) for file in folder.rglob(f"{name}_400Regular.ttf")}
    codes = sorted({code for font in fonts.values() for code in font.getBestCmap() if _plain(code)})
    found = {code: _glyph(*next(_sources(fonts, code))) for code in codes}
    FILE.write_bytes(packed(found))
    licences = sorted({file.read_text("utf-8").strip() for file in folder.rglob("LICENSE_FONT")})
    FILE.with_name("OFL.txt").write_text("\n\n\n".join(licences) + "\n", "utf-8")
    print(f"{FILE.name}: {len(found)} letters, {FILE.stat().st_size / 1e6:.2f} MB")


def _plain(code: int) -> bool:
    """Whether the letter can be drawn alone, beside the one before it."""
    kind = unicodedata.category(chr(code))
    return kind[0] not in "MC" and not any(code in script for script in _DEVANAGARI)


def _sources(fonts: dict[str, Any], code: int) -> Iterator[tuple[Any, str]]:
    """The fonts that have the letter, the one to take first, with its name there."""
    alphabetic = any(code in alphabet for alphabet in _ALPHABETS)
    for name in (LATIN, *HAN, SIGNS) if alphabetic else (*HAN, LATIN, SIGNS):
        if glyph := fonts[name].getBestCmap().get(code):
            yield fonts[name], glyph


def _glyph(font: Any, name: str) -> Glyph:
    """Its outline without parts that other glyphs share, and without instructions for screens."""
    glyphs, pen = font.getGlyphSet(), TTGlyphPen(None)
    if font["head"].unitsPerEm != 1000:
        sys.exit("glyphs.bin holds thousandths")
    drawn = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(drawn)
    drawn.replay(pen)
    outline: bytes = pen.glyph(dropImpliedOnCurves=True).compile(font["glyf"])
    return Glyph(font["hmtx"][name][0], outline)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
