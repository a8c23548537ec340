"""Holds as their parties see them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chalicelib.accounts import queries as accounts
from chalicelib.accounts.statements import queries as statements
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.grants.items import Grant
from chalicelib.holds.items import Hold, MerchantHold, Seller
from chalicelib.holds.model import HoldAnswer, HoldParams, to_answer
from chalicelib.kernel.caller import EXCHANGE, INDIVIDUAL, INSTITUTION, Caller
from chalicelib.kernel.fields import Page, stamp
from chalicelib.kernel.query import Query, standing_as
from chalicelib.ledger.account import Account
from chalicelib.ledger.refunds import Payee
from chalicelib.partners.items import Partner
from chalicelib.table import keys, read
from chalicelib.table.keys import Key

LIFE_MAX = timedelta(days=8)  # of a hold, and a day for the schedule that ends it
LOOKED_AT_MAX = 500


def parties(caller: Caller, grant: str) -> tuple[Grant | None, Seller | None, Partner | None]:
    """The grant, the account of the merchant that would hold points, and its own system: one read."""
    consent, account = keys.grant(grant), keys.account(keys.holder(caller.account))
    system = keys.partner(caller.account)
    found = read.rows([consent, account, system])
    granted, seller, partner = (found.get(each) for each in (consent, account, system))
    return (
        granted.load(Grant) if granted else None,
        seller.load(Seller) if seller else None,
        partner.load(Partner) if partner else None,
    )


def above(seller: Seller | None) -> Seller | None:
    """The account of the sub-platform's operator, where a merchant sells beneath one."""
    operator = seller.merchant.sub_platform if seller and seller.merchant else None
    return read.get(keys.account(keys.holder(operator)), Seller) if operator else None


def find(id: str) -> Hold | None:
    """A hold, if there is one."""
    return read.get(_key(id), Hold)


def item(id: str) -> Hold:
    """A hold. Raises NotFound."""
    if found := find(id):
        return found
    raise NotFound()


def own(caller: Caller, id: str) -> Hold:
    """A hold that the caller is a party of; any for the exchange. Raises NotFound."""
    return _seen(caller, find(id))


def with_system(caller: Caller, id: str) -> tuple[Hold, Partner | None]:
    """The same, and the own system of a merchant that asks: one read. Raises NotFound."""
    if caller.role != INSTITUTION:
        return own(caller, id), None
    system, key = keys.partner(caller.account), _key(id)
    found = read.rows([key, system])
    hold = found[key].load(Hold) if key in found else None
    return _seen(caller, hold), found[system].load(Partner) if system in found else None


def _seen(caller: Caller, hold: Hold | None) -> Hold:
    if hold is None:
        raise NotFound()
    party = caller.holds(INSTITUTION, hold.merchant) or accounts.is_of(caller, hold.account)
    if not caller.reads_as(EXCHANGE) and not party:
        raise NotFound()
    return hold


def paying_back(hold: Hold) -> tuple[Account, Payee]:
    """The account of the hold's merchant, and who gets what comes back: one read, unless either has another account."""
    merchant, person = (keys.account(keys.holder(each)) for each in (hold.merchant, hold.account))
    rows = read.rows([merchant, person])
    return accounts.latest(rows[merchant].load(Account)), accounts.payee(rows[person].load(Account))


def live(merchant: str, now: datetime) -> bool:
    """Whether a hold of a merchant that places none any more is still to be captured, released or expired.

    A hold lives a week at most. Of very many the newest are looked at, and the others are taken for live.
    """
    low, high = keys.merchant_hold(merchant, stamp(now - LIFE_MAX), ""), keys.merchant_hold(merchant, "~", "")
    found = read.query(low.pk, low.sk, high.sk, MerchantHold, descending=True)
    some = read.first(found, LOOKED_AT_MAX + 1)
    holds = read.many([_key(each.hold) for each in some[:LOOKED_AT_MAX]], Hold).values()
    return len(some) > LOOKED_AT_MAX or any(each.status == "held" for each in holds)


def holds(query: Query[HoldParams]) -> Page[HoldAnswer]:
    """Holds, newest first: a person's at once, a merchant's within seconds."""
    caller, merchant = query.asker, query.params.merchant
    if caller.role == INDIVIDUAL:
        return _persons(query)
    if caller.role == INSTITUTION:
        return _merchants(query, caller.accounts)
    if merchant is None:
        raise InvalidRequest.at("/merchant", "Name the merchant", "请指定权益方")
    return _merchants(query, [merchant])


def _persons(query: Query[HoldParams]) -> Page[HoldAnswer]:
    """The lines of her statement that are holds."""
    page = statements.statement(query, kind="hold")
    return standing_as(
        page, Page(items=_answers([line.reference for line in page.items]), next_cursor=page.next_cursor)
    )


def _merchants(query: Query[HoldParams], merchants: Sequence[str]) -> Page[HoldAnswer]:
    limit, names = query.params.limit, [keys.holder(each) for each in merchants]
    before = query.position["sk"] if query.position else None
    found = read.together(names, "hold:", "hold:~", before=before, descending=True, chunk=limit + 1)
    answers = _answers([each.load(MerchantHold).hold for each in read.first(found, limit + 1)])
    return query.page(answers, lambda each: {"sk": keys.merchant_hold("", each.at, each.id).sk})


def _answers(ids: list[str]) -> list[HoldAnswer]:
    found = read.many([_key(id) for id in ids], Hold)
    return [to_answer(found[_key(id)]) for id in ids]


def _key(id: str) -> Key:
    return keys.account(keys.hold(id))
