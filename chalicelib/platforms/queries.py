"""A sub-platform and its members, for those who may see them."""

from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query
from chalicelib.ledger.account import Account
from chalicelib.mall.items import Offer
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.history import HistoryLine
from chalicelib.merchants.members import Membership
from chalicelib.merchants.model import SUB_PLATFORM
from chalicelib.onboarding.forms.answers import HistoryLineAnswer
from chalicelib.platforms.model import MemberAnswer, MemberParams, MemberView, to_member
from chalicelib.table import keys, read

HISTORY_MAX = 200  # the newest lines


def own(caller: Caller, id: str) -> str:
    """The id of the caller's own sub-platform. Raises NotFound where it is another's, or none."""
    if not caller.holds(INSTITUTION, id):
        raise NotFound()
    return _sub_platform(id)


def visible(caller: Caller, id: str) -> str:
    """The same for its operator, the exchange and the auditor. Raises NotFound."""
    return _sub_platform(id) if caller.reads_as(EXCHANGE) else own(caller, id)


def _sub_platform(id: str) -> str:
    if merchants.item(id).as_merchant.mode != SUB_PLATFORM:
        raise NotFound()
    return id


def member(sub_platform: str, id: str) -> tuple[Membership, Account]:
    """A member, or one that was, and its account. Raises NotFound."""
    return merchants.membership(sub_platform, id), merchants.item(id)


def view(caller: Caller, sub_platform: str, id: str, at: str) -> MemberView:
    """A member with its history, also for itself. Raises NotFound."""
    if not caller.holds(INSTITUTION, id):
        visible(caller, sub_platform)
    answer = to_member(*member(sub_platform, id), at)
    low, high = (keys.member_step(sub_platform, id, edge, "") for edge in ("", "~"))
    newest = read.query(low.pk, low.sk[:-1], high.sk, HistoryLine, descending=True, chunk=HISTORY_MAX)
    lines = [HistoryLineAnswer.model_validate(each) for each in read.first(newest, HISTORY_MAX)[::-1]]
    return MemberView(**answer.model_dump(), history=lines)


def members(query: Query[MemberParams], id: str) -> Page[MemberAnswer]:
    """Everyone who is or was beneath the sub-platform, by id. Raises NotFound."""
    sub_platform = visible(query.asker, id)
    after = query.position["id"] if query.position else None
    found = read.first(merchants.memberships(sub_platform, after=after), query.params.limit + 1)
    accounts = read.many([keys.account(keys.holder(each.merchant)) for each in found], Account)
    known = [(each, accounts[keys.account(keys.holder(each.merchant))]) for each in found]
    answers = [to_member(*each, stamp(query.now)) for each in known]
    return query.page(answers, lambda each: {"id": each.id})


def offer(sub_platform: str, id: str) -> Offer:
    """An offer of a merchant that is or was beneath the sub-platform. Raises NotFound."""
    stored = read.get(keys.offer(id), Offer)
    if stored is None:
        raise NotFound()
    merchants.membership(sub_platform, stored.merchant)
    return stored
