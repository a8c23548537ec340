"""Abandoning a campaign, and refunding one donation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.campaigns import obligations
from chalicelib.campaigns.actions import move, shut
from chalicelib.campaigns.items import Campaign, CampaignAccount, total
from chalicelib.campaigns.model import STEPS, Abandonment
from chalicelib.campaigns.refunding.model import DonationRefundAnswer, Refunding, place, refund
from chalicelib.certificates.actions import undone
from chalicelib.certificates.items import Certificate
from chalicelib.errors import Contended
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Record
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.refunds import Payee, brought_to, given_up, touched
from chalicelib.table import keys
from chalicelib.table.lists import UNLISTED
from chalicelib.table.write import Attr, Write, present, put, update
from chalicelib.transitions import step


def abandon(command: Command[Abandonment], campaign: Campaign, accounts: Mapping[str, CampaignAccount]) -> Decision:
    """The campaign takes no more donations, and what was given waits to go back. Its institution is free of it.

    Raises InvalidState unless it collects: what has ended is closed for the beneficiary. Refuses AccountFrozen and
    AccountClosed where the institution itself asks. ``accounts``: as read, for the answer only.
    """
    status = step(STEPS, campaign.status, "abandon", command.caller.role)
    reason = command.body.reason
    note = put(
        keys.campaign_refunds(campaign.id),
        Refunding(campaign=campaign.id, reason=reason),
        listed=place(campaign.id, command.at),
    )
    writes = (
        move(campaign, "abandon", {"status": status, "reason": reason}),
        obligations.concluded(command, campaign),
        *shut(campaign, status),
        note,
    )
    abandoned = replace(campaign, status=status, reason=reason)
    return Decision("campaign_abandoned", abandoned.to_answer(total(accounts.values())), writes, publish=True)


def give_back(command: Command[Any], donation: Record, *, payee: Payee, proof: Certificate, reason: str) -> Decision:
    """A donation's points go back to its person, or to whom ``payee`` says, and its certificate is revoked. Where that
    account is gone for good they are given up, as what it held was: else the campaign would wait for ever.

    A freeze stops no refund: what comes is frozen, too. Refuses AccountClosed, and Contended where anything is not as
    it was read.
    """
    [given] = donation.postings
    abandoned = AccountCondition(require=Attr("status").eq("abandoned"), refuse=lambda _: Contended())
    transfer, conditions = refund(given.destination, given.source, given.amount), payee.conditions()
    if payee.is_gone:
        transfer, conditions = given_up(payee, transfer)
    else:
        transfer = brought_to(payee, transfer, given.source)
    terms = {given.destination: abandoned} | conditions
    writes, facts = post(transfer, record=command.id, terms=touched(terms, transfer))
    campaign = str(donation.counterparty)
    answer = DonationRefundAnswer(
        id=campaign, donation=donation.id, points=given.amount, at=command.at, account=payee.account.id
    )
    facts = replace(facts, counterparty=campaign, reference=donation.id, certificate=proof.serial)
    facts = replace(facts, owner=payee.owner(given.source))
    return Decision("donation_refunded", answer, (*writes, undone(command, proof, reason=because(reason))), facts)


def because(reason: str) -> str:
    """What the public certificate of a refunded donation says."""
    return f"捐赠项目已终止，碳积分已返还捐赠人 The campaign was abandoned and the points went back: {reason}"


def looked_at(refunding: Refunding, behind: str) -> Write:
    """The pass continues behind this donation, whoever takes it up."""
    return update(keys.campaign_refunds(refunding.campaign), assign={"behind": behind}, require=present())


def passed(refunding: Refunding, after: Refunding | None, **listed: Any) -> Write:
    """All donations were looked at. ``after``: how the next pass begins; None where all is refunded."""
    key = keys.campaign_refunds(refunding.campaign)
    if after is None:
        return update(key, remove=UNLISTED, require=present())
    return update(key, assign={"behind": after.behind, "passes": after.passes}, require=present(), **listed)
