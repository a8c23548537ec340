"""A serial follows from the key alone, and a slip of the pen is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.certificates.items import ALPHABET, SerialMistyped, parse_serial, serial

KEY = b"k" * 32
AT = "2026-01-31T08:00:00.000Z"
records = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)


@given(records)
def test_a_record_has_one_serial_and_another_key_makes_another(record: str) -> None:
    made = serial(record, AT, KEY)
    assert made == serial(record, AT, KEY) == parse_serial(made)
    assert made != serial(record, AT, b"l" * 32)
    assert [len(part) for part in made.split("-")] == [4] * 5


def test_the_year_is_that_of_shanghai() -> None:
    assert serial("x", "2026-12-31T15:59:59.999Z", KEY).startswith("SH26-")
    assert serial("x", "2026-12-31T16:00:00.000Z", KEY).startswith("SH27-")


@given(records, st.integers(4, 19), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(record: str, place: int, other: str) -> None:
    plain = serial(record, AT, KEY).replace("-", "")
    if plain[place] != other:
        with pytest.raises(SerialMistyped):
            parse_serial(plain[:place] + other + plain[place + 1 :])


@pytest.mark.parametrize(
    "typed", ["", "SH26", "SH26-", "x" * 64, "SH26-7KQ4-M2XD-9HPT-C3W0", "SHXX-7KQ4-M2XD-9HPT-C3WQ"]
)
def test_what_is_no_serial_is_refused(typed: str) -> None:
    with pytest.raises(SerialMistyped):
        parse_serial(typed)


def test_case_and_dashes_do_not_matter() -> None:
    for typed in ("sh267kq4m2xd9hptc3wq", "SH26 7KQ4 M2XD 9HPT C3WQ", "sh26.7kq4_m2xd-9hptc3wq"):
        assert parse_serial(typed) == "SH26-7KQ4-M2XD-9HPT-C3WQ"
