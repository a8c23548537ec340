"""The end of an agreement or licence is announced, comes, and is lifted by a renewal."""

from typing import Any

from chalicelib.errors import Contended, InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty
from chalicelib.kernel.record import Facts
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import unturned
from chalicelib.merchants.actions import reinstate, suspend
from chalicelib.merchants.model import GONE, RENEWED, Cause, Subject, suspenders
from chalicelib.merchants.validity import Validity, not_past, valid_until
from chalicelib.renewals.model import Renewal, RenewalAnswer, ValidityEnd
from chalicelib.table import keys
from chalicelib.table.write import Attr, Write, check, update

REASONS: dict[Subject, str] = {
    "agreement": "合作协议到期 (the cooperation agreement has ended)",
    "licence": "营业执照到期 (the business licence has ended)",
}


def remind(command: Command[Empty], validity: Validity) -> Decision:
    """Who has to act learns of the end, once. Refuses InvalidState where it was renewed or announced meanwhile."""
    answer = _end(command, validity)
    mark, facts = _mark(command, validity, "reminded_at"), Facts(merchant=validity.merchant)
    return Decision(f"{validity.subject}_ending", answer, (mark,), facts, publish=True)


def stop(command: Command[Empty], validity: Validity, account: Account) -> Decision:
    """Its time is over: the merchant (``account``, as read) is suspended until it is renewed. Other suspensions stay
    their own. Raises InvalidState where it is suspended for this already; refuses it where it was renewed meanwhile.
    """
    subject = validity.subject
    worded = Command(command.caller, Cause(reason=REASONS[subject]), command.id, command.now)
    decision = suspend(worded, account, subject)
    writes = (*decision.writes, _mark(command, validity, "stopped_at"))
    return Decision(decision.kind, _end(command, validity), writes, decision.facts, publish=True)


def renew(command: Command[Renewal], account: Account, known: Validity | None) -> Decision:
    """The exchange has seen a new agreement or licence. What its end had stopped sells again, unless another suspends
    it. ``known``: what was valid, as read. Raises InvalidState for who is no merchant any more, InvalidRequest for a
    day that is past.
    """
    body, merchant = command.body, account.as_merchant
    if body.ends_on:
        not_past(command, "/ends_on", body.ends_on)
    if merchant.status in GONE:
        raise InvalidState(state=merchant.status, action="renew")
    valid = valid_until(command, account.id, body.subject, body.ends_on, known)
    stopped = body.subject in suspenders(merchant)
    decision = reinstate(command, account, body.subject) if stopped else None
    turn = decision.writes if decision else (check(account.key, unturned(account), lambda _: Contended()),)
    others = suspenders(merchant) - {body.subject}
    answer = RenewalAnswer(
        merchant=account.id,
        subject=body.subject,
        ends_on=body.ends_on,
        status="suspended" if others else "active",
        suspended_by=sorted(others),
    )
    facts = Facts(merchant=account.id, reason=body.reason, reference=body.evidence_sha256)
    return Decision(RENEWED, answer, (*turn, valid), facts, publish=stopped)


def _end(command: Command[Any], validity: Validity) -> ValidityEnd:
    left = validity.days_left(command.now)
    return ValidityEnd(merchant=validity.merchant, ends_on=str(validity.ends_on), days_left=left or 0)


def _mark(command: Command[Any], validity: Validity, name: str) -> Write:
    def refuse(_: object) -> Refusal:
        return InvalidState(state="replaced", action="renew")

    key = keys.validity(validity.merchant, validity.subject)
    require = Attr("since").eq(validity.since) & Attr(name).not_exists()
    return update(key, assign={name: command.at}, require=require, refuse=refuse)
