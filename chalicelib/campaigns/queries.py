"""Campaigns, their accounts, and donations."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from chalicelib.accounts import queries as accounts
from chalicelib.campaigns.items import Campaign, CampaignAccount, CampaignPointer, total
from chalicelib.campaigns.model import PUBLIC, STRIPES, CampaignAnswer, CampaignParams, DonationAnswer, ProposalParams
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import giver
from chalicelib.table import keys, lists, read
from chalicelib.table.lists import Budget, Place
from chalicelib.table.write import Attr

LIVE = ("proposed", "approved")  # what its end closes or rejects


def campaign(id: str) -> Campaign:
    """A campaign as kept. Raises NotFound."""
    campaign = read.get(keys.campaign(id), Campaign)
    if campaign is None:
        raise NotFound()
    return campaign


def named(id: str) -> Campaign:
    """The campaign that a body names. Raises NotFound, which says where."""
    campaign = read.get(keys.campaign(id), Campaign)
    if campaign is None:
        raise NotFound.at("/campaign", "Is no campaign", "没有此捐赠项目")
    return campaign


def own(caller: Caller, id: str) -> Campaign:
    """A campaign that the caller may change or close: the institution's own, any for the exchange. Raises NotFound."""
    own = campaign(id)
    if caller.role != EXCHANGE and not caller.holds(INSTITUTION, own.institution):
        raise NotFound()
    return own


def campaign_accounts(id: str) -> dict[str, CampaignAccount]:
    """The accounts of a campaign by name, as of now; none before it is approved."""
    return {key.pk: account for key, account in read.many(_accounts(id), CampaignAccount).items()}


def _accounts(id: str) -> list[keys.Key]:
    return [keys.account(keys.campaign_account(id, stripe)) for stripe in range(STRIPES)]


def view(id: str) -> CampaignAnswer:
    """A campaign as it stands. Raises NotFound."""
    return campaign(id).to_answer(total(campaign_accounts(id).values()))


def campaigns(query: Query[CampaignParams]) -> Page[CampaignAnswer]:
    """Campaigns that were approved, newest first."""
    where = Attr("status").is_in([query.params.status] if query.params.status else [*PUBLIC])
    budget = Budget()
    return _page(query, read.places(lists.CAMPAIGNS, after=query.position, where=where, budget=budget), budget)


def proposals(query: Query[ProposalParams]) -> Page[CampaignAnswer]:
    """Campaigns that wait for the exchange, newest first."""
    budget = Budget()
    return _page(query, _waiting(query.position, budget), budget)


def _waiting(after: dict[str, Any] | None, budget: Budget) -> Iterator[Place]:
    """Those from before they had a list of their own stand among the others, and are all older."""
    older = after is not None and after["list"] == lists.CAMPAIGNS
    recent = () if older else read.places(lists.CAMPAIGNS_PROPOSED, after=after)
    proposed = Attr("status").eq("proposed")
    return chain(recent, read.places(lists.CAMPAIGNS, after=after if older else None, where=proposed, budget=budget))


def _page(query: Query[Any], places: Iterator[Place], budget: Budget) -> Page[CampaignAnswer]:
    by_key = {place.key: place for place in read.first(places, query.params.limit + 1)}
    answers = _answers([key.pk.removeprefix(keys.campaign("").pk) for key in by_key])
    return query.page(answers, lambda answer: dict(by_key[keys.campaign(answer.id)].position), stopped=budget.stopped)


def mine(query: Query[ProposalParams]) -> Page[CampaignAnswer]:
    """What the caller's institution proposed, in whatever state, newest first. Raises AccountNotOpen."""
    account, limit = accounts.readable(query.asker), query.params.limit
    pointers = read.together(
        [keys.holder(id) for id in account.ids],
        keys.OWN_CAMPAIGNS,
        keys.OWN_CAMPAIGNS_END,
        before=query.position["sk"] if query.position else None,
        descending=True,
        chunk=limit + 1,
    )
    found = (row.load(CampaignPointer) for row in read.first(pointers, limit + 1))
    at = {each.campaign: each.at for each in found}
    return query.page(_answers(at), lambda answer: {"sk": keys.own_campaign("", at[answer.id], answer.id).sk})


def _answers(ids: Iterable[str]) -> list[CampaignAnswer]:
    """The campaigns as they stand, in this order."""
    order = list(ids)
    rows = read.rows([key for id in order for key in (keys.campaign(id), *_accounts(id))])

    def answer(id: str) -> CampaignAnswer:
        stripes = (rows[key].load(CampaignAccount) for key in _accounts(id) if key in rows)
        return rows[keys.campaign(id)].load(Campaign).to_answer(total(stripes))

    return [answer(id) for id in order]


def due(places: Iterable[Place], at: str) -> list[Campaign]:
    """Those of some campaigns that the schedule must close or reject: past their end, half closed, or never judged."""
    campaigns = read.many([place.key for place in places], Campaign).values()
    return [each for each in campaigns if each.status == "ended" or (each.status in LIVE and each.ends_at <= at)]


def donation(caller: Caller, id: str) -> DonationAnswer:
    """The caller's own donation. Raises NotFound."""
    found = read.many([keys.record(id), keys.record(refund_of(id))], Record)
    record, refund = found.get(keys.record(id)), found.get(keys.record(refund_of(id)))
    if record is None or record.kind != "donation" or not accounts.is_of(caller, giver(record)):
        raise NotFound()
    answer = DonationAnswer.model_validate_json(record.answer)
    return answer.model_copy(update={"refunded_at": refund.at if refund else None})


def refund_of(donation: str) -> str:
    """The Record that gives a donation back: so there is one at most."""
    return keys.digest("refund donation", donation)
