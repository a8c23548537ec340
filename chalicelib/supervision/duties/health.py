"""A merchant's duties (guide §7.2 a), measured: stock, orders, webhooks, licence."""

from datetime import date, datetime
from itertools import islice

from chalicelib import shanghai
from chalicelib.errors import NotFound
from chalicelib.kernel.caller import EXCHANGE, INSTITUTION, Caller
from chalicelib.kernel.fields import stamp
from chalicelib.ledger.account import Account
from chalicelib.ledger.standing import sells
from chalicelib.mall.categories import CATEGORIES, code_of
from chalicelib.mall.items import Offer
from chalicelib.mall.offers import queries as mall
from chalicelib.mall.redemptions import order_book
from chalicelib.merchants import queries as merchants
from chalicelib.merchants.model import suspenders, to_answer
from chalicelib.merchants.validity import Validity
from chalicelib.onboarding import queries as onboarding
from chalicelib.onboarding.items import Application
from chalicelib.partners import queries as partners
from chalicelib.settings import settings
from chalicelib.supervision.duties.items import Duties
from chalicelib.supervision.duties.model import (
    AgreementHealth,
    HealthAnswer,
    LicenceHealth,
    OrderHealth,
    ShelfHealth,
    StockHealth,
    WebhookHealth,
    codes,
    warned,
)
from chalicelib.table import keys, read

OFFERS_MAX = 500  # of one merchant that are counted
LATE_MAX = 100  # orders that are counted


def health(caller: Caller, id: str, now: datetime) -> HealthAnswer:
    """How merchant ``id`` keeps its duties, for itself, the sub-platform above it and the exchange. Raises NotFound."""
    account = merchants.item(id)
    above = account.as_merchant.sub_platform
    concerned = caller.holds(INSTITUTION, id) or (above is not None and caller.holds(INSTITUTION, above))
    if not concerned and not caller.reads_as(EXCHANGE):
        raise NotFound()
    known = remembered(id)
    since, days = (known.since if known else {}), settings().delist_days
    found = measured(account, now)
    return found.model_copy(
        update={
            "warnings": [warned(code, since.get(code), days) for code in codes(found)],
            "delisted_at": known.delisted_at if known else None,
            "delisted_for": [*known.delisted_for] if known else [],
            "delisted_by_takedown": bool(known and known.by_takedown),
        }
    )


def remembered(merchant: str) -> Duties | None:
    """What was remembered of a merchant's duties when it was last looked at."""
    return read.get(keys.duties(merchant), Duties)


def measured(account: Account, now: datetime) -> HealthAnswer:
    """The duties of a merchant (``account``, as read) as they are kept now; without warnings."""
    id = account.id
    admitted_by = account.as_merchant.application
    application = onboarding.application(admitted_by) if admitted_by else None
    valid, operator = merchants.validities(account), merchants.above(account)
    stock, shelf = _offered(id, stamp(now), application)
    return HealthAnswer(
        merchant=id,
        status=to_answer(account, stamp(now)).status,
        as_of=stamp(now),
        sub_platform_sells=sells(operator) if operator else None,
        stock=stock,
        shelf=shelf,
        orders=_orders(id, now),
        webhooks=_webhooks(id),
        suspended_by=sorted(suspenders(account.as_merchant)),  # type: ignore[arg-type]  # its parties
        licence=_licence(valid.get("licence"), application, now),
        agreement=_agreement(valid.get("agreement"), now),
        warnings=[],
        delisted_at=None,
        delisted_for=[],
        delisted_by_takedown=False,
    )


def _offered(merchant: str, at: str, application: Application | None) -> tuple[StockHealth, ShelfHealth]:
    """What stands on the shelf. Goods of events beside the mode that the plan is of are promised apart."""
    offers = list(islice(mall.offers_of(merchant), OFFERS_MAX + 1))
    offered = [each for each in offers[:OFFERS_MAX] if _offering(each) and not _beside(each)]
    running = [each for each in offered if not (each.ends_at and each.ends_at <= at)]
    units, down = _left(running), _left([each for each in offers[:OFFERS_MAX] if each.taken_down and not _beside(each)])
    more, planned = len(offers) > OFFERS_MAX, _planned(application)
    allowed = CATEGORIES if planned is None else planned
    shelf = ShelfHealth(
        categories=planned,
        outside=sum(each.category not in allowed for each in running),
        ended=sum(not each.event for each in offered) - sum(not each.event for each in running),
        sold_out=units.count(0),
    )
    stock = StockHealth(
        committed=_committed(application), units=sum(units), offers=len(running), more=more, taken_down=sum(down)
    )
    return stock, shelf


def _left(offers: list[Offer]) -> list[int]:
    """Units of each that are not sold."""
    sold = mall.units_sold(offers)
    return [max(0, each.supplied - sold[each.id]) for each in offers]


def _offering(offer: Offer) -> bool:
    """It stands on the shelf, or will again when nothing of its merchant is in the way."""
    return offer.status == "on_shelf" or offer.held_back is not None


def _beside(offer: Offer) -> bool:
    return offer.event is not None and offer.event.beside is not None


def _planned(application: Application | None) -> list[str] | None:
    """Categories of the plan as the register has them; None where it has none, or words that bind nobody."""
    named = application.plan.get("categories") if application else None
    codes = [code_of(each) for each in named or ()]
    return [each for each in codes if each] if codes and all(codes) else None


def _committed(application: Application | None) -> int | None:
    """Units that the plan commits to in numbers; None where it has none, or says it in words."""
    pledge = application.plan.get("stock_commitment") if application else None
    return pledge if isinstance(pledge, int) else None


def _orders(merchant: str, now: datetime) -> OrderHealth:
    late = list(islice(order_book.late_of(merchant, stamp(now)), LATE_MAX + 1))
    return OrderHealth(late=min(len(late), LATE_MAX), oldest_due=late[0] if late else None, more=len(late) > LATE_MAX)


def _webhooks(merchant: str) -> WebhookHealth:
    return WebhookHealth(
        integrated=partners.partner(merchant) is not None, failed_since=partners.failed_since(merchant)
    )


def _licence(known: Validity | None, application: Application | None, now: datetime) -> LicenceHealth:
    """As the exchange renewed it; of a merchant of before that was known, as its application's document says."""
    document = application.documents.get("business_licence") if application else None
    if known is None and document and document.expires_on:
        left = (date.fromisoformat(document.expires_on) - shanghai.clock(now).date()).days
        return LicenceHealth(expires_on=document.expires_on, days_left=left)
    return LicenceHealth(expires_on=known.ends_on if known else None, days_left=known.days_left(now) if known else None)


def _agreement(known: Validity | None, now: datetime) -> AgreementHealth:
    return AgreementHealth(ends_on=known.ends_on if known else None, days_left=known.days_left(now) if known else None)
