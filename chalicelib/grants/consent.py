"""A person consents, for one partner and one purpose."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from chalicelib.errors import InvalidRequest, InvalidState, Refusal, Text
from chalicelib.grants import codes
from chalicelib.grants.items import NEVER, REPORT, SPEND, Grant, Granted, Granting, Version, day
from chalicelib.grants.model import (
    CODE_MINUTES,
    Consent,
    OfferedGrantAnswer,
    SpendConsent,
    to_answer,
)
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts
from chalicelib.ledger.standing import acting
from chalicelib.merchants.model import MALL, SUB_PLATFORM, MerchantAnswer
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, absent, put, seen


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
    if not begun or min(begun[-1].valid_until or NEVER, begun[-1].methodology_until or NEVER) <= at:
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


def consent_to_report(command: Command[Consent], scenario: Version, person: str, key: bytes) -> Decision:
    """A person, counted as ``person``, lets the operator of ``scenario`` report her reductions. Refuses GrantLive."""
    grant = replace(_new(command, REPORT, scenario.operator, key), scenario=scenario.code, person=person)
    return _offer(command, grant, key)


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
    offered = to_answer(grant, at=command.at, today=day(command.now)).model_dump()
    code = codes.code(grant.id, key)
    return Decision(
        kind="grant_offered",
        answer=OfferedGrantAnswer(**offered, code=code, code_expires_at=grant.code_expires_at),
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
