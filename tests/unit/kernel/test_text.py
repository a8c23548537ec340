"""Texts as people's devices send them have one form; what a reader cannot see is not kept."""

import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chalicelib.kernel.fields import LongText, ShortText
from chalicelib.kernel.text import STORED, first_character

FAMILY = "👨‍👩‍👧‍👦"  # three joiners
SHORT: TypeAdapter[str] = TypeAdapter(ShortText)
LONG: TypeAdapter[str] = TypeAdapter(LongText)


def fault(adapter: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(text)
    return caught.value.errors()[0]["type"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\tb", "a\tb"),
        (" \t\r\n\u3000\xa0a\u3000 \r\n\t", "a"),
        ("\ufeffa\ufeffb\u200bc\u2060d\xade", "abcde"),
        ("e\u0301", "\xe9"),
        ("\u3164a\u3164b\u2800", "a\u3164b"),
    ],
)
def test_what_devices_add_is_taken_off(sent: str, kept: str) -> None:
    assert LONG.validate_python(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("　王小明", "王小明"),
        (" 王小明\r\n", "王小明"),
        ("  空格  ", "空格"),
        ("a\tb", "a b"),
        ("\u200b王\u200d", "王"),
    ],
)
def test_one_line_is_trimmed_and_a_tab_in_it_is_a_blank(sent: str, kept: str) -> None:
    assert SHORT.validate_python(sent) == kept


@pytest.mark.parametrize(
    "text",
    [
        FAMILY, "❤️‍🔥", "🏳️‍🌈", "👩🏽‍🚀", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "1️⃣", "☎︎",
        "می‌خواهم", "क्‍ष", "ශ්‍රී", "ൻ ന്‍", "ᠮᠣᠩᠭᠣᠯ ᠤᠨ", "ᠨᠢᠭ᠎ᠠ", "葛\U000e0100飾", "𠮷𬭎", "Łódź", "བོད",
    ],
)  # fmt: skip
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert SHORT.validate_python(text) == text


@pytest.mark.parametrize(
    "text", ["a\u200db", "王\u200d明", "a\u200cb", "👨\u200da", "\u200d👨", "a\U000e0041b", "a \ufe0fb", "a\u180eb"]
)
def test_joiners_selectors_and_tags_elsewhere_are_dropped(text: str) -> None:
    assert SHORT.validate_python(text) == re.sub("[\u200c\u200d\ufe0f\u180e\U000e0041]", "", text)


@pytest.mark.parametrize("adapter", [SHORT, LONG])
@pytest.mark.parametrize(
    "text",
    ["", " ", "\u3000\n", "\u3164", "\u2800\u2800", "\u115f", "\u1160", "\uffa0", "\u034f", "\u200b", "\ufeff", "\xad",
     "\u200d", "\ufe0f", "\U000e0020", "\u0301", "\u3164\u0301 \u200b"],
)  # fmt: skip
def test_what_no_reader_sees_is_blank(adapter: TypeAdapter[str], text: str) -> None:
    assert fault(adapter, text) == "blank"


@pytest.mark.parametrize("adapter", [SHORT, LONG])
@pytest.mark.parametrize(
    "letter", list("\0\x01\x08\x0b\x0c\x1b\x1f\x7f\x85\x9f\u061c\u200e\u200f\u202a\u202e\u2066\u2069\ufff9")
)
def test_control_characters_and_turns_of_direction_are_refused(adapter: TypeAdapter[str], letter: str) -> None:
    for text in (f"a{letter}b", f"{letter}a", f"a{letter}"):
        assert fault(adapter, text) == "control_character"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_one_line_does_not_end_within(end: str) -> None:
    assert fault(SHORT, f"a{end}b") == "one_line"
    assert SHORT.validate_python(f"{end}a{end}") == "a"


def test_limits_count_what_is_kept() -> None:
    assert len(SHORT.validate_python("  " + "e\u0301" * 200 + "\u200b" * 500)) == 200
    assert len(LONG.validate_python("a\r\n" * 1999 + "ab" + "\r\n" * 10)) == 4000
    assert fault(SHORT, "a" * 201) == "string_too_long"
    assert fault(SHORT, "\u0344" * 101) == "string_too_long"  # NFC makes two of each
    assert fault(LONG, "a" * 4001) == "string_too_long"


@pytest.mark.parametrize(
    "run", [" ", "\u200b", "\u200d", "\r", "\n", "a\u200b", "\u0316\u0301", "\u3164", "\ufe0f", "🏴\U000e0020"]
)
def test_a_body_of_any_text_is_read_at_once(run: str) -> None:
    text = "a" + run * (250_000 // len(run)) + "b"
    began = time.process_time()
    for adapter in (SHORT, LONG):
        try:
            adapter.validate_python(text)
        except ValidationError:
            continue
    assert time.process_time() - began < 3


@given(
    st.text(
        alphabet=st.sampled_from("aé e\u0301\t\n\r 王\u3164\u200b\u200d\ufe0f👨👩🏽🏴\U000e0067\U000e007fक्ा\x00\u202e"),
        max_size=12,
    )
)
@example("\ufe0f\u200d🏴")  # the selector goes, so the joiner has no neighbour
@example("e\u0301\u0301\u094d\u200d")  # NFC puts the virama before the accent
@example("\u0dd9\u200b\u0dca\u200d")  # NFC makes one letter of a vowel and its virama
@example("\u0301\u094d\u200d" * 9)  # each joiner that goes moves the next virama
def test_what_was_kept_is_kept_as_it_is(text: str) -> None:
    try:
        kept = LONG.validate_python(text)
    except ValidationError:
        return
    assert LONG.validate_python(kept) == kept
    assert kept == kept.strip()
    assert first_character(kept).strip("\u3164\u200b\u200d\ufe0f\u0301 ")


@pytest.mark.parametrize("adapter", [SHORT, LONG])
@given(text=st.text(max_size=8))
def test_what_fits_the_published_pattern_is_accepted(adapter: TypeAdapter[str], text: str) -> None:
    letters = any(unicodedata.category(letter)[0] in "LNPS" for letter in text)  # marks alone also fit
    if letters and not text.endswith("\n") and re.search(adapter.json_schema()["pattern"], text):
        assert adapter.validate_python(text)


@pytest.mark.parametrize("text", ["", " ", "\u3164", "\u2800\u3000", "\u200b", "a\x00", "a\u202eb"])
def test_what_is_refused_does_not_fit_the_published_pattern(text: str) -> None:
    for adapter in (SHORT, LONG):
        assert not re.search(adapter.json_schema()["pattern"], text)


def test_a_stored_text_is_read_as_it_stands() -> None:
    for text in (" a", "\u3164", "a" * 5000):
        assert LONG.validate_python(text, context=STORED) == text


@pytest.mark.parametrize(
    ("text", "first"),
    [("王小明", "王"), ("\u0301王", "王"), (" \u3164\u200b王", "王"), ("e\u0323\u0301x", "e\u0323\u0301"),
     (FAMILY + "x", FAMILY), ("👩🏽‍🚀", "👩🏽‍🚀"), ("🇨🇳🇨🇳", "🇨🇳"), ("葛\U000e0100飾", "葛\U000e0100"), ("क्‍ष", "क्‍ष")],
)  # fmt: skip
def test_the_first_character_is_a_whole_one(text: str, first: str) -> None:
    assert first_character(text) == first
