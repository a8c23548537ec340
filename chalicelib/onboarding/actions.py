"""Every step from a draft to a merchant of the mall, and the merchant's system after that. Each is one Decision."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.draws.opening import opened
from chalicelib.errors import InvalidRequest, InvalidState
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.ledger.account import Account
from chalicelib.merchants.beside import begins, runs_beside
from chalicelib.merchants.model import EVENT_ADMITTED
from chalicelib.merchants.validity import not_past
from chalicelib.onboarding.items import (
    AcknowledgementNote,
    AgreementNote,
    Application,
    IntegrationNote,
    OpinionNote,
    ReviewNote,
)
from chalicelib.onboarding.model import Acknowledgement, Agreement, Endorsement, Integration, Opinion, Review
from chalicelib.onboarding.required import DocumentsChanged, complete
from chalicelib.onboarding.steps import STEPS, advance, traits
from chalicelib.partners.actions import register
from chalicelib.partners.items import Partner
from chalicelib.table.write import Write
from chalicelib.transitions import step

_LEEWAY = timedelta(minutes=5)  # between the applicant's clock and ours


def submittable(command: Command[Any], application: Application, party: str) -> None:
    """Raises InvalidState, RoleNotAllowed or DocumentsMissing where the application cannot be submitted as it is."""
    step(STEPS, application.status, "submit", party, traits(application))
    complete(application, command.now)


def submit(command: Command[Empty], application: Application, party: str, safe: Mapping[str, bool]) -> Decision:
    """For review, or first for the operator. ``safe``: whether a document that counts is in the archive, by its id.

    One that is not counts no more: it has to be sent again. Raises DocumentsChanged where ``safe`` does not name one,
    because it arrived meanwhile.
    """
    counting = application.documents
    if any(document.id not in safe for document in counting.values()):
        raise DocumentsChanged()
    documents = {kind: document for kind, document in counting.items() if safe[document.id]}
    complete(replace(application, documents=documents), command.now)
    kept = tuple(sorted({*application.kept, *(document.id for document in documents.values())}))
    return advance(command, application, "submit", party, changes={"kept": kept, "documents": documents})


def withdraw(command: Command[Empty], application: Application, party: str) -> Decision:
    """The applicant does not want it any more. Raises InvalidState."""
    return advance(command, application, "withdraw", party)


def endorse(command: Command[Endorsement], application: Application, party: str) -> Decision:
    """The operator of the sub-platform lets a merchant beneath it go to the exchange, or sends it back."""
    body = command.body
    if body.outcome == "return":
        _require_reason(body.comment)
    return advance(command, application, f"endorsement {body.outcome}", party, comment=body.comment)


def review(
    command: Command[Review],
    application: Application,
    party: str,
    *,
    draw_key: bytes,
    applicant: Account | None = None,
) -> Decision:
    """What the exchange found. With an event that passes its draw opens, if it has one: ``draw_key`` makes its seed.
    Where its ``applicant`` (an event's, as read) is a merchant already, it begins beside the mode that this one has.

    Raises DocumentsMissing where it would pass an incomplete application, InvalidRequest where its findings contradict
    the outcome, InvalidState; refuses NoNewEvent.
    """
    body, action = command.body, f"review {command.body.outcome}"
    step(STEPS, application.status, action, party, traits(application))
    changes: dict[str, Any] = {"review": ReviewNote(at=command.at, **body.model_dump())}
    more: tuple[Write, ...] = ()
    if body.outcome != "pass":
        _require_reason(body.comment)
        return advance(command, application, action, party, comment=body.comment, changes=changes)
    _passes(command, application)
    beside = applicant if application.event and runs_beside(applicant, command.at) else None
    if event := application.event:
        more = opened(application.id, application.applicant, event, at=command.at, draw_key=draw_key)
        more += begins(command, beside, application.id, event) if beside else ()
    changes |= {"beside": True} if beside else {}
    decision = advance(command, application, action, party, comment=body.comment, changes=changes, more=more)
    if beside is None:
        return decision
    facts = replace(decision.facts, merchant=beside.id)
    return replace(decision, kind=EVENT_ADMITTED, facts=facts, publish=True)


def _passes(command: Command[Review], application: Application) -> None:
    body, event = command.body, application.event
    if not (body.completeness and body.conformity and body.reliability):
        raise InvalidRequest.at(
            "/outcome", "Only what is complete, in form and reliable passes", "完整性、规范性、可靠性均符合方可通过"
        )
    complete(application, command.now)
    if event and (event.draws_at or event.ends_at) <= command.at:
        raise InvalidState(state="over", action="review pass")


def opinion(command: Command[Opinion], application: Application, party: str) -> Decision:
    """The exchange's opinion, reported to the bureau. Raises InvalidState."""
    body = command.body
    note = OpinionNote(at=command.at, **body.model_dump())
    action = f"opinion {body.conclusion}"
    return advance(command, application, action, party, comment=body.text, changes={"opinion": note})


def acknowledge(command: Command[Acknowledgement], application: Application, party: str) -> Decision:
    """The bureau files the opinion, or refuses the mode ``other``. Raises InvalidState."""
    body = command.body
    note = AcknowledgementNote(at=command.at, **body.model_dump())
    action = f"acknowledge {body.outcome}"
    return advance(command, application, action, party, comment=body.comment, changes={"acknowledgement": note})


def agree(command: Command[Agreement], application: Application, party: str) -> Decision:
    """The cooperation agreement is signed. Raises InvalidState."""
    body = command.body
    if body.signed_at > command.now + _LEEWAY:
        raise InvalidRequest.at("/signed_at", "Lies in the future", "晚于当前时间")
    if body.ends_on:
        not_past(command, "/ends_on", body.ends_on)
    note = AgreementNote(at=command.at, sha256=body.sha256, signed_at=stamp(body.signed_at), ends_on=body.ends_on)
    return advance(command, application, "agreement", party, changes={"agreement": note})


def integrable(application: Application, party: str) -> None:
    """Raises InvalidState or RoleNotAllowed where this is not the step to take: ask before any handshake."""
    step(STEPS, application.status, "integration", party, traits(application))


def integrate(command: Command[Integration], application: Application, party: str, known: Partner | None) -> Decision:
    """The applicant's system has proved itself (``prepare``). From now on it gets the webhooks, instead of ``known``.

    It makes the institution a merchant. Of one that is a merchant it replaces address and key: the key before stays
    valid for a day, and webhooks that were disabled are sent again. A suspended merchant may do so too, because its
    orders and refunds stay. Refuses InvalidState, AlreadyMerchant, AccountFrozen, AccountClosed.
    """
    partner = system(command, application.applicant, known)
    changes = {"integration": _integration(partner)}
    return advance(command, application, "integration", party, changes=changes, more=register(partner, known))


def system(command: Command[Integration], merchant: str, known: Partner | None) -> Partner:
    """The system of ``merchant`` as it registers it, in place of ``known``, whose key stays valid for a day."""
    body = command.body
    return Partner(
        merchant=merchant,
        callback_url=body.callback_url,
        public_key=body.public_key,
        at=command.at,
        previous=known.replaced_by(body.public_key, command.now) if known else None,
        signatures=body.signatures or (known.signatures if known else "optional"),
        consent_redirects=_redirects(body, known),
    )


def _redirects(body: Integration, known: Partner | None) -> tuple[str, ...]:
    if body.consent_redirects is None:
        return known.consent_redirects if known else ()
    return tuple(body.consent_redirects)


def _integration(partner: Partner) -> IntegrationNote:
    previous = partner.previous
    return IntegrationNote(
        at=partner.at,
        callback_url=partner.callback_url,
        public_key=partner.public_key,
        previous_public_key=previous.public_key if previous else None,
        previous_valid_until=previous.valid_until if previous else None,
        signatures=partner.signatures,
        consent_redirects=partner.consent_redirects,
    )


def _require_reason(comment: str | None) -> None:
    if comment is None:
        raise InvalidRequest.at("/comment", "Give the reason", "请说明原因")
