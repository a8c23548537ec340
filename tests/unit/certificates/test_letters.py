"""Text on a sheet: never another letter, never one that is not seen, never one beyond the edge."""

import pytest

from chalicelib.certificates.render.letters import cut, drawable, ems, incomplete, wrapped


@pytest.mark.parametrize("text", ["王小明", "䶮𠮷㛃𬭎𠅤", "Łódź, Nguyễn", "CO₂ 减排", "买买提·艾力", "（“引号”）—…"])
def test_a_letter_that_can_be_drawn_is_itself(text: str) -> None:
    assert drawable(text) == text
    assert not incomplete(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ئۇ", "〓〓"),  # Uyghur
        ("བོད", "〓〓"),  # Tibetan: a vowel sits on its letter
        ("ᠮᠣ", "〓〓"),  # Mongolian
        ("王\ue863", "王〓"),  # private use: another font's letter
        ("a\U000323af", "a〓"),
        ("好😀", "好〓"),
        ("👨\u200d👩\u200d👧!", "〓!"),
        ("👍🏽❤\ufe0f", "〓〓"),
        ("q\u0303x", "〓x"),  # no font has it in one piece
        ("\u0303x", "〓x"),
    ],
)
def test_a_letter_that_cannot_be_drawn_is_one_mark(text: str, expected: str) -> None:
    assert drawable(text) == expected
    assert incomplete(text)


def test_what_is_shown_stays_as_it_is() -> None:
    text = drawable("王😀 a\u0303 \u0303")
    assert drawable(text) == text


def test_a_mark_that_someone_wrote_is_no_missing_letter() -> None:
    assert not incomplete("〓")
    assert incomplete("〓😀")


def test_letters_in_pieces_are_put_together_and_what_nobody_sees_is_left_out() -> None:
    assert drawable("e\u0301葛\U000e0100\u200b\u00ad") == "é葛"
    assert drawable("a\u00a0b\tc\u2003d") == "a b c d"


def test_words_are_kept_whole_where_they_fit() -> None:
    assert wrapped("aaaa bbbb", ems("aaaa b")) == ["aaaa", "bbbb"]
    assert wrapped("中文中文", 2) == ["中文", "中文"]
    assert wrapped("a" * 80, ems("a" * 40)) == ["a" * 40, "a" * 40]
    assert wrapped("短", 10) == ["短"]
    assert wrapped("", 10) == [""]


def test_no_line_begins_with_a_comma() -> None:
    assert wrapped("中文，中文", 2) == ["中文，", "中文"]
    assert wrapped("。" * 7, 2) == ["。。。", "。。。", "。"]


@pytest.mark.parametrize("text", ["长" * 200, "W" * 200, "i" * 200, "word " * 40, "题，" * 100, "😀" * 200])
def test_no_line_is_wider_than_it_may_be_and_nothing_is_lost(text: str) -> None:
    lines = wrapped(drawable(text), 20)
    assert max(map(ems, lines)) <= 21
    assert "".join(lines).replace(" ", "") == drawable(text).replace(" ", "")


@pytest.mark.parametrize("text", ["长" * 200, "W" * 200, "word " * 40])
def test_what_is_cut_says_so(text: str) -> None:
    lines = wrapped(text, 20)
    short = cut(lines, 2, 20)
    assert (len(short), short[0], short[1][-1]) == (2, lines[0], "…")
    assert ems(short[1]) <= 20
    assert cut(lines, len(lines), 20) == lines
