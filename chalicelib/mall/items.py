"""Offers, tills and orders as they are kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.kernel.record import Record
from chalicelib.ledger.account import Account
from chalicelib.ledger.refunds import Payee
from chalicelib.mall.model import FulfilmentKind, OfferAnswer, OnShelf
from chalicelib.mall.orders import OrderStatus, Redemption
from chalicelib.table import keys

ALWAYS, NEVER_ENDS = "0000", "9999"  # bounds of an open window, so that one condition serves every till

Purchases = Mapping[str, int]  # what a person holds of a limited offer ("units"), and of each offer of an event (by id)


@dataclass(frozen=True)
class OfferEvent:
    """The event that an offer belongs to (its application), and what one person may have of all its offers.

    ``quantity``: the units of all its offers; None for earlier events. ``draws_at``: None where there is no draw.
    ``beside``: when it was admitted beside its merchant's mode; None where it is the merchant's mode.
    """

    id: str
    limit: int
    quantity: int | None = None
    draws_at: str | None = None
    beside: str | None = None


@dataclass(frozen=True, kw_only=True)
class OfferTerms:
    """What may be remembered of an offer: the title may change, and each title has an ``edition`` of its own.

    The tills bear the edition too, so a sale under an earlier title fails. None: never renamed since editions exist.
    ``pooled``: its vouchers are codes that the merchant uploaded (catalogue/vouchers.py); its edition changes when it
    becomes so. ``version`` counts the changes of what its tills repeat (tills/terms.py). A partial view of an offer's
    item.
    """

    id: str
    merchant: str
    stripes: int
    title: str
    fulfilment: FulfilmentKind
    per_account_limit: int | None = None
    edition: str | None = None
    event: OfferEvent | None = None
    cancellable_minutes: int | None = None
    fulfil_within_days: int | None = None
    pooled: bool | None = None
    version: int = 0

    @property
    def counted(self) -> str:
        """What a person's purchases are counted by: the event, or the offer itself."""
        return self.event.id if self.event else self.id

    def units(self, quantity: int) -> dict[str, int]:
        """What ``quantity`` units add to the count; an event's is kept for all its offers and for each."""
        return {"units": quantity} | ({self.id: quantity} if self.event else {})

    @property
    def limits(self) -> dict[str, int]:
        """The most of each count that a person may have."""
        own = self.per_account_limit
        if own is None:
            return {}
        return {"units": self.event.limit, self.id: own} if self.event else {"units": own}

    @property
    def tills(self) -> list[str]:
        return [keys.till(self.id, stripe) for stripe in range(self.stripes)]


@dataclass(frozen=True)
class TakenDown:
    """The sub-platform that took an offer down, when and why."""

    sub_platform: str
    at: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Offer(OfferTerms):
    """An offer's item. ``supplied`` are all units that it ever had; what it sold is projected. ``resized``: how often
    the number of its tills changed.

    ``held_back`` is the turn of the merchant's state that took it off the shelf. ``taken_down``: it stays off.
    """

    status: OnShelf
    description: str
    category: str
    points: int
    supplied: int
    starts_at: str | None = None
    ends_at: str | None = None
    held_back: str | None = None
    taken_down: TakenDown | None = None
    sku: str | None = None
    images: tuple[str, ...] = ()
    resized: int = 0

    def to_answer(self, sold: int = 0) -> OfferAnswer:
        """The offer as the public sees it; ``sold`` is projected, so stock may lag but is never negative."""
        fields = {name: value for name, value in vars(self).items() if name in OfferAnswer.model_fields}
        fields |= {"taken_down": self.taken_down is not None, "event": self.event.id if self.event else None}
        return OfferAnswer(**fields, stock=max(0, self.supplied - sold))


@dataclass(frozen=True, kw_only=True)
class Till:
    """One of an offer's accounts: it holds units to sell and the points that they brought.

    ``starts_at`` and ``ends_at`` are ALWAYS and NEVER_ENDS where the offer has none. ``sweeps`` counts its
    sweeps, ``orders`` those that were sold here and not refunded before they were fulfilled. ``codes``: how many codes
    of vouchers it ever had; ``units`` of them are unsold. None: it has no codes. ``version``: that of the offer whose
    terms it has. ``moves`` counts how often units came from, or went to, another till; ``received`` are the units that
    came, less those that went. ``first``: the offer had only this one, and has more by now.
    """

    price: int
    status: OnShelf
    starts_at: str
    ends_at: str
    points: int
    units: int
    sweeps: int
    edition: str | None = None
    orders: int = 0
    codes: int | None = None
    version: int = 0
    moves: int = 0
    received: int = 0
    first: bool | None = None


class TillOf(NamedTuple):
    """A till by its name, as read, and whose it is."""

    name: str
    till: Till
    merchant: str


@dataclass(frozen=True, kw_only=True)
class OrderState:
    """What became of an order; it has no such item while it is placed."""

    status: OrderStatus
    at: str
    voucher: str | None = None
    note: str | None = None
    reason: str | None = None


class Sale(NamedTuple):
    """What a refund needs to know of an order, as read: its Record, what each of its tills holds, the terms of its
    offer, the person by whom a limited purchase is counted, and who gets what comes back. ``pooled``: units do not come
    back without codes.
    ``merchant``: the account that it has by now, where the tills do not hold all that was paid.
    """

    order: Redemption
    record: Record
    in_tills: Mapping[str, int]
    terms: OfferTerms
    person: str
    payee: Payee
    pooled: bool = False
    merchant: Account | None = None


@dataclass(frozen=True)
class Pointer:
    """A merchant's pointer to an offer of its own, by the offer's id or by its ``sku``.

    The one by id also stands in the list of offers by price, with what that list is filtered by.
    """

    offer: str
    category: str | None = None
    merchant: str | None = None
