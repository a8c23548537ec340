"""Who a number stands for, by GB 11643 and GB 32100."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from chalicelib.accounts.model import Individual, Institution, Opening, masked
from chalicelib.accounts.numbers import hashed
from tests.numbers import credit_code, identity_number, with_check_digit


def person(number: str) -> str:
    return Individual(kind="individual", name="王小明", identity_number=number).identity_number


def born(day: str) -> str:
    return with_check_digit(f"110105{day}002")


@pytest.mark.parametrize(
    "number", ["11010519491231002X", "440524188001010014", *map(identity_number, range(0, 9000, 777))]
)
def test_valid_identity_numbers_are_accepted(number: str) -> None:
    assert person(number) == number


def test_a_lower_case_x_is_the_check_digit_x() -> None:
    assert person("11010519491231002x") == "11010519491231002X"


def test_a_place_that_had_no_code_in_the_year_of_birth_is_no_fault() -> None:
    assert person(with_check_digit("44052418800101" + "001"))
    assert person(with_check_digit("99999919900101" + "001"))


def test_any_other_check_digit_is_refused() -> None:
    for digit in "0123456789":
        with pytest.raises(ValidationError):
            person("11010519491231002" + digit)


@pytest.mark.parametrize(
    "number",
    [
        born("19490230"), born("19491301"), born("19490001"), born("19490100"), born("19000229"), born("00000101"),
        "", "1", "11010519491231002", "110105194912310021X", "11010519491231002X ", " 11010519491231002X",
        "１１０１０５１９４９１２３１００２X", "11010519491231002Ｘ", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "X1010519491231002X",
        "1101051949123100 X", "11010519491231002X\n", "11010519491231-02X", "130503670401001",
    ],
)  # fmt: skip
def test_numbers_that_nobody_can_have_are_refused(number: str) -> None:
    with pytest.raises(ValidationError):
        person(number)


def test_nobody_is_born_in_the_future_as_shanghai_counts_days() -> None:
    today = (datetime.now(UTC) + timedelta(hours=8)).date()
    assert person(born(f"{today - timedelta(days=1):%Y%m%d}"))
    with pytest.raises(ValidationError):
        person(born(f"{today + timedelta(days=2):%Y%m%d}"))


@pytest.mark.parametrize("province", ["11", "31", "54", "65", "71", "81", "82", "83", "91"])
def test_every_province_is_accepted(province: str) -> None:
    assert person(with_check_digit(f"{province}010519491231002"))


@pytest.mark.parametrize("province", ["00", "01", "10", "16", "20", "38", "47", "55", "66", "72", "80", "84", "89"])
def test_a_province_that_is_none_is_refused(province: str) -> None:
    with pytest.raises(ValidationError):
        person(with_check_digit(f"{province}010519491231002"))


def test_nobody_is_older_than_150_years() -> None:
    year = (datetime.now(UTC) + timedelta(hours=8)).year
    assert person(born(f"{year - 150}1231"))
    for old in (year - 151, 1800, 1):
        with pytest.raises(ValidationError):
            person(born(f"{old:04d}0101"))


def company(code: str) -> str:
    return Institution(kind="institution", name="商贸", credit_code=code).credit_code


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",
        "91512081MA62K0260E",
        "11320000MB151840XJ",
        "9144030071526726XG",
        *map(credit_code, range(31)),
    ],
)
def test_valid_credit_codes_are_accepted(code: str) -> None:
    assert company(code) == code


def test_a_remainder_of_nothing_gives_the_check_character_0() -> None:
    assert any(company(credit_code(serial)).endswith("0") for serial in range(200))


def test_any_other_check_character_is_refused() -> None:
    for letter in "0124567896ABCDEFGHJKLMNPQRTUWXY":
        with pytest.raises(ValidationError):
            company("91350100M000100Y4" + letter)


@pytest.mark.parametrize(
    "code",
    [
        "", "91350100M000100Y4Z", "91350100M000100Y4", "91350100M000100Y433",
        "９１350100M000100Y43", "91350100I000100Y43", "91350100M000100Y43 ", "91350100M0001-0Y43",
    ],
)  # fmt: skip
def test_codes_that_nobody_can_have_are_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        company(code)


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("王", "王*"),
        ("王小", "王*"),
        ("王小明", "王**"),
        ("欧阳小明", "欧***"),
        ("Ada Lovelace", "A********"),
        ("a" * 200, "a********"),
        ("\u0301王小明", "王***"),
        ("👨‍👩‍👧小", "👨‍👩‍👧*"),
    ],
)
def test_a_masked_name_shows_its_first_character_and_at_most_eight_stars(name: str, mask: str) -> None:
    assert masked(name) == mask


def test_a_hash_tells_kinds_numbers_and_keys_apart_and_nothing_of_the_number() -> None:
    hashes = {hashed(kind, number, key) for kind in "ab" for number in "12" for key in (b"x", b"y")}
    assert len(hashes) == 8
    assert hashed("a", "1", b"x") == hashed("a", "1", b"x")
    assert "11010519491231002X" not in hashed("individual", "11010519491231002X", b"x")


def test_a_validation_error_does_not_tell_the_number() -> None:
    with pytest.raises(ValidationError) as caught:
        Opening.model_validate_json('{"kind":"individual","name":"a","identity_number":"110105194912310021"}')
    assert "110105194912310021" not in str(caught.value)


def test_a_credit_code_in_small_letters_is_the_same_code() -> None:
    assert company("91350100m000100y43") == "91350100M000100Y43"
