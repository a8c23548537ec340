"""Text as a sheet can show it: every letter as it is, or a mark in its place that says one is missing. Pure.

Never another letter, and never a letter that is not seen. Scripts whose letters join or stack (Uyghur, Tibetan,
Mongolian) and marks that sit on a letter must be shaped to be read: they are not among our glyphs, and get the mark.
"""

import re
import unicodedata
from collections.abc import Iterator

from chalicelib.certificates.render.glyphs import glyph

MARK = "〓"  # geta: what Chinese and Japanese printers have always set for a letter that they lack
_ZWJ = "\u200d"
_TONES = {chr(code) for code in range(0x1F3FB, 0x1F400)}  # of skin: they colour the emoji before them
_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # ask for another style of the same letter
_WORD = re.compile(r"[!-~À-\u058f\u1e00-\u1fff]+ *|.", re.DOTALL)
_CLOSING = set("，。、；：？！）》〉」』】〕”’…")  # begin no line


def drawable(text: str) -> str:
    """``text`` with MARK for every letter that cannot be drawn."""
    return "".join(_drawable(unicodedata.normalize("NFC", _VARIANTS.sub("", text))))


def incomplete(text: str) -> bool:
    """Whether ``text`` holds a letter that cannot be drawn."""
    return drawable(text).count(MARK) > text.count(MARK)


def _drawable(text: str) -> Iterator[str]:
    waiting = ""  # the letter that a mark may still sit on
    joined = False
    for letter in text:
        if unicodedata.category(letter)[0] == "M":
            waiting = MARK
        elif letter == _ZWJ and waiting == MARK:
            joined = True
        elif unicodedata.category(letter) == "Cf" or (waiting == MARK and (joined or letter in _TONES)):
            joined = False
        else:
            yield waiting
            waiting = _one(letter)
    yield waiting


def _one(letter: str) -> str:
    blank = letter != "\u3000" and (letter.isspace() or unicodedata.category(letter) == "Cc")
    if blank:
        return " "
    return letter if glyph(letter) else MARK


def ems(text: str) -> float:
    """How wide drawable ``text`` is, in times its size."""
    return sum(found.advance for found in map(glyph, text) if found) / 1000


def wrapped(text: str, wide: float) -> list[str]:
    """Lines of drawable ``text`` of at most ``wide`` ems, words kept whole where they fit.

    A line may be one letter wider, so that the next one does not begin with a comma.
    """
    lines, line = [], ""
    for word in _WORD.findall(text):
        for part in [word] if ems(word.rstrip()) <= wide else word:
            if line and ems((line + part).rstrip()) > wide + (part in _CLOSING):
                lines.append(line.rstrip())
                line = ""
            line += part
    return [*lines, line.rstrip()]


def cut(lines: list[str], most: int, wide: float) -> list[str]:
    """At most ``most`` of ``lines``; an ellipsis says that there were more."""
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while ems(last + "…") > wide:
        last = last[:-1]
    return [*lines[: most - 1], last + "…"]
