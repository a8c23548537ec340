"""Identity numbers and credit codes that nobody has, but that are as they should be."""

from datetime import UTC, date, datetime, timedelta

from chalicelib import shanghai

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


def identity_number_of(born: date, serial: int = 1) -> str:
    """GB 11643: Beijing, born on this day."""
    return with_check_digit(f"110105{born:%Y%m%d}{serial:03d}")


def born_years_ago(years: int, *, days: int = 0) -> date:
    """The birth date of who was ``years`` old (full years) ``days`` ago, in Shanghai; never on 29 February."""
    today = shanghai.clock(datetime.now(UTC)).date() - timedelta(days=days)
    if (today.month, today.day) == (2, 29):
        today -= timedelta(days=1)
    return today.replace(year=today.year - years)
