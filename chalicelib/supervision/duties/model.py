"""What a merchant's duties are measured by (guide §7.2 a), and what to warn of. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from chalicelib.kernel.fields import Answer, Time, example, stamp
from chalicelib.merchants.model import MerchantStatus, Suspender
from chalicelib.supervision.duties.warnings import DUTIES, WARNINGS

SOON_DAYS = 30  # before a licence ends

# What lasts too long takes the merchant's offers off the shelf. Stale offers do not: nobody can redeem them anyway.
DELISTS = frozenset(DUTIES)


class StockHealth(Answer):
    """Units on the shelf now, or held back from it while the merchant may not sell, over ``offers`` offers.

    ``committed``: what the plan commits to, null where it has no number. ``more``: some offers are not counted.
    ``taken_down``: units of offers that the sub-platform took down, which do not count.
    """

    committed: int | None
    units: int
    offers: int
    more: bool
    taken_down: int

    @property
    def short_by_takedown(self) -> bool:
        """Whether it commits to more than is on the shelf, but not to more than there is with what was taken down."""
        committed = self.committed or 0
        return self.units < committed <= self.units + self.taken_down


class ShelfHealth(Answer):
    """How the shelf is kept: offers on it that have ended, or have nothing left, and those of a category outside the
    plan or the register. ``categories``: those of the plan, null where it does not name them as the register does.
    """

    categories: list[str] | None
    outside: int
    ended: int
    sold_out: int


class OrderHealth(Answer):
    """Orders that had to be fulfilled by now, and were not. ``more``: there are others beyond those counted."""

    late: int
    oldest_due: Time | None
    more: bool


class WebhookHealth(Answer):
    """``failed_since``: the oldest webhook that was given up; null where none was."""

    integrated: bool
    failed_since: Time | None


class LicenceHealth(Answer):
    """The last day of the business licence, in Shanghai, and the days until then; negative once it has ended."""

    expires_on: str | None
    days_left: int | None


class AgreementHealth(Answer):
    """The last day of the cooperation agreement, in Shanghai, and the days until then; negative once it has ended."""

    ends_on: str | None
    days_left: int | None


class Warned(Answer):
    """A duty that is not kept, or will soon not be, and what to do. ``since``: when a daily look first saw it, null
    before that. ``delists_at``: when the offers leave the shelf for it, null where it does not lead to that.
    """

    code: str
    since: Time | None
    delists_at: Time | None
    detail: str
    detail_zh: str


class HealthAnswer(Answer):
    """How a merchant keeps its duties. ``suspended_by``: who or what stops it from selling. ``sub_platform_sells``:
    whether the one above it may, null where there is none. ``delisted_at``: its offers left the shelf for the duties in
    ``delisted_for``; `POST /v1/merchants/{id}/relist` puts them back. ``delisted_by_takedown``: only because its
    sub-platform had taken offers down, so the operator may do that, too.
    """

    model_config = example(
        merchant="k3v5zq6x7n4m2p8r9s0t1u2w3y",
        status="active",
        as_of="2026-01-31T08:00:00.000Z",
        stock={"committed": 20000, "units": 18500, "offers": 12, "more": False, "taken_down": 0},
        shelf={"categories": ["food", "culture"], "outside": 0, "ended": 0, "sold_out": 0},
        sub_platform_sells=None,
        orders={"late": 0, "oldest_due": None, "more": False},
        webhooks={"integrated": True, "failed_since": None},
        suspended_by=[],
        licence={"expires_on": "2026-02-20", "days_left": 20},
        agreement={"ends_on": "2029-02-28", "days_left": 1124},
        warnings=[{"code": "licence_ends_soon", "since": None, "delists_at": None, "detail": "…", "detail_zh": "…"}],
        delisted_at=None,
        delisted_for=[],
        delisted_by_takedown=False,
    )

    merchant: str
    status: MerchantStatus
    suspended_by: list[Suspender]
    as_of: Time
    sub_platform_sells: bool | None
    stock: StockHealth
    shelf: ShelfHealth
    orders: OrderHealth
    webhooks: WebhookHealth
    licence: LicenceHealth
    agreement: AgreementHealth
    warnings: list[Warned]
    delisted_at: Time | None
    delisted_for: list[str]
    delisted_by_takedown: bool


class UnmetDuty(Answer):
    """A duty that was not kept, by the code of its warning, and since when."""

    code: str
    since: Time


class Delisted(Answer):
    """What the Record of a delisting keeps: the merchant's offers left the shelf for duties that it did not keep."""

    merchant: str
    at: Time
    duties: list[UnmetDuty]


def codes(health: HealthAnswer) -> Iterator[str]:
    """What a merchant is warned of."""
    committed = health.stock.committed
    if health.status == "suspended":
        yield "merchant_suspended"
    if committed is not None and health.stock.units < committed:
        yield "stock_below_commitment"
    if health.sub_platform_sells is False:
        yield "sub_platform_suspended"
    if health.shelf.outside:
        yield "category_outside_plan"
    if health.shelf.ended or health.shelf.sold_out:
        yield "offers_stale"
    if health.orders.late:
        yield "orders_late"
    if health.webhooks.failed_since:
        yield "webhooks_failing"
    for subject, days_left in (("agreement", health.agreement.days_left), ("licence", health.licence.days_left)):
        if days_left is not None and days_left <= SOON_DAYS:
            yield f"{subject}_ends_soon" if days_left >= 0 else f"{subject}_ended"


def warned(code: str, since: str | None, days: int) -> Warned:
    """A warning that was first seen at ``since``; ``days`` later offers leave the shelf, where it leads there."""
    due = stamp(datetime.fromisoformat(since) + timedelta(days=days)) if since and code in DELISTS else None
    return Warned(code=code, since=since, delists_at=due, detail=WARNINGS[code].en, detail_zh=WARNINGS[code].zh)
