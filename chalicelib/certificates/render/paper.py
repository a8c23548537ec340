"""An A4 sheet: text, lines and squares, in the terms of pydyf.

Chinese is set in STSong-Light, one of the fonts that PDF readers bring along for Adobe-GB1 (ISO 32000, 9.7.5.2): a font
of our own would weigh as much as the rest of the platform. Latin letters are in Helvetica.
"""

import io
import re
from collections.abc import Sequence
from typing import Any

import pydyf

WIDTH, HEIGHT = 595, 842  # points
Colour = tuple[float, float, float]
BLACK: Colour = (0.1, 0.13, 0.11)
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")  # CO₂: neither font has these
_LATIN, _CHINESE = "F1", "F2"
_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /UTF16 def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end"""


class Paper:
    """One page; places are points from its lower left corner."""

    def __init__(self, title: str) -> None:
        self._pdf, self._ink = pydyf.PDF(), pydyf.Stream(compress=True)
        self._pdf.info["Title"] = pydyf.String(title)
        self._pdf.catalog["Lang"] = pydyf.String("zh-CN")

    def text(self, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
        """One line that begins at ``x`` on the base line ``y``."""
        ink = self._ink
        ink.begin_text()
        ink.set_color_rgb(*colour)
        ink.move_text_to(x, y)
        for run in re.findall(r"[ -~]+|[^ -~]+", text.translate(_LOWERED)):
            latin = run.isascii()
            ink.set_font_size(_LATIN if latin else _CHINESE, size)
            ink.stream.append(_shown(run.encode("ascii" if latin else "utf-16-be")))
        ink.end_text()

    def frame(self, x: float, y: float, width: float, height: float, thick: float, colour: Colour) -> None:
        """A rectangle, its lines ``thick``."""
        self._ink.set_color_rgb(*colour, stroke=True)
        self._ink.set_line_width(thick)
        self._ink.rectangle(x, y, width, height)
        self._ink.stroke()

    def squares(self, x: float, y: float, matrix: Sequence[Sequence[int]], side: float) -> None:
        """The 1s of ``matrix`` in black within a square of ``side``."""
        self._ink.set_color_rgb(0, 0, 0)
        step = side / len(matrix)
        for down, row in enumerate(matrix):
            for right, dark in enumerate(row):
                if dark:
                    self._ink.rectangle(x + right * step, y + side - (down + 1) * step, step, step)
        self._ink.fill()

    def file(self) -> bytes:
        """The PDF."""
        fonts = pydyf.Dictionary({_LATIN: self._added(_helvetica()), _CHINESE: self._song()})
        page = {
            "Type": "/Page",
            "Parent": self._pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Contents": self._added(self._ink),
            "Resources": pydyf.Dictionary({"Font": fonts}),
        }
        self._pdf.add_page(pydyf.Dictionary(page))
        file = io.BytesIO()
        self._pdf.write(file)
        return file.getvalue()

    def _added(self, thing: pydyf.Object) -> bytes:
        self._pdf.add_object(thing)
        reference: bytes = thing.reference
        return reference

    def _song(self) -> bytes:
        """STSong-Light, told in UTF-16; the reader knows its glyphs."""
        name: dict[str, Any] = {"Type": "/Font", "BaseFont": "/STSong-Light"}
        collection = {"Registry": pydyf.String("Adobe"), "Ordering": pydyf.String("GB1"), "Supplement": 5}
        shape: dict[str, Any] = {
            "Type": "/FontDescriptor",
            "FontName": "/STSong-Light",
            "Flags": 6,
            "ItalicAngle": 0,
            "StemV": 93,
        }
        shape |= {"FontBBox": pydyf.Array([-25, -254, 1000, 880]), "Ascent": 880, "Descent": -120, "CapHeight": 880}
        glyphs = name | {"Subtype": "/CIDFontType0", "CIDSystemInfo": pydyf.Dictionary(collection), "DW": 1000}
        glyphs["FontDescriptor"] = self._added(pydyf.Dictionary(shape))
        font = name | {"Subtype": "/Type0", "Encoding": "/UniGB-UTF16-H"}
        font["DescendantFonts"] = pydyf.Array([self._added(pydyf.Dictionary(glyphs))])
        font["ToUnicode"] = self._added(pydyf.Stream([_TO_UNICODE]))
        return self._added(pydyf.Dictionary(font))


def _helvetica() -> pydyf.Dictionary:
    return pydyf.Dictionary({"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica"})


def _shown(text: bytes) -> bytes:
    return b"<" + text.hex().encode() + b"> Tj"


def wrapped(text: str, ems: float) -> list[str]:
    """Lines of at most ``ems`` times the size, words kept whole where they fit. Latin letters count 0.6."""
    lines, line, used = [], "", 0.0
    for word in re.findall(r"[!-~]{1,40} ?|[^!-~]", text):
        wide = sum(0.6 if letter.isascii() else 1.0 for letter in word.rstrip())
        if line and used + wide > ems:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line += word
        used += wide + 0.3 * word.endswith(" ")
    return [*lines, line]
