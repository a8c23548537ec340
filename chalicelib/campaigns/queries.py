"""Campaigns, their pots, and donations."""

from chalicelib.campaigns.model import STRIPES, Campaign, CampaignParams, Donation, gathered, shown
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page
from chalicelib.kernel.query import Query
from chalicelib.kernel.record import Record
from chalicelib.table import keys, lists, read
from chalicelib.table.write import Attr, Item


def item(id: str) -> Item:
    """A campaign's item. Raises NotFound."""
    found = read.get(keys.campaign(id))
    if found is None:
        raise NotFound()
    return found


def own(caller: Caller, id: str) -> Item:
    """A campaign that the caller may close: the institution's own, any for the exchange. Raises NotFound."""
    found = item(id)
    if caller.role != EXCHANGE and not caller.holds(INSTITUTION, found["institution"]):
        raise NotFound()
    return found


def pots(id: str) -> dict[str, Item]:
    """The pots of a campaign by account name, as of now; none before it is approved."""
    return {key.pk: pot for key, pot in read.many(_pots(id)).items()}


def _pots(id: str) -> list[keys.Key]:
    return [keys.account(keys.pot(id, stripe)) for stripe in range(STRIPES)]


def view(id: str) -> Campaign:
    """A campaign as it stands. Raises NotFound."""
    return shown(item(id), gathered(pots(id).values()))


def campaigns(query: Query[CampaignParams]) -> Page[Campaign]:
    """Campaigns, newest first."""
    limit, status = query.params.limit, query.params.status
    where = Attr("status").eq(status) if status else Attr("status").is_in(["approved", "ended", "closed"])
    found = read.first(read.listed(lists.CAMPAIGNS, after=query.position, where=where), limit + 1)
    places = {each["pk"].removeprefix("campaign:"): each for each in found}
    items = read.many([key for id in places for key in (keys.campaign(id), *_pots(id))])
    campaigns = [shown(items[keys.campaign(id)], gathered(_of(id, items))) for id in places]
    return query.page(campaigns, lambda each: {part: places[each.id][part] for part in ("pk", "sk", "list", "rank")})


def _of(id: str, items: dict[keys.Key, Item]) -> list[Item]:
    return [items[key] for key in _pots(id) if key in items]


def due(at: str) -> list[Item]:
    """Campaigns that the schedule must bring on: past their end, left half closed, or never judged."""
    waiting = Attr("status").is_in(["proposed", "approved", "ended"])
    listed = read.listed(lists.CAMPAIGNS, where=waiting)
    items = read.many([keys.Key(each["pk"], each["sk"]) for each in listed]).values()
    return [each for each in items if each["status"] == "ended" or each["ends_at"] <= at]


def donation(caller: Caller, id: str) -> Donation:
    """The caller's own donation. Raises NotFound."""
    record = read.get(keys.record(id), Record)
    if record is None or record.kind != "donation" or not caller.made(record):
        raise NotFound()
    return Donation.model_validate_json(record.answer)
