"""Texts that people write: one form of each, whatever device it comes from, and nothing in it that a reader cannot see.

What browsers and word processors add is taken off, not refused: line ends become LF, white space at both ends goes, and
so does zero-width padding. The form is NFC (UAX 15). Limits count characters of that form.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

STORED = {"stored": True}  # validation context: what was accepted once is read as it stands
_GROWTH = 4  # NFC makes one character of at most so many, so what is longer before it stays too long

# Sets of characters as regular expressions of Python and of ECMA 262.
# Control characters but tab and LF, and what turns the direction of a text (UAX 9) or is deprecated
_REFUSED = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
_SEPARATORS = r"\u2028\u2029"
_SPACE = "\t\n \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Letters and marks that are drawn as nothing: fillers of Hangul and Khmer, the empty braille cell, the grapheme joiner
_HOLLOW = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
_NOTHING = _SPACE + _HOLLOW
_ZERO_WIDTH = r"\u00ad\u180b-\u180f\u200b-\u200d\u2060-\u2065\ufe00-\ufe0f\ufeff"

_CONTROL = re.compile(f"[{_REFUSED}]")
_LINE_END = re.compile(rf"\r\n?|[{_SEPARATORS}]")
# The flags of England and others are a black flag and tags; beside tags there are selectors of ideographic variants
_INVISIBLE = re.compile(rf"(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[{_ZERO_WIDTH}\U000e0000-\U000e0fff]")

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_MONGOLIAN = re.compile("[\u1810-\u18af]")
_JOINING = re.compile("[\u0600-\u109f\u1780-\u17ff\u1810-\u18af\ua840-\ua8ff\U00010a00-\U00011fff]")  # Arabic to Indic
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_REGION = re.compile("[\U0001f1e6-\U0001f1ff]")  # two make a flag
_VIRAMA = 9  # its canonical combining class


@dataclass(frozen=True)
class TextType:
    """A text of 1 to ``most`` characters, of one line or of several: a part of ``Annotated[str, …]``."""

    most: int
    lines: bool = False

    def read(self, text: str) -> str:
        """``text`` in its one form. Raises an error of pydantic for what is blank or too long, for control characters,
        and for a line end within one line.
        """
        plain = _LINE_END.sub("\n", text)
        plain = _form(plain if self.lines else plain.replace("\t", " "), longest=_GROWTH * self.most)
        if _CONTROL.search(plain):
            raise PydanticCustomError("control_character", "Must hold no control characters")
        if not self.lines and "\n" in plain:
            raise PydanticCustomError("one_line", "Must be one line")
        if len(plain) > self.most:
            raise PydanticKnownError("string_too_long", {"max_length": self.most})
        if not any(map(is_visible, plain)):
            raise PydanticCustomError("blank", "Must hold more than white space")
        return plain

    def json_schema(self) -> dict[str, Any]:
        """What JSON Schema can say of it, and the rest as its description."""
        refused = _REFUSED + _SEPARATORS + ("" if self.lines else r"\u000a")
        unseen = _ZERO_WIDTH + "".join(f"\\u{ord(letter):04x}" for letter in _HOLLOW)
        pattern = rf"^(?![\s{unseen}]*$)[^{refused}]+$"
        what = "Text; its line ends become LF" if self.lines else "One line of text"
        form = "Kept trimmed, in NFC, without zero-width padding. At least one character is visible"
        return {"type": "string", "minLength": 1, "maxLength": self.most, "pattern": pattern} | {
            "description": f"{what}. {form}"
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def read(text: str, info: core_schema.ValidationInfo[Any]) -> str:
            return text if info.context is STORED else self.read(text)

        return core_schema.with_info_after_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, _: core_schema.CoreSchema, __: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()


def is_visible(letter: str) -> bool:
    """Whether a reader sees ``letter`` by itself. Letters that are newer than Python's tables count as seen."""
    return letter not in _NOTHING and not _INVISIBLE.match(letter) and unicodedata.category(letter)[0] not in "MZ"


def first_character(text: str) -> str:
    """The first visible character as readers count them: a letter with its marks, or a whole emoji (UAX 29)."""
    start = next((place for place, letter in enumerate(text) if is_visible(letter)), 0)
    end = start + 1
    while end < len(text) and _continues(text[end - 1], text[end], second=end == start + 1):
        end += 1
    return text[start:end]


def _continues(before: str, letter: str, *, second: bool) -> bool:
    """Whether ``letter`` belongs to the character of the letter before it."""
    if second and _REGION.match(before):
        return bool(_REGION.match(letter))
    attached = _INVISIBLE.match(letter) or _SKIN.match(letter) or unicodedata.category(letter)[0] == "M"
    return before == _ZWJ or bool(attached)


def _form(text: str, *, longest: int) -> str:
    """``text`` in the form that is read again as it stands; what is longer than ``longest`` only without its padding.

    NFC puts marks in order, and then a joiner may have another neighbour, so once is not enough. No script needs more
    than twice; a text made to need it loses what is invisible in it.
    """
    for without in (_without_padding, _without_padding, _without_padding, _without_the_invisible):
        before, text = text, without(text).strip(_NOTHING)
        if len(text) > longest:  # the time of NFC grows with the square of a run of marks
            return text
        text = unicodedata.normalize("NFC", text)
        if text == before:
            return text
    return text


def _without_the_invisible(text: str) -> str:
    return _INVISIBLE.sub(lambda found: found[1] or "", text)


def _without_padding(text: str) -> str:
    """``text`` without letters of no width, but those that change how their neighbours are written.

    The neighbour before is the last letter that stays, so that what is kept once is kept for ever.
    """
    parts, before, end = [], "", 0
    for found in _INVISIBLE.finditer(text):
        parts.append(text[end : found.start()])
        before, end = parts[-1][-1:] or before, found.end()
        if found[1] or (before and _is_needed(found[0], before, text[end : end + 1])):
            parts.append(found[0])
            before = found[0][-1]
    return "".join((*parts, text[end:]))


def _is_needed(letter: str, before: str, after: str) -> bool:
    if letter in (_ZWJ, _ZWNJ):
        return _joins(letter, before, after)
    if _SELECTOR.match(letter):
        return is_visible(before)
    return "\u180b" <= letter <= "\u180f" and bool(_MONGOLIAN.match(before))


def _joins(letter: str, before: str, after: str) -> bool:
    """Within an emoji, after a virama, or between letters of scripts whose letters join (RFC 5892, A.1 and A.2)."""
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if _JOINING.match(before) and after and _JOINING.match(after):
        return True
    modified = _SELECTOR.match(before) or _SKIN.match(before)
    emoji = modified or unicodedata.category(before) == "So"
    return letter == _ZWJ and bool(emoji) and bool(after) and unicodedata.category(after) == "So"


def none_if_blank(value: object) -> object:
    """None for a text of blanks only; anything else as it is."""
    return None if isinstance(value, str) and not value.strip() else value
