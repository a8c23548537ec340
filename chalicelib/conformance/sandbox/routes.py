"""/sandbox/{run}/v1/…: the addresses that a merchant's system calls, beneath a run's own."""

from chalice.app import Blueprint

from chalicelib.conformance.sandbox import calls, prepare
from chalicelib.conformance.sandbox.actions import AnswerLost
from chalicelib.edge.endpoints import command
from chalicelib.errors import AlreadyRefunded, IdempotencyKeyReused, InvalidState, LimitReached, NotFound
from chalicelib.grants.actions import InvalidGrant
from chalicelib.grants.model import CodeRedemption, GrantAnswer, OfferedGrantAnswer, SpendConsent
from chalicelib.holds.model import Capture, HoldAnswer, HoldRefund, NewHold
from chalicelib.holds.rules.proofs import UNPROVEN
from chalicelib.holds.rules.refusals import GrantInactive, OrderReferenceUsed
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty

room = Blueprint(__name__)
CALLERS = (INSTITUTION,)
OVER = (NotFound, InvalidState)


@command(
    room,
    "POST /sandbox/{run}/v1/grants",
    body=SpendConsent,
    answer=OfferedGrantAnswer,
    allow=CALLERS,
    refuses=OVER,
)
def offer_sandbox_grant(command: Command[SpendConsent], run: str) -> Decision:
    """Consent for the person who does not exist, as her client would. A later consent takes the place of this one."""
    return calls.consent(command, run)


@command(
    room,
    "POST /sandbox/{run}/v1/grants/redeem",
    body=CodeRedemption,
    answer=GrantAnswer,
    allow=CALLERS,
    refuses=(*OVER, InvalidGrant),
    status=200,
    prepare=prepare.redeem,
)
def redeem_sandbox_code(command: Command[CodeRedemption], _: None, run: str) -> Decision:
    """Redeem the code, once, by the rules of `POST /v1/grants/redeem`."""
    return calls.redeem(command, run)


@command(
    room,
    "POST /sandbox/{run}/v1/holds",
    body=NewHold,
    answer=HoldAnswer,
    allow=CALLERS,
    refuses=(*OVER, AnswerLost, GrantInactive, LimitReached, OrderReferenceUsed, IdempotencyKeyReused, *UNPROVEN),
    prepare=prepare.place,
)
def hold_sandbox_points(command: Command[NewHold], _: None, run: str) -> Decision:
    """Hold points that do not exist, by the rules of `POST /v1/holds`. A run's first hold gets 503 once: send it again.

    It expires after 15 seconds, whatever `expires_in_seconds` asks for.
    """
    return calls.place(command, run)


@command(
    room,
    "POST /sandbox/{run}/v1/holds/{id}/capture",
    body=Capture,
    answer=HoldAnswer,
    allow=CALLERS,
    refuses=(*OVER, *UNPROVEN),
    status=200,
    prepare=prepare.capture,
)
def capture_sandbox_hold(command: Command[Capture], _: None, run: str, id: str) -> Decision:
    """Take a part of what is held, once: fewer points than were held."""
    return calls.capture(command, run, id)


@command(
    room,
    "POST /sandbox/{run}/v1/holds/{id}/refund",
    body=HoldRefund,
    answer=HoldAnswer,
    allow=CALLERS,
    refuses=(*OVER, AlreadyRefunded, *UNPROVEN),
    status=200,
    prepare=prepare.refund,
)
def refund_sandbox_hold(command: Command[HoldRefund], _: None, run: str, id: str) -> Decision:
    """Give back points that were captured, in part or whole."""
    return calls.refund(command, run, id)


@command(
    room,
    "POST /sandbox/{run}/v1/holds/{id}/release",
    body=Empty,
    answer=HoldAnswer,
    allow=CALLERS,
    refuses=(*OVER, *UNPROVEN),
    status=200,
    prepare=prepare.release,
)
def release_sandbox_hold(command: Command[Empty], _: None, run: str, id: str) -> Decision:
    """Give the points back."""
    return calls.release(command, run, id)
