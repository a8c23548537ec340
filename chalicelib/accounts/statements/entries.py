"""Entries of a statement as their reader sees them. Pure."""

from typing import Annotated

from pydantic import Field

from chalicelib.accounts.model import Reasoned
from chalicelib.accounts.statements.wording import in_words
from chalicelib.kernel.fields import Answer, Id, Moment, Paged, Time, example
from chalicelib.ledger import model
from chalicelib.ledger.model import Shown


class EntryParams(Paged):
    """Filters of a statement; ``from`` is included, ``until`` is not."""

    kind: Shown | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class OwnEntryParams(EntryParams):
    """Filters of the caller's own statement."""

    account: Annotated[
        Id | None, Field(description="An earlier account of the caller's own (`earlier` of `GET /v1/accounts/me`)")
    ] = None


class ReasonedEntryParams(EntryParams, Reasoned):
    """Filters of somebody else's statement, and why it is read."""


class EntryAnswer(Answer):
    """A line of the statement: signed amounts from the account's view.

    ``swept_points`` went from a till to the merchant's account: its own points both before and after. ``debt_points``
    and ``debt_grams`` are what a reversal added to the account's debt; negative: what this movement repaid of it, which
    ``points`` and ``grams`` leave out. ``text`` says in words what happened, ``text_zh`` in Chinese.
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
        debt_points=0,
        debt_grams=0,
        text="A reduction of scenario metro became 887 points.",
        text_zh="减排场景 metro 的减排量转换为 887 碳积分。",
    )

    id: str
    at: Time
    kind: str
    points: int
    grams: int
    counterparty: str
    reference: str
    swept_points: int = 0
    debt_points: int = 0
    debt_grams: int = 0
    text: str
    text_zh: str


def to_entry(entry: model.Entry) -> EntryAnswer:
    """A line as the statement answers it."""
    text = in_words(entry)
    known = {name: value for name, value in vars(entry).items() if value is not None}
    return EntryAnswer(**known, text=text.en, text_zh=text.zh)
