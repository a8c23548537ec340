"""Cancelling points."""

from dataclasses import replace

from chalicelib.cancellation.model import CancellationAnswer, NewCancellation, cancellation
from chalicelib.certificates.actions import issue
from chalicelib.certificates.items import CertificateFacts
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.actions import post
from chalicelib.table import keys


def cancel(command: Command[NewCancellation], holder: str, *, serial_key: bytes) -> Decision:
    """Take the caller's points, retire the grams behind them, and certify it to ``holder``, her masked name.

    Refuses InsufficientPoints, AccountClosed, AccountFrozen.
    """
    points, purpose = command.body.points, command.body.purpose
    writes, facts = post(cancellation(keys.holder(command.caller.account), points), record=command.id)
    proof = CertificateFacts(kind="cancellation", holder=holder, grams=points, points=points, purpose=purpose)
    reference, certificate = issue(command, proof, serial_key=serial_key)
    answer = CancellationAnswer(
        id=command.id, at=command.at, points=points, grams=points, certificate=reference.to_answer()
    )
    facts = replace(facts, certificate=reference.serial, reference=reference.serial)
    return Decision("cancellation", answer, (*writes, certificate), facts)
