"""Entries of a statement as their reader sees them. Pure."""

from typing import Annotated

from pydantic import Field

from chalicelib.accounts.model import Reasoned
from chalicelib.kernel.fields import Answer, Moment, Paged, Time, example
from chalicelib.ledger import model
from chalicelib.ledger.model import Shown


class EntryParams(Paged):
    """Filters of a statement; ``from`` is included, ``until`` is not."""

    kind: Shown | None = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None


class ReasonedEntryParams(EntryParams, Reasoned):
    """Filters of somebody else's statement, and why it is read."""


class EntryAnswer(Answer):
    """A line of the statement: signed amounts from the account's view.

    ``swept_points`` went from a till to the merchant's account: its own points both before and after. ``debt_points``
    and ``debt_grams`` are what a reversal added to the account's debt; negative: what this movement repaid of it, which
    ``points`` and ``grams`` leave out.
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


def to_entry(entry: model.Entry) -> EntryAnswer:
    """A line as the statement answers it."""
    return EntryAnswer(**{name: value for name, value in vars(entry).items() if value is not None})
