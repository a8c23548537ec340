"""Identity numbers and credit codes that nobody has, but that are as they should be."""

from datetime import date, timedelta

_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def identity_number(serial: int) -> str:
    """GB 11643: Beijing, born from 1970 on, a thousand persons a day."""
    born = date(1970, 1, 1) + timedelta(days=serial // 1000)
    return with_check_digit(f"110105{born:%Y%m%d}{serial % 1000:03d}")


def with_check_digit(first: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    weighted = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(first))
    return first + "10X98765432"[weighted % 11]


def credit_code(serial: int) -> str:
    """GB 32100."""
    first = f"91310000{serial:09d}"
    weighted = sum(_CODE_LETTERS.index(letter) * pow(3, place, 31) for place, letter in enumerate(first))
    return first + _CODE_LETTERS[(31 - weighted % 31) % 31]
