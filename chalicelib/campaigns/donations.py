"""Donating to a campaign."""

from dataclasses import replace

from chalicelib.campaigns import model
from chalicelib.campaigns.items import Campaign, CampaignAccount
from chalicelib.campaigns.model import DonationAnswer, NewDonation
from chalicelib.campaigns.refusals import CampaignClosed
from chalicelib.certificates.actions import issue
from chalicelib.certificates.items import CertificateFacts
from chalicelib.errors import Contended, Refusal, Text
from chalicelib.kernel.decision import Command, Decision
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountCondition, InsufficientPoints, inactive, post
from chalicelib.table import keys
from chalicelib.table.write import Attr, seen


class CampaignProposed(CampaignClosed):
    detail = Text(
        "The exchange has not approved it yet. Its end is {ends_at}.",
        "该捐赠项目尚待上海环交所审批，暂不接受捐赠。截止时间为 {ends_at}。",
    )


def donate(
    command: Command[NewDonation], campaign: Campaign, person: Account, *, stripe: int, serial_key: bytes
) -> Decision:
    """Points from the person to the campaign, with a certificate: the person, one campaign account, the certificate,
    the Record. Refuses CampaignClosed, InsufficientPoints, AccountClosed, AccountFrozen.
    """
    points, account = command.body.points, keys.campaign_account(campaign.id, stripe)
    again = campaign.id in person.campaigns
    terms = {
        account: _to_campaign(command, campaign, again=again),
        person.holder: _from_person(points, campaign.id, again=again),
    }
    writes, facts = post(model.gift(person.holder, account, points), record=command.id, terms=terms)
    reference, certificate = issue(command, _proof(campaign, person.name, points), serial_key=serial_key)
    answer = DonationAnswer(
        id=command.id, campaign=campaign.id, points=points, at=command.at, certificate=reference.to_answer()
    )
    facts = replace(facts, counterparty=campaign.id, certificate=reference.serial)
    return Decision("donation", answer, (*writes, certificate), facts)


def _to_campaign(command: Command[NewDonation], campaign: Campaign, *, again: bool) -> AccountCondition:
    """``again``: the person gave before, and counts as one donor."""
    return AccountCondition(
        require=Attr("status").eq("approved") & Attr("ends_at").gt(command.at),
        refuse=seen(CampaignAccount, lambda account: _not_open(campaign, account)),
        add={"gathered": command.body.points} | ({} if again else {"donors": 1}),
    )


def _from_person(points: int, campaign: str, *, again: bool) -> AccountCondition:
    """The person's account remembers the campaigns that she gave to, so that a donor counts once."""
    known = Attr("campaigns").contains(campaign)
    return AccountCondition(
        require=known if again else ~known,
        refuse=seen(Account, lambda now: _short(now, points, campaign, again)),
        add={} if again else {"campaigns": {campaign}},
    )


def _proof(campaign: Campaign, donor: str, points: int) -> CertificateFacts:
    return CertificateFacts(
        kind="donation",
        holder=donor,
        beneficiary=campaign.beneficiary,
        grams=points,
        points=points,
        purpose=campaign.purpose,
        campaign=campaign.id,
        title=campaign.title,
    )


def _not_open(campaign: Campaign, account: CampaignAccount | None) -> Refusal:
    """A campaign has accounts from its approval on; until then, and where it was rejected, its own state counts."""
    kind = CampaignProposed if account is None and campaign.status == "proposed" else CampaignClosed
    return kind(state=(account or campaign).status, ends_at=campaign.ends_at)


def _short(person: Account | None, points: int, campaign: str, again: bool) -> Refusal:
    if person is None or person.status != "active":
        return (inactive(person) if person else None) or AccountClosed()
    if (campaign in person.campaigns) != again:
        return Contended()  # her first donation overtook this one: decide again
    return InsufficientPoints(needed=points, available=person.points)
