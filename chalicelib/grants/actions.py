"""Redeeming the code of a consent, and withdrawing it."""

from dataclasses import replace

from chalicelib.errors import Refusal, Text
from chalicelib.grants import codes
from chalicelib.grants.items import NEVER, SPEND, STEPS, Grant, day
from chalicelib.grants.model import (
    CodeRedemption,
    to_answer,
)
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.ledger.standing import acting
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, update
from chalicelib.transitions import step


class InvalidGrant(Refusal):
    """One answer for every reason, so that it helps nobody to guess (RFC 6749 §5.2)."""

    status, code = 422, "invalid_grant"
    title = Text("The code cannot be redeemed", "授权码无效")
    detail = Text(
        "The code is wrong, used, expired, meant for another partner, or the code_verifier does not fit it.",
        "授权码有误、已使用、已过期、不属于该对接方，或 code_verifier 不匹配。",
    )
    remedy = Text(
        "Ask the person to consent again, and redeem the new code once, within ten minutes.",
        "请用户重新授权，并在十分钟内使用新的授权码一次。",
    )


def redeem(command: Command[CodeRedemption], grant: Grant | None) -> Decision:
    """The partner gets the grant, once. ``grant`` is the one that the code names, as read. Raises InvalidGrant;
    refuses AccountFrozen to a merchant.
    """
    body, at = command.body, command.at
    fits = codes.answers(body.code_verifier, grant.code_challenge if grant else "")
    over = grant is None or (grant.expires_at or NEVER) <= at
    if grant is None or not fits or over or not grant.is_for(command.caller) or grant.standing(at) != "offered":
        raise InvalidGrant()
    active = replace(grant, status="active", active_from=at, reference=body.reference)
    return Decision(
        kind="grant_redeemed",
        answer=to_answer(active, at=at, today=day(command.now)),
        writes=(
            update(
                keys.grant(grant.id),
                assign={"status": "active", "active_from": at, "reference": body.reference},
                listed=Listing(lists.grants(grant.purpose, grant.partner), f"{at}:{grant.id}"),
                require=Attr("status").eq("offered"),
                refuse=lambda _: InvalidGrant(),
            ),
            _blocks(grant, grant.expires_at or NEVER),
            *((acting(grant.partner),) if grant.purpose == SPEND else ()),  # an operator needs no account
        ),
        facts=Facts(grant=grant.id, account=grant.account),
        publish=True,
    )


def withdraw(command: Command[Empty], grant: Grant) -> Decision:
    """Either party ends the grant. What it allowed before stays: trips that occurred, holds that exist.

    Raises InvalidState where it has ended, RoleNotAllowed where it is another party's step.
    """
    role, at = command.caller.role, command.at
    step(STEPS, grant.standing(at), "withdraw", role)
    answer = to_answer(
        replace(grant, status="withdrawn", withdrawn_at=at, withdrawn_by=role), at=at, today=day(command.now)
    )
    return Decision(
        kind="grant_withdrawn",
        answer=answer,
        writes=(
            update(
                keys.grant(grant.id),
                assign={"status": "withdrawn", "withdrawn_at": at, "withdrawn_by": role},
                require=Attr("status").eq(grant.status),
            ),
            _blocks(grant, at),
        ),
        facts=Facts(grant=grant.id, account=grant.account, merchant=grant.partner if grant.purpose == SPEND else None),
        publish=True,
    )


def _blocks(grant: Grant, until: str) -> Write:
    """Another grant of the pair is refused until then."""
    key = keys.granting(grant.account, grant.purpose, grant.partner)
    return update(key, assign={"until": until}, require=Attr("grant").eq(grant.id))
