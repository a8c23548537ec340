"""Proposing, changing, judging, ending and closing campaigns."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.campaigns import model, obligations
from chalicelib.campaigns.items import Campaign, CampaignAccount, CampaignPointer, CampaignSums, total
from chalicelib.campaigns.model import STEPS, STRIPES, Approval, CampaignEdit, Judgement, NewCampaign
from chalicelib.campaigns.refusals import CampaignEdited, CampaignExpired
from chalicelib.certificates.actions import issue
from chalicelib.certificates.items import CertificateFacts
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountCondition, post
from chalicelib.ledger.standing import acting
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.write import Attr, Write, present, put, seen, update
from chalicelib.transitions import not_a_step, step


def propose(command: Command[NewCampaign], institution: Account) -> Decision:
    """A campaign that waits for the exchange. Raises InvalidRequest where it would end in the past.

    The account counts its live campaigns, and cannot close while there are any. Refuses TooManyProposals.
    """
    body = command.body
    _in_time(command, body)
    campaign = Campaign(
        **body.model_dump(exclude={"ends_at"}),
        ends_at=stamp(body.ends_at),
        id=command.id,
        institution=institution.id,
        beneficiary=institution.name,
        status="proposed",
        proposed_at=command.at,
        counted=True,
    )
    writes = (
        obligations.proposed(campaign),
        put(keys.campaign(campaign.id), campaign, listed=_place(lists.CAMPAIGNS_PROPOSED, campaign)),
        put(obligations.pointer(campaign), CampaignPointer(campaign=campaign.id, at=campaign.proposed_at)),
    )
    return Decision("campaign_proposed", campaign.to_answer(), writes)


def edit(command: Command[CampaignEdit], campaign: Campaign) -> Decision:
    """What was proposed changes. Raises InvalidState once it was judged, InvalidRequest where nothing is changed, or
    where it would end in the past.
    """
    if campaign.status != "proposed":
        raise not_a_step(STEPS, campaign.status, "edit", command.caller.role)
    changes = command.body.model_dump(exclude_none=True)
    if command.body.model_fields_set != changes.keys() or not changes:
        raise InvalidRequest.at(
            "", "Name at least one field to change, none of them null", "请至少填写一个需修改的字段，且不得为 null"
        )
    _in_time(command, command.body)
    if command.body.ends_at:
        changes["ends_at"] = stamp(command.body.ends_at)
    edited = replace(campaign, **changes, edits=campaign.edits + 1)
    changed = replace(move(campaign, "edit", changes), add={"edits": 1})
    return Decision("campaign_edited", edited.to_answer(), (acting(campaign.institution), changed))


def approve(command: Command[Approval], campaign: Campaign) -> Decision:
    """The public sees the campaign, and its accounts take donations. Raises InvalidState, CampaignEdited, and
    CampaignExpired where its end has passed; refuses AccountFrozen and AccountClosed.
    """
    status = step(STEPS, campaign.status, "approve", command.caller.role)
    if command.body.edits not in (None, campaign.edits):
        raise CampaignEdited(state=campaign.status, action="approve", edits=campaign.edits)
    if campaign.ends_at <= command.at:
        raise CampaignExpired(state=campaign.status, ends_at=campaign.ends_at)
    empty = CampaignAccount(status=status, ends_at=campaign.ends_at)
    opened = (put(keys.account(keys.campaign_account(campaign.id, stripe)), empty) for stripe in range(STRIPES))
    moved = move(campaign, "approve", {"status": status}, listed=_place(lists.CAMPAIGNS, campaign))
    approved = replace(campaign, status=status)
    return Decision("campaign_approved", approved.to_answer(), (obligations.approved(campaign), moved, *opened))


def reject(command: Command[Judgement], campaign: Campaign) -> Decision:
    """The exchange refuses the campaign for good. Raises InvalidState."""
    status = step(STEPS, campaign.status, "reject", command.caller.role)
    changes = {"status": status, "reason": command.body.reason}
    moved = move(campaign, "reject", changes, remove=UNLISTED)
    rejected = replace(campaign, status=status, reason=command.body.reason)
    writes = (moved, obligations.concluded(command, campaign))
    return Decision("campaign_rejected", rejected.to_answer(), writes, publish=True)


def end(command: Command[Any], campaign: Campaign, may: tuple[Write, ...] = ()) -> Decision:
    """The campaign takes no more donations. ``may``: what else must hold. Raises InvalidState."""
    status = step(STEPS, campaign.status, "end", command.caller.role)
    writes = (*may, move(campaign, "end", {"status": status}), *shut(campaign, status))
    return Decision("campaign_ended", replace(campaign, status=status).to_answer(), writes)


def close(
    command: Command[Any], campaign: Campaign, accounts: Mapping[str, CampaignAccount], *, serial_key: bytes
) -> Decision:
    """All that an ended campaign's accounts hold is used up for its beneficiary, with a certificate if it is anything.

    ``accounts`` by name, as read after the end: nothing can be added any more. They are read later than ``campaign``,
    so another closing may have emptied them in between. Raises Contended then (decide again), and InvalidState; refuses
    AccountFrozen and AccountClosed where the institution itself asks.
    """
    status = step(STEPS, campaign.status, "close", command.caller.role)
    closed, sums = replace(campaign, status=status), total(accounts.values())
    held = {name: account.points for name, account in accounts.items()}
    concluded = obligations.concluded(command, campaign)
    if sums.points != sum(held.values()):
        raise Contended()
    if not sums.points:
        writes = (move(campaign, "close", {"status": status}), concluded)
        return Decision("campaign_closed", closed.to_answer(sums), writes, publish=True)
    emptied = {name: AccountCondition(refuse=lambda _: Contended()) for name, points in held.items() if points}
    postings, facts = post(model.retirement(held), record=command.id, terms=emptied)
    reference, certificate = issue(command, _proof(campaign, sums), serial_key=serial_key)
    moved = move(campaign, "close", {"status": status, "certificate": vars(reference)})
    return Decision(
        "campaign_closed",
        replace(closed, certificate=reference).to_answer(sums),
        (moved, concluded, *postings, certificate),
        replace(facts, certificate=reference.serial),
    )


def _proof(campaign: Campaign, sums: CampaignSums) -> CertificateFacts:
    return CertificateFacts(
        kind="campaign",
        holder=campaign.beneficiary,
        beneficiary=campaign.beneficiary,
        grams=sums.points,
        points=sums.points,
        purpose=campaign.purpose,
        campaign=campaign.id,
        title=campaign.title,
        donors=sums.donors,
    )


def shut(campaign: Campaign, status: str) -> Iterator[Write]:
    """None of the campaign's accounts takes anything from now on: a donation at the same time is before or after."""
    for stripe in range(STRIPES):
        name = keys.campaign_account(campaign.id, stripe)
        yield update(keys.account(name), assign={"status": status}, require=present())


def _in_time(command: Command[Any], body: NewCampaign | CampaignEdit) -> None:
    if body.ends_at and body.ends_at <= command.now:
        raise InvalidRequest.at("/ends_at", "Must lie in the future", "应晚于当前时间")


def _place(name: str, campaign: Campaign) -> Listing:
    return Listing(name, f"{campaign.proposed_at}:{campaign.id}")


def move(
    campaign: Campaign,
    action: str,
    changes: Mapping[str, Any],
    *,
    listed: Listing | None = None,
    remove: tuple[str, ...] = (),
) -> Write:
    """Changes to the campaign as it was read: in that state, and with no edit since."""

    def refuse(now: Campaign | None) -> Refusal:
        status = (now or campaign).status
        return Contended() if status == campaign.status else InvalidState(state=status, action=action)

    edits = Attr("edits")
    unedited = edits.eq(campaign.edits) if campaign.edits else edits.not_exists() | edits.eq(0)
    require = Attr("status").eq(campaign.status) & unedited
    key = keys.campaign(campaign.id)
    return update(key, assign=changes, remove=remove, listed=listed, require=require, refuse=seen(Campaign, refuse))
