"""Proposing, judging, donating to, ending and closing campaigns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib.campaigns import model
from chalicelib.campaigns.model import (
    STEPS,
    STRIPES,
    Campaign,
    Donation,
    Gathered,
    Judgement,
    NewCampaign,
    NewDonation,
    shown,
)
from chalicelib.certificates.actions import issue
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal, Text
from chalicelib.kernel.caller import INSTITUTION
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import Empty, stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.actions import AccountClosed, AccountCondition, InsufficientPoints, inactive, post
from chalicelib.ledger.standing import acting
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing
from chalicelib.table.write import Attr, Item, Write, present, put, seen, update
from chalicelib.transitions import step

NOTHING = Gathered(points=0, donors=0)


class CampaignClosed(Refusal):
    status, code = 409, "campaign_closed"
    title = Text("The campaign takes no points", "该募集活动不接受捐赠")
    detail = Text("It is {state}, and ends at {ends_at}.", "活动状态为 {state}，截止时间 {ends_at}。")
    remedy = Text("Choose a campaign that is approved and has not ended.", "请选择已批准且未截止的活动。")


class CampaignProposed(CampaignClosed):
    detail = Text(
        "The exchange has not approved it yet. It ends at {ends_at}.",
        "该活动尚待交易所审核，暂不接受捐赠。截止时间 {ends_at}。",
    )


def propose(command: Command[NewCampaign], institution: Account) -> Decision:
    """A campaign that waits for the exchange. Raises InvalidRequest where it would end in the past.

    The account counts its live campaigns, and cannot close while there are any.
    """
    body = command.body
    if body.ends_at <= command.now:
        raise InvalidRequest.at("/ends_at", "Must lie in the future", "应晚于当前时间")
    item = body.model_dump() | {
        "id": command.id,
        "institution": institution.id,
        "beneficiary": institution.name,
        "status": "proposed",
        "ends_at": stamp(body.ends_at),
        "proposed_at": command.at,
        "counted": True,
    }
    listed = Listing(lists.CAMPAIGNS, f"{command.at}:{command.id}").attributes
    counted = acting(institution.id, add={"campaigns_live": 1})
    writes = (counted, put(keys.campaign(command.id), item | listed))
    return Decision("campaign_proposed", shown(item, NOTHING), writes)


def approve(command: Command[Empty], item: Item) -> Decision:
    """The campaign opens its pots. Raises InvalidState, CampaignClosed where its end has passed; refuses AccountFrozen
    and AccountClosed, for its institution cannot promise anything then.
    """
    status = step(STEPS, item["status"], "approve", command.caller.role)
    if item["ends_at"] <= command.at:
        raise CampaignClosed(state=item["status"], ends_at=item["ends_at"])
    empty = {"points": 0, "gathered": 0, "donors": 0, "status": "approved", "ends_at": item["ends_at"]}
    opened = (put(keys.account(keys.pot(item["id"], stripe)), empty) for stripe in range(STRIPES))
    writes = (acting(item["institution"]), _move(item, status), *opened)
    return Decision("campaign_approved", shown(item | {"status": status}, NOTHING), writes)


def reject(command: Command[Judgement], item: Item) -> Decision:
    """The exchange says no, for good. Raises InvalidState."""
    status = step(STEPS, item["status"], "reject", command.caller.role)
    said = {"status": status, "reason": command.body.reason}
    moved = _move(item, status, reason=said["reason"])
    return Decision("campaign_rejected", shown(item | said, NOTHING), (moved, *_concluded(command, item)))


def donate(command: Command[NewDonation], campaign: Item, person: Account, stripe: int) -> Decision:
    """Points from the person to a pot, with a certificate: the person, one pot, the certificate, the Record.

    The person's account remembers the campaigns she gave to, so that a donor counts once. Refuses CampaignClosed,
    InsufficientPoints.
    """
    points, pot = command.body.points, keys.pot(campaign["id"], stripe)
    known = Attr("campaigns").contains(campaign["id"])
    again = campaign["id"] in person.campaigns
    open_now = Attr("status").eq("approved") & Attr("ends_at").gt(command.at)
    terms = {
        pot: AccountCondition(
            require=open_now,
            refuse=lambda old: _not_open(campaign, old),
            add={"gathered": points} | ({} if again else {"donors": 1}),
        ),
        person.holder: AccountCondition(
            require=known if again else ~known,
            refuse=seen(Account, lambda old: _short(old, points, campaign["id"], again)),
            add={} if again else {"campaigns": {campaign["id"]}},
        ),
    }
    writes, facts = post(model.gift(person.holder, pot, points), record=command.id, terms=terms)
    issued, certificate = issue(
        record=command.id,
        at=command.at,
        kind="donation",
        holder=person.name,
        beneficiary=campaign["beneficiary"],
        grams=points,
        points=points,
        purpose=campaign["purpose"],
        details={"campaign": campaign["id"], "title": campaign["title"]},
    )
    answer = Donation(id=command.id, campaign=campaign["id"], points=points, at=command.at, certificate=issued)
    facts = replace(facts, counterparty=campaign["id"], certificate=issued.serial)
    return Decision("donation", answer, (*writes, certificate), facts)


def end(command: Command[Any], item: Item, may: tuple[Write, ...] = ()) -> Decision:
    """The pots take no more. ``may``: what else must hold. Raises InvalidState."""
    status = step(STEPS, item["status"], "end", command.caller.role)
    shut = (
        update(keys.account(keys.pot(item["id"], stripe)), assign={"status": status}, require=present())
        for stripe in range(STRIPES)
    )
    return Decision("campaign_ended", shown(item | {"status": status}, NOTHING), (*may, _move(item, status), *shut))


def close(command: Command[Any], item: Item, pots: Mapping[str, Item]) -> Decision:
    """All that the pots of an ended campaign hold is used up for its beneficiary, with a certificate if it is anything.

    ``pots`` by account name, as read after the end: nothing can be added any more. They are read later than ``item``,
    so another closing may have emptied them in between. Raises Contended then (decide again), and InvalidState; refuses
    AccountFrozen and AccountClosed where the institution itself asks.
    """
    status = step(STEPS, item["status"], "close", command.caller.role)
    concluded = _concluded(command, item)
    sums, held = model.gathered(pots.values()), {name: pot["points"] for name, pot in pots.items()}
    if sums.points != sum(held.values()):
        raise Contended()
    if not sums.points:
        closed = item | {"status": status}
        return Decision("campaign_closed", shown(closed, sums), (_move(item, status), *concluded))
    emptied = {name: AccountCondition(refuse=lambda _: Contended()) for name, points in held.items() if points}
    writes, facts = post(model.retirement(held), record=command.id, terms=emptied)
    issued, certificate = issue(
        record=command.id,
        at=command.at,
        kind="campaign",
        holder=item["beneficiary"],
        beneficiary=item["beneficiary"],
        grams=sums.points,
        points=sums.points,
        purpose=item["purpose"],
        details={"campaign": item["id"], "title": item["title"], "donors": sums.donors},
    )
    said = {"status": status, "certificate": issued.model_dump()}
    moved = _move(item, status, certificate=said["certificate"])
    answer: Campaign = shown(item | said, sums)
    facts = replace(facts, certificate=issued.serial)
    return Decision("campaign_closed", answer, (moved, *concluded, *writes, certificate), facts)


def _concluded(command: Command[Any], item: Item) -> tuple[Write, ...]:
    """The institution has one live campaign less. Campaigns of before the counter were never counted.

    It must be able to act where it asks itself; the exchange and the schedule conclude a frozen one's campaign too.
    """
    less = {"campaigns_live": -1} if item.get("counted") else {}
    if command.caller.role == INSTITUTION:
        return (acting(item["institution"], add=less),)
    account = keys.account(keys.holder(item["institution"]))
    return (update(account, add=less, require=present()),) if less else ()


def _move(item: Item, status: str, **facts: Any) -> Write:
    return update(
        keys.campaign(item["id"]),
        assign={"status": status} | facts,
        require=Attr("status").eq(item["status"]),
        refuse=lambda old: InvalidState(state=(old or item)["status"], action=status),
    )


def _not_open(campaign: Item, pot: Item | None) -> Refusal:
    """A campaign has pots from its approval on; until then, and where it was rejected, it speaks for itself."""
    kind = CampaignProposed if pot is None and campaign["status"] == "proposed" else CampaignClosed
    return kind(state=(pot or campaign)["status"], ends_at=campaign["ends_at"])


def _short(person: Account | None, points: int, campaign: str, again: bool) -> Refusal:
    if person is None or person.status != "active":
        return _closed_account(person)
    if (campaign in person.campaigns) != again:
        return Contended()  # her first donation overtook this one: decide again
    return InsufficientPoints(needed=points, available=person.points)


def _closed_account(account: Account | None) -> Refusal:
    return (inactive(account) if account else None) or AccountClosed()
