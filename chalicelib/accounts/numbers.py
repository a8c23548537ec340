"""Identity numbers and credit codes, and all that is kept of them. Pure."""

import hashlib
import hmac
import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib import shanghai

_AGE_MAX = 150
ALONE_YEARS, ADULT_YEARS = 14, 18  # PIPL art. 31; Civil Code art. 17
# GB/T 2260: the first two digits of an identity number. 81 to 83: residents from Hong Kong, Macao and Taiwan; 9x:
# foreigners with permanent residence.
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[0-9]")
_BIRTH_YEAR, _BIRTHDAY = "(18[7-9][0-9]|19[0-9]{2}|20[0-9]{2})", "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"


def _identity_number(text: str) -> str:
    from stdnum.cn import ric  # it brings pydoc along, which no other request needs
    from stdnum.exceptions import ValidationError

    number = text.upper()
    try:
        if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
            raise ValueError
        # not ric.validate, which also refuses real persons: it wants the county code to have stood in the birth year
        born, today = ric.get_birth_date(number), shanghai.clock(datetime.now(UTC)).date()
        if born > today or today.year - born.year > _AGE_MAX or not _PROVINCES.match(number):
            raise ValueError
        if ric.calc_check_digit(number) != number[-1]:
            raise ValueError
    except (ValidationError, ValueError) as error:
        raise PydanticCustomError(
            "identity_number", "Is no identity number (GB 11643: a real province, a real birth date, a check digit)"
        ) from error
    return number


def _credit_code(text: str) -> str:
    from stdnum.cn import uscc

    code = text.upper()
    try:
        # not uscc.validate, which refuses departments written as a letter (N: rural collectives)
        if not re.fullmatch(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}", code):
            raise ValueError
        if code[-1] != uscc.calc_check_digit(code):
            raise ValueError
    except ValueError as error:
        raise PydanticCustomError(
            "credit_code", "Is no unified social credit code (GB 32100: 18 characters with a check character)"
        ) from error
    return code


_CODE = "[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy]"  # GB 32100 knows capitals; people also type small letters
# The patterns are for clients; the validators refuse more, in words of their own.
IdentityNumber = Annotated[
    str,
    AfterValidator(_identity_number),
    Field(
        description="GB 11643: 17 digits and a check digit (ISO 7064 MOD 11-2); a real province and birth date",
        json_schema_extra={"pattern": f"^({_PROVINCES.pattern})[0-9]{{4}}{_BIRTH_YEAR}{_BIRTHDAY}[0-9]{{3}}[0-9Xx]$"},
    ),
]
CreditCode = Annotated[
    str,
    AfterValidator(_credit_code),
    Field(
        description="GB 32100 unified social credit code: 18 characters, the last checks the others",
        json_schema_extra={
            "pattern": "^[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXYa-hj-np-rtuwxy]{10}$"
        },
    ),
]


def age(number: str, now: datetime) -> int:
    """The full years of the person with this identity number, on the calendar of Shanghai."""
    born, today = date.fromisoformat(f"{number[6:10]}-{number[10:12]}-{number[12:14]}"), shanghai.clock(now).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def hashed(kind: str, number: str, key: bytes) -> str:
    """All that is kept of a number: HMAC-SHA-256 under a key that the table does not hold."""
    return hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest()
