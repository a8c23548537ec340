"""Consenting, redeeming the code of a consent, withdrawing it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.grants import codes
from chalicelib.grants.items import REPORT, SPEND, STEPS, Grant, Granted, Granting, Version, day
from chalicelib.grants.model import (
    CODE_MINUTES,
    CodeRedemption,
    Consent,
    OfferedGrantAnswer,
    SpendConsent,
    to_answer,
)
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.standing import acting
from chalicelib.merchants.model import MALL, SUB_PLATFORM, MerchantAnswer
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Write, absent, put, seen, update
from chalicelib.transitions import step

NEVER = "9999"  # sorts behind every time


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


class GrantLive(InvalidState):
    detail = Text(
        "The person has a live grant for this partner and purpose already: {grant}.",
        "该用户对此对接方的同类授权仍然有效：{grant}。",
    )
    remedy = Text(
        "Use that grant, or withdraw it first with POST /v1/grants/{id}/withdraw.",
        "请使用该授权，或先通过 POST /v1/grants/{id}/withdraw 撤回。",
    )


def report_partner(versions: Sequence[Version], at: str) -> Version:
    """The version of the scenario that is in force at ``at``; ``versions`` come oldest first.

    It is the newest that has begun. Where that one has ended, no older one comes back. Raises InvalidRequest.
    """
    begun = [each for each in versions if each.valid_from <= at]
    if not begun or (begun[-1].valid_until or NEVER) <= at:
        raise InvalidRequest.at("/scenario", "Is no scenario in force", "不是现行有效的减排场景")
    return begun[-1]


def spend_partner(body: SpendConsent, merchant: MerchantAnswer | None, at: str) -> str:
    """The merchant, if it can take points in its own mall. Raises InvalidRequest."""
    if merchant is None or merchant.status != "active" or merchant.mode not in (MALL, SUB_PLATFORM):
        en = "Is no active merchant with a mall of its own (third_party_mall, sub_platform)"
        raise InvalidRequest.at("/merchant", en, "不是正常状态的第三方积分商城或分平台权益方")
    if stamp(body.expires_at) <= at:
        raise InvalidRequest.at("/expires_at", "Must lie in the future", "应晚于当前时间")
    return merchant.id


def consent_to_report(command: Command[Consent], scenario: Version, key: bytes) -> Decision:
    """A person lets the operator of ``scenario`` report her reductions. Refuses GrantLive."""
    return _offer(command, replace(_new(command, REPORT, scenario.operator, key), scenario=scenario.code), key)


def consent_to_spend(command: Command[Consent], body: SpendConsent, merchant: str, key: bytes) -> Decision:
    """A person lets ``merchant`` take points within her limits. Refuses GrantLive."""
    grant = replace(
        _new(command, SPEND, merchant, key),
        points_max_order=body.points_max_order,
        points_max_day=body.points_max_day,
        expires_at=stamp(body.expires_at),
    )
    return _offer(command, grant, key)


def _new(command: Command[Consent], purpose: str, partner: str, key: bytes) -> Grant:
    return Grant(
        id=codes.grant_id(command.id, key),
        purpose="spend" if purpose == SPEND else "report",
        status="offered",
        account=command.caller.account,
        partner=partner,
        code_challenge=command.body.root.code_challenge,
        offered_at=command.at,
        code_expires_at=stamp(command.now + CODE_MINUTES),
    )


def _offer(command: Command[Consent], grant: Grant, key: bytes) -> Decision:
    shown = to_answer(grant, at=command.at, today=day(command.now)).model_dump()
    code = codes.code(grant.id, key)
    return Decision(
        kind="grant_offered",
        answer=OfferedGrantAnswer(**shown, code=code, code_expires_at=grant.code_expires_at),
        writes=(
            acting(grant.account),
            _only_one(grant, command.at),
            put(keys.grant(grant.id), grant),
            put(keys.granted(grant.account, grant.offered_at, grant.id), Granted(grant.id)),
        ),
        facts=Facts(grant=grant.id),
    )


def _only_one(grant: Grant, at: str) -> Write:
    """Two consents at once cannot both win. A code that nobody redeemed in time is in nobody's way."""

    def refuse(other: Granting | None) -> Refusal:
        return GrantLive(grant=other.grant if other else "?", state="active", action="grant")

    return put(
        keys.granting(grant.account, grant.purpose, grant.partner),
        Granting(grant.id, until=grant.code_expires_at),
        require=reduce(or_, (absent(), Attr("until").lte(at))),
        refuse=seen(Granting, refuse),
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
        facts=Facts(grant=grant.id),
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
        facts=Facts(grant=grant.id, merchant=grant.partner if grant.purpose == SPEND else None),
        publish=True,
    )


def _blocks(grant: Grant, until: str) -> Write:
    """Another grant of the pair is refused until then."""
    key = keys.granting(grant.account, grant.purpose, grant.partner)
    return update(key, assign={"until": until}, require=Attr("grant").eq(grant.id))
