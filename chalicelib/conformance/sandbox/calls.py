"""What a call in a sandbox comes to, as the sandbox stands when it is decided."""

from chalicelib.conformance.sandbox import actions, queries
from chalicelib.conformance.sandbox import consent as consents
from chalicelib.conformance.sandbox.items import Sandbox
from chalicelib.grants import codes
from chalicelib.grants.model import CodeRedemption, SpendConsent
from chalicelib.holds.model import Capture, HoldRefund, NewHold
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.settings import secret


def consent(command: Command[SpendConsent], run: str) -> Decision:
    """See ``consents.consent``."""
    return consents.consent(command, queries.sandbox(command, run), secret("grant_key"))


def redeem(command: Command[CodeRedemption], run: str) -> Decision:
    """See ``consents.redeem``."""
    named = codes.grant_of(command.body.code, secret("grant_key"))
    return consents.redeem(command, queries.sandbox(command, run), named)


def examine(command: Command[NewHold], at: Sandbox) -> None:
    """See ``actions.examine``."""
    earlier = queries.find(at.run.id, actions.hold_id(at.run.id, command.body.order_reference))
    actions.examine(command, at, earlier.hold if earlier else None)


def place(command: Command[NewHold], run: str) -> Decision:
    """See ``actions.place``; a first request has lost its answer before this."""
    at, lost = queries.sandbox(command, run), queries.lost(run)
    examine(command, at)
    return actions.place(command, at, again=lost is not None and actions.came_again(command, lost))


def capture(command: Command[Capture], run: str, id: str) -> Decision:
    """See ``actions.capture``. Raises NotFound."""
    return actions.capture(command, queries.sandbox(command, run), queries.hold(run, id))


def refund(command: Command[HoldRefund], run: str, id: str) -> Decision:
    """See ``actions.refund``. Raises NotFound."""
    return actions.refund(command, queries.sandbox(command, run), queries.hold(run, id))


def release(command: Command[Empty], run: str, id: str) -> Decision:
    """See ``actions.release``. Raises NotFound."""
    return actions.release(command, queries.sandbox(command, run), queries.hold(run, id))
