"""Cancelling points."""

from dataclasses import replace

from chalicelib.cancellation.model import Cancellation, NewCancellation, cancellation
from chalicelib.certificates.actions import issue
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import post
from chalicelib.table import keys


def cancel(command: Command[NewCancellation], holder: str) -> Decision:
    """Take the caller's points, retire the grams behind them, and certify it to ``holder``, her masked name.

    Refuses InsufficientPoints, AccountClosed.
    """
    points = command.body.points
    transfer = cancellation(keys.holder(command.caller.account), points)
    writes, facts = post(transfer, record=command.id)
    issued, certificate = issue(
        record=command.id,
        at=command.at,
        kind="cancellation",
        holder=holder,
        beneficiary=None,
        grams=points,
        points=points,
        purpose=command.body.purpose,
    )
    answer = Cancellation(id=command.id, at=command.at, points=points, grams=points, certificate=issued)
    facts = replace(facts, certificate=issued.serial, reference=issued.serial)
    return Decision("cancellation", answer, (*writes, certificate), facts)
