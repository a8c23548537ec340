"""Accounts: who may hold one, and what is answered about it. Pure."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.accounts.numbers import CreditCode, IdentityNumber
from chalicelib.credit.model import Credit
from chalicelib.kernel.caller import BUREAU, EXCHANGE
from chalicelib.kernel.fields import Answer, Body, Choice, Params, ShortText, Time, example
from chalicelib.kernel.text import first_character
from chalicelib.ledger.account import Account
from chalicelib.transitions import Step


class Individual(Body):
    """A natural person opens an account."""

    model_config = example(kind="individual", name="王小明", identity_number="11010519491231002X")

    kind: Annotated[Literal["individual"], Field(description="The caller's role")]
    name: ShortText
    identity_number: IdentityNumber

    @property
    def number(self) -> str:
        return self.identity_number


class Institution(Body):
    """An organisation opens an account."""

    model_config = example(kind="institution", name="上海示例商贸有限公司", credit_code="91350100M000100Y43")

    kind: Annotated[Literal["institution"], Field(description="The caller's role")]
    name: ShortText
    credit_code: CreditCode

    @property
    def number(self) -> str:
        return self.credit_code


class Opening(Choice[Annotated[Individual | Institution, Field(discriminator="kind")]]):
    """An account is opened by a person or by an institution."""


@dataclass(frozen=True)
class Claim:
    """Who has a number (its hash is the key). Kept when the account closes: it names the number's ``person`` for ever.

    Claims of before persons were named have neither ``person`` nor ``open``. ``mark`` is left by a procedure: "freed",
    the account was somebody else's, so the next one starts a new person; "ended", the number opens none again.
    """

    account: str
    person: str | None = None
    open: bool = True
    mark: Literal["freed", "ended"] | None = None


def masked(name: str) -> str:
    """The first visible character and stars: enough to recognise one's own name."""
    first = first_character(name)
    return first + "*" * max(1, min(len(name) - len(first), 8))


class Balances(Answer):
    """``held_points`` are reserved by holds of merchants and by entries in draws, and not in ``points``."""

    points: int
    grams: int
    held_points: int = 0


class BalancesAt(Answer):
    """What the account held at an instant, all Records of that millisecond included. Debts as they were.

    Points that holds and draws reserved are not in ``points``: these are ``held_points``, seconds behind. A merchant's
    tills are in ``points``, as in its statement.
    """

    at: Time
    points: int
    grams: int
    debt_points: int
    debt_grams: int
    held_points: int


class Totals(Answer):
    """Sums since opening: points, but grams in ``recorded`` (an institution's own reductions) and ``retired``.

    ``redeemed`` and ``donated`` are net of refunds.

    May lag by seconds.
    """

    earned: int
    recorded: int
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


SHOWN: dict[str, Any] = _EXAMPLE | {
    "balances": {"points": 687, "grams": 0, "held_points": 0},
    "debt_points": 0,
    "debt_grams": 0,
    "totals": {
        "earned": 887,
        "recorded": 0,
        "redeemed": 200,
        "cancelled": 0,
        "donated": 0,
        "bought_back": 0,
        "retired": 0,
    },
    "credit": None,
    "guardian": None,
    "balances_at": None,
    "earlier": [],
}


class AccountAnswer(Answer):
    """An account. An institution's name is public; a person's is masked."""

    model_config = example(**_EXAMPLE)

    id: str
    kind: Literal["individual", "institution"]
    name: str
    status: Literal["active", "frozen", "closed"]
    opened_at: Time


def to_answer(account: Account) -> AccountAnswer:
    """What routes answer about an account."""
    return AccountAnswer.model_validate(vars(account))


class AccountView(AccountAnswer):
    """``credit`` (碳普惠信用) is a score apart, never spendable, null until a rule is configured.

    ``debt_points`` and ``debt_grams`` are what a reversal could not take back: the next gains repay it first.
    ``guardian`` names the consent by which a child under 14 opened it. ``balances_at``: what it held at the instant
    that `?at=` asks for; null without. All else is of now. ``earlier``: accounts of the same holder that this one came
    after, under another login; `GET /v1/accounts/me/entries?account=` has the statement of each.
    """

    model_config = example(**SHOWN)

    balances: Balances
    debt_points: int = 0
    debt_grams: int = 0
    totals: Totals
    credit: Credit | None
    guardian: str | None = None
    balances_at: BalancesAt | None = None
    earlier: list[str] = Field(default_factory=list)


class Grounds(Body):
    """Why an account is frozen or released: it stands on the Record."""

    model_config = example(reason="Court order 2026-17")

    reason: ShortText


class Correction(Body):
    """A person's name as it should be. Only its first character is kept."""

    model_config = example(name="王晓明")

    name: ShortText


class Reasoned(Params):
    """Why somebody else's account is read."""

    reason: Annotated[ShortText, Field(description="Why you read it. The holder's export gives time, role and reason")]
