"""An A4 sheet: text, lines and squares, in the terms of pydyf.

The letters that are used are embedded as a font of their own, so that every reader and printer shows the same. What
each stands for is embedded too (ToUnicode), so that the text can be searched and copied.
"""

import io
from collections.abc import Sequence
from typing import Any

import pydyf

from chalicelib.certificates.render import truetype
from chalicelib.certificates.render.glyphs import Glyph, glyph
from chalicelib.certificates.render.letters import drawable

WIDTH, HEIGHT = 595, 842  # points
Colour = tuple[float, float, float]
BLACK: Colour = (0.1, 0.13, 0.11)
_NAME = "/SHTPHX+NotoSans"  # six letters and a plus: a font that has only some of its letters
_MISSING = Glyph(1000, b"")
_AT_ONCE = 100  # a list in a CMap has at most as many entries
_CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /UTF16 def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{lists}
endcmap CMapName currentdict /CMap defineresource pop end end"""


class Sheet:
    """One page; places are points from its lower left corner."""

    def __init__(self, title: str) -> None:
        self._pdf, self._ink = pydyf.PDF(), pydyf.Stream(compress=True)
        self._pdf.info["Title"] = pydyf.String(title)
        self._pdf.catalog["Lang"] = pydyf.String("zh-CN")
        self._numbers: dict[str, int] = {}  # of letters in the font

    def text(self, x: float, y: float, text: str, size: float, colour: Colour = BLACK) -> None:
        """One line that begins at ``x`` on the base line ``y``; a letter that cannot be drawn is a mark."""
        ink = self._ink
        ink.begin_text()
        ink.set_color_rgb(*colour)
        ink.move_text_to(x, y)
        ink.set_font_size("F1", size)
        numbers = [self._numbers.setdefault(letter, len(self._numbers) + 1) for letter in drawable(text)]
        ink.stream.append(f"<{''.join(f'{number:04x}' for number in numbers)}> Tj")
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

    def tell(self, name: str, text: str) -> None:
        """A line of the document's information, which programs read and no page shows. ASCII."""
        self._pdf.info[name] = pydyf.String(text)

    def file(self) -> bytes:
        """The PDF: the same for the same certificate."""
        page = {
            "Type": "/Page",
            "Parent": self._pdf.pages.reference,
            "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
            "Contents": self._added(self._ink),
            "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary({"F1": self._font()})}),
        }
        self._pdf.add_page(pydyf.Dictionary(page))
        file = io.BytesIO()
        self._pdf.write(file)
        return file.getvalue()

    def _added(self, thing: pydyf.Object) -> bytes:
        self._pdf.add_object(thing)
        reference: bytes = thing.reference
        return reference

    def _font(self) -> bytes:
        name: dict[str, Any] = {"Type": "/Font", "BaseFont": _NAME}
        glyphs = [_MISSING, *(glyph(letter) or _MISSING for letter in self._numbers)]
        collection = {"Registry": pydyf.String("Adobe"), "Ordering": pydyf.String("Identity"), "Supplement": 0}
        inner = name | {"Subtype": "/CIDFontType2", "CIDToGIDMap": "/Identity", "DW": 1000}
        inner["CIDSystemInfo"] = pydyf.Dictionary(collection)
        inner["W"] = pydyf.Array([0, pydyf.Array([each.advance for each in glyphs])])
        inner["FontDescriptor"] = self._added(self._description(truetype.font(glyphs)))
        outer = name | {"Subtype": "/Type0", "Encoding": "/Identity-H"}
        outer["DescendantFonts"] = pydyf.Array([self._added(pydyf.Dictionary(inner))])
        outer["ToUnicode"] = self._added(pydyf.Stream([_to_unicode(self._numbers)], compress=True))
        return self._added(pydyf.Dictionary(outer))

    def _description(self, font: bytes) -> pydyf.Dictionary:
        file = self._added(pydyf.Stream([font], {"Length1": len(font)}, compress=True))
        shape: dict[str, Any] = {
            "Type": "/FontDescriptor",
            "FontName": _NAME,
            "Flags": 4,
            "ItalicAngle": 0,
            "StemV": 80,
        }
        shape |= {"Ascent": truetype.ASCENT, "Descent": truetype.DESCENT, "CapHeight": 733, "FontFile2": file}
        return pydyf.Dictionary(shape | {"FontBBox": pydyf.Array([-1000, -1000, 3000, 2000])})


def _to_unicode(numbers: dict[str, int]) -> bytes:
    """What the numbers stand for, so that a reader can search and copy."""
    entries = [f"<{number:04x}> <{letter.encode('utf-16-be').hex()}>" for letter, number in numbers.items()]
    parts = [entries[begin : begin + _AT_ONCE] for begin in range(0, len(entries), _AT_ONCE)]
    lists = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in parts)
    return _CMAP.format(lists=lists).encode()
