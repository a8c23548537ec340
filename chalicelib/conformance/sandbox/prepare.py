"""Before a call in a sandbox is decided: would it be refused? Then the run remembers that before it is answered.

A replay finds its Record first, so a request that is sent again is never judged twice.
"""

from collections.abc import Callable
from typing import Any

from chalicelib.conformance.checks import CAPTURE, GRANT, HOLD, REFUND, RELEASE, RETRY
from chalicelib.conformance.sandbox import actions, calls, parts, queries
from chalicelib.conformance.sandbox.items import Sandbox
from chalicelib.errors import Refusal
from chalicelib.grants.model import CodeRedemption
from chalicelib.holds.model import Capture, HoldRefund, NewHold
from chalicelib.kernel.decision import Command
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.settle import derive, derive_each


def redeem(command: Command[CodeRedemption], run: str) -> None:
    """See ``calls.redeem``."""
    _judge(command, queries.sandbox(command, run), GRANT, lambda: calls.redeem(command, run))


def place(command: Command[NewHold], run: str) -> None:
    """See ``calls.place``; of a run's first hold the answer is lost. Raises AnswerLost."""
    at = queries.sandbox(command, run)
    _judge(command, at, HOLD, lambda: calls.examine(command, at))
    lost = queries.lost(run)
    if lost is None:
        derive_each(actions.lose(command, at))
        raise actions.AnswerLost()
    _judge(command, at, RETRY, lambda: actions.came_again(command, lost))


def capture(command: Command[Capture], run: str, id: str) -> None:
    """See ``calls.capture``."""
    _judge(command, queries.sandbox(command, run), CAPTURE, lambda: calls.capture(command, run, id))


def refund(command: Command[HoldRefund], run: str, id: str) -> None:
    """See ``calls.refund``."""
    _judge(command, queries.sandbox(command, run), REFUND, lambda: calls.refund(command, run, id))


def release(command: Command[Empty], run: str, id: str) -> None:
    """See ``calls.release``."""
    _judge(command, queries.sandbox(command, run), RELEASE, lambda: calls.release(command, run, id))


def _judge(command: Command[Any], at: Sandbox, step: str, decide: Callable[[], object]) -> None:
    try:
        decide()
    except Refusal as refusal:
        derive(parts.refused(command, at, step, refusal))
        raise
