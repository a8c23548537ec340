"""What a call in a sandbox comes to: the Decision, or a refusal that the run remembers before it is answered.

A replay finds its Record first, so a request that is sent again is never judged twice.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.conformance.checks import CAPTURE, GRANT, HOLD, RELEASE, RETRY
from chalicelib.conformance.sandbox import actions, parts, queries
from chalicelib.conformance.sandbox import consent as consents
from chalicelib.conformance.sandbox.items import Sandbox
from chalicelib.errors import Refusal
from chalicelib.grants import codes
from chalicelib.grants.model import CodeRedemption, SpendConsent
from chalicelib.holds.model import Capture, NewHold
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.settle import T, derive, derive_each
from chalicelib.settings import secret


def consent(command: Command[SpendConsent], run: str) -> Decision:
    """See ``consents.consent``."""
    return consents.consent(command, queries.sandbox(command, run), secret("grant_key"))


def redeem(command: Command[CodeRedemption], run: str) -> Decision:
    """See ``consents.redeem``."""
    at, named = queries.sandbox(command, run), codes.grant_of(command.body.code, secret("grant_key"))
    return _noted(command, at, GRANT, lambda: consents.redeem(command, at, named))


def place(command: Command[NewHold], run: str) -> Decision:
    """See ``actions.place``; of a run's first hold the answer is lost. Raises AnswerLost."""
    at = queries.sandbox(command, run)
    earlier = queries.find(run, actions.hold_id(run, command.body.order_reference))
    _noted(command, at, HOLD, lambda: actions.examine(command, at, earlier.hold if earlier else None))
    lost = queries.lost(run)
    if lost is None:
        derive_each(actions.lose(command, at))
        raise actions.AnswerLost()
    again = _noted(command, at, RETRY, lambda: actions.came_again(command, lost))
    return actions.place(command, at, again=again)


def capture(command: Command[Capture], run: str, id: str) -> Decision:
    """See ``actions.capture``."""
    at = queries.sandbox(command, run)
    return _noted(command, at, CAPTURE, lambda: actions.capture(command, at, queries.hold(run, id)))


def release(command: Command[Empty], run: str, id: str) -> Decision:
    """See ``actions.release``."""
    at = queries.sandbox(command, run)
    return _noted(command, at, RELEASE, lambda: actions.release(command, at, queries.hold(run, id)))


def _noted(command: Command[Any], at: Sandbox, step: str, decide: Callable[[], T]) -> T:
    try:
        return decide()
    except Refusal as refusal:
        derive(parts.refused(command, at, step, refusal))
        raise
