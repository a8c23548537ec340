"""Accounts: who may hold one, and what is said of it. Pure."""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Choice, Moment, Paged, ShortText, Time, example
from chalicelib.ledger.model import Shown
from chalicelib.transitions import Step

_SHANGHAI = timedelta(hours=8)
_AGE_MAX = 150
# GB/T 2260: the first two digits of an identity number. 81 to 83: residents from Hong Kong, Macao and Taiwan; 9x:
# foreigners with permanent residence.
_PROVINCES = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[0-9]")


def _identity_number(text: str) -> str:
    from stdnum.cn import ric  # it brings pydoc along, which no other request needs
    from stdnum.exceptions import ValidationError

    number = text.upper()
    try:
        if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
            raise ValueError
        # not ric.validate, which also refuses real persons: it wants the county code to have stood in the birth year
        born, today = ric.get_birth_date(number), (datetime.now(UTC) + _SHANGHAI).date()
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
        json_schema_extra={"pattern": "^[0-9]{17}[0-9Xx]$"},
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


class Individual(Body):
    """A natural person opens an account."""

    model_config = example(kind="individual", name="王小明", identity_number="11010519491231002X")

    kind: Literal["individual"]
    name: ShortText
    identity_number: IdentityNumber

    @property
    def number(self) -> str:
        return self.identity_number


class Institution(Body):
    """An organisation opens an account."""

    model_config = example(kind="institution", name="上海示例商贸有限公司", credit_code="91350100M000100Y43")

    kind: Literal["institution"]
    name: ShortText
    credit_code: CreditCode

    @property
    def number(self) -> str:
        return self.credit_code


class Opening(Choice[Annotated[Individual | Institution, Field(discriminator="kind")]]):
    """An account is opened by a person or by an institution."""


def hashed(kind: str, number: str, key: bytes) -> str:
    """All that is kept of a number: HMAC-SHA-256 under a key that the table does not hold."""
    return hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest()


def masked(name: str) -> str:
    """The first character and stars: enough to recognise one's own name."""
    return name[0] + "*" * max(1, min(len(name) - 1, 8))


class Balances(Answer):
    """``held_points`` are reserved by holds of merchants, and not in ``points``."""

    points: int
    grams: int
    held_points: int = 0


class Totals(Answer):
    """Sums since opening: points, but grams in ``retired``. May lag by seconds."""

    earned: int
    redeemed: int
    cancelled: int
    donated: int
    bought_back: int
    retired: int


STEPS = (
    Step("active", "freeze", "frozen", (EXCHANGE, BUREAU)),
    Step("frozen", "unfreeze", "active", (EXCHANGE, BUREAU)),
)

_EXAMPLE = {
    "id": "k3v5zq6x7n4m2p8r9s0t1u2w3y",
    "kind": "individual",
    "name": "王**",
    "status": "active",
    "opened_at": "2026-01-31T08:00:00.000Z",
}


SHOWN = _EXAMPLE | {
    "balances": {"points": 687, "grams": 0, "held_points": 0},
    "totals": {"earned": 887, "redeemed": 200, "cancelled": 0, "donated": 0, "bought_back": 0, "retired": 0},
    "credit": None,
}


class Account(Answer):
    """An account. An institution's name is public; a person's is masked."""

    model_config = example(**_EXAMPLE)

    id: str
    kind: Literal["individual", "institution"]
    name: str
    status: Literal["active", "frozen", "closed"]
    opened_at: Time


class AccountView(Account):
    """``credit`` (碳普惠信用) is a score apart, never spendable, null until a rule is configured."""

    model_config = example(**SHOWN)

    balances: Balances
    totals: Totals
    credit: int | None


class Grounds(Body):
    """Why an account is frozen or released: it stands on the Record."""

    model_config = example(reason="Court order 2026-17")

    reason: ShortText


class Correction(Body):
    """A person's name as it should be. Only its first character is kept."""

    model_config = example(name="王晓明")

    name: ShortText


class EntryParams(Paged):
    """Filters of a statement; ``from`` is included, ``until`` is not."""

    kind: Shown | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class Entry(Answer):
    """A line of the statement: signed amounts from the account's view.

    ``swept_points`` went from a till to the merchant's account: its own points both before and after.
    """

    model_config = example(
        id="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        at="2026-01-31T08:00:02.145Z",
        kind="conversion",
        points=887,
        grams=0,
        counterparty="metro",
        reference="q7w2e9r4t6y1u3i5o8p0a2s4d6",
        swept_points=0,
    )

    id: str
    at: Time
    kind: str
    points: int
    grams: int
    counterparty: str
    reference: str
    swept_points: int = 0
