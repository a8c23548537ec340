"""The person who does not exist consents, and the merchant's server redeems her code."""

from chalicelib.conformance.checks import GRANT
from chalicelib.conformance.sandbox.items import NOBODY, Sandbox, SandboxGrant
from chalicelib.conformance.sandbox.parts import facts_of, passed, with_grant
from chalicelib.errors import InvalidRequest
from chalicelib.grants import actions as grants
from chalicelib.grants import codes
from chalicelib.grants.items import Grant, day
from chalicelib.grants.model import CODE_MINUTES, CodeRedemption, OfferedGrantAnswer, SpendConsent
from chalicelib.grants.model import to_answer as grant_answer
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.outside import redirects
from chalicelib.table import keys
from chalicelib.table.write import absent, present, put


def consent(command: Command[SpendConsent], at: Sandbox, key: bytes) -> Decision:
    """The person who does not exist consents, as her client would send it. Raises InvalidRequest."""
    body = command.body
    if body.merchant != at.run.merchant:
        raise InvalidRequest.at("/merchant", "Is not the merchant of this run", "不是本次对接测试的权益方")
    if stamp(body.expires_at) <= command.at:
        raise InvalidRequest.at("/expires_at", "Must lie in the future", "应晚于当前时间")
    redirects.registered(body.redirect_uri, at.system.consent_redirects if at.system else ())
    grant = _consented(command, at, key)
    kept = SandboxGrant(grant, at.run.expires_at)
    offered = grant_answer(grant, at=command.at, today=day(command.now)).model_dump()
    code = codes.code(grant.id, key)
    answer = OfferedGrantAnswer(**offered, code=code, code_expires_at=grant.code_expires_at)
    newest = put(keys.sandbox_grant(at.run.id), kept, require=absent() | present())
    return Decision("sandbox_grant_offered", answer, (newest,), facts_of(at))


def _consented(command: Command[SpendConsent], at: Sandbox, key: bytes) -> Grant:
    body = command.body
    return Grant(
        id=codes.grant_id(f"sandbox {command.id}", key),
        purpose="spend",
        status="offered",
        account=NOBODY,
        partner=at.run.merchant,
        code_challenge=body.code_challenge,
        offered_at=command.at,
        code_expires_at=stamp(command.now + CODE_MINUTES),
        points_max_order=body.points_max_order,
        points_max_day=body.points_max_day,
        expires_at=stamp(body.expires_at),
    )


def redeem(command: Command[CodeRedemption], at: Sandbox, named: str | None) -> Decision:
    """The code is redeemed, once. ``named``: the grant of its code. Raises InvalidGrant."""
    grant = at.grant if at.grant and at.grant.id == named else None
    answer = grants.redeem(command, grant).answer
    active = {"status": "active", "active_from": command.at, "reference": command.body.reference}
    return passed("sandbox_grant_redeemed", command, at, GRANT, answer, with_grant(at, **active))
