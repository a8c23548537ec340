"""/sandbox/{run}/v1/…: the addresses that a merchant's system calls, beneath a run's own."""

from chalice.app import Blueprint

from chalicelib.conformance.sandbox import prepare
from chalicelib.conformance.sandbox.actions import AnswerLost
from chalicelib.edge.endpoints import command
from chalicelib.errors import IdempotencyKeyReused, InvalidState, LimitReached, NotFound
from chalicelib.grants.actions import InvalidGrant
from chalicelib.grants.model import CodeRedemption, GrantAnswer, OfferedGrantAnswer, SpendConsent
from chalicelib.holds.model import Capture, HoldAnswer, NewHold
from chalicelib.holds.rules.proofs import UNPROVEN
from chalicelib.holds.rules.refusals import GrantInactive, OrderReferenceUsed
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty

room = Blueprint(__name__)
SYSTEM = (INSTITUTION,)
OVER = (NotFound, InvalidState)


@command(
    room,
    "POST /sandbox/{run}/v1/grants",
    body=SpendConsent,
    answer=OfferedGrantAnswer,
    allow=SYSTEM,
    refuses=OVER,
    prepare=prepare.consent,
)
def offer_sandbox_grant(command: Command[SpendConsent], decided: Decision, run: str) -> Decision:
    """Consent for the person who does not exist, as her client would. A later consent takes the place of this one."""
    return decided


@command(
    room,
    "POST /sandbox/{run}/v1/grants/redeem",
    body=CodeRedemption,
    answer=GrantAnswer,
    allow=SYSTEM,
    refuses=(*OVER, InvalidGrant),
    status=200,
    prepare=prepare.redeem,
)
def redeem_sandbox_code(command: Command[CodeRedemption], decided: Decision, run: str) -> Decision:
    """Redeem the code, once, by the rules of `POST /v1/grants/redeem`."""
    return decided


@command(
    room,
    "POST /sandbox/{run}/v1/holds",
    body=NewHold,
    answer=HoldAnswer,
    allow=SYSTEM,
    refuses=(*OVER, AnswerLost, GrantInactive, LimitReached, OrderReferenceUsed, IdempotencyKeyReused, *UNPROVEN),
    prepare=prepare.place,
)
def hold_sandbox_points(command: Command[NewHold], decided: Decision, run: str) -> Decision:
    """Hold points that do not exist, by the rules of `POST /v1/holds`. A run's first hold gets 503 once: send it again.

    It expires after 15 seconds, whatever `expires_in_seconds` asks for.
    """
    return decided


@command(
    room,
    "POST /sandbox/{run}/v1/holds/{id}/capture",
    body=Capture,
    answer=HoldAnswer,
    allow=SYSTEM,
    refuses=(*OVER, *UNPROVEN),
    status=200,
    prepare=prepare.capture,
)
def capture_sandbox_hold(command: Command[Capture], decided: Decision, run: str, id: str) -> Decision:
    """Take a part of what is held, once: fewer points than were held."""
    return decided


@command(
    room,
    "POST /sandbox/{run}/v1/holds/{id}/release",
    body=Empty,
    answer=HoldAnswer,
    allow=SYSTEM,
    refuses=(*OVER, *UNPROVEN),
    status=200,
    prepare=prepare.release,
)
def release_sandbox_hold(command: Command[Empty], decided: Decision, run: str, id: str) -> Decision:
    """Give the points back."""
    return decided
