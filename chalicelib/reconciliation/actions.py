"""Keeping what a day's recomputation found, once."""

from typing import Any

from chalicelib.kernel.decision import Command, Decision
from chalicelib.reconciliation.model import Reconciliation, to_answer
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import put


def keep(command: Command[Any], made: Reconciliation) -> Decision:
    """The day's result. Its Record bears the day's name, so of two that were made at once the first stays."""
    listed = Listing(lists.RECONCILIATIONS, f"{made.id}:{command.at}")
    kept = put(keys.reconciliation(made.id), made, listed=listed)
    return Decision("books_reconciled", to_answer(made), (kept,))
