"""The items of this room: a merchant's system, whether it answers, and webhook events on their way to it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from chalicelib.agenda.model import Agenda
from chalicelib.kernel.fields import stamp
from chalicelib.table import keys, lists
from chalicelib.table.lists import Listing

WebhookType = Literal[
    "order.placed",
    "order.refunded",
    "hold.captured",
    "hold.released",
    "hold.expired",
    "grant.withdrawn",
    "message.created",
    "dispute.opened",
    "dispute.ruled",
    "agreement.ending",
    "licence.ending",
    "merchant.delisted",
    "merchant.renamed",
]
Signatures = Literal["optional", "required"]
DeliveryStatus = Literal["pending", "delivered", "failed"]

EARLIER: dict[WebhookType, WebhookType] = {  # of the same order, or dispute: must arrive before it
    "order.refunded": "order.placed",
    "dispute.ruled": "dispute.opened",
}
EARLIER_FAILED, ENDPOINT_DISABLED = "earlier_failed", "endpoint_disabled"

WAITING = timedelta(days=3)  # what a silent system was not even asked to take for so long is given up
KEY_OVERLAP = timedelta(hours=24)  # how long a key that was replaced still proves requests


@dataclass(frozen=True, kw_only=True)
class PreviousKey:
    """The key that was replaced. Until ``valid_until`` it still proves requests of the merchant."""

    public_key: str
    valid_until: str


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A merchant's own system: where it is called, the key (``whpk_…``) that proved it, whether its requests about
    holds must be signed, and where codes of consent may be sent.

    ``at``: when it was registered. ``disabled_at``: it has answered 410 since, and gets no webhooks.
    """

    merchant: str
    callback_url: str
    public_key: str
    at: str
    previous: PreviousKey | None = None
    disabled_at: str | None = None
    signatures: Signatures = "optional"
    consent_redirects: tuple[str, ...] = ()

    def public_keys(self, at: str) -> tuple[str, ...]:
        """The keys that prove requests of the merchant at the time ``at``."""
        valid = self.previous and self.previous.valid_until > at
        return (self.public_key, *((self.previous.public_key,) if self.previous and valid else ()))

    def replaced_by(self, public_key: str, now: datetime) -> PreviousKey | None:
        """What stays valid once ``public_key`` is registered. The same key again replaces none."""
        if public_key != self.public_key:
            return PreviousKey(public_key=self.public_key, valid_until=stamp(now + KEY_OVERLAP))
        return self.previous if self.previous and self.previous.valid_until > stamp(now) else None


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """Whether a merchant's system answers: ``failures`` since it last did. Until ``rests_until`` it is left alone."""

    failures: int = 0
    rests_until: str = ""

    def rests(self, now: datetime) -> bool:
        """Whether its system fails and is left alone now."""
        return self.failures > 0 and self.rests_until > stamp(now)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A webhook event on its way. ``payload`` is the body, the same for every try.

    What it is about has its id in one of ``redemption``, ``hold``, ``grant``, ``dispute`` and ``message``.
    ``waiting_since``: when it was made, or replayed. ``reason``: what was wrong with the last try.
    """

    id: str
    merchant: str
    type: WebhookType
    payload: str
    made_at: str
    waiting_since: str
    next_at: str
    redemption: str | None = None
    hold: str | None = None
    grant: str | None = None
    message: str | None = None
    dispute: str | None = None
    status: DeliveryStatus = "pending"
    attempts: int = 0
    delivered_at: str | None = None
    reason: str | None = None

    def is_due(self, now: datetime, *, follows: bool) -> bool:
        """Whether to try now. ``follows``: what it had to wait for has just arrived."""
        if self.status == "pending":
            return follows or self.next_at <= stamp(now)
        return follows and self.status == "failed" and self.reason == EARLIER_FAILED

    def is_spent(self, now: datetime, tries: int, silent_since: str | None) -> bool:
        """Whether it is to be given up: so many tries were made, or its system, failing now (``silent_since`` it was
        registered), has been silent for too long.
        """
        if silent_since is None:
            return self.attempts >= tries
        return self.attempts >= tries or max(self.waiting_since, silent_since) <= stamp(now - WAITING)

    @property
    def earlier(self) -> str | None:
        """The id of the event, of the same order or dispute, that must arrive before this one."""
        return self._beside(EARLIER.get(self.type))

    @property
    def following(self) -> str | None:
        """The id of its next event, whether there is one yet or not."""
        return self._beside(next((later for later, before in EARLIER.items() if before == self.type), None))

    def _beside(self, other: WebhookType | None) -> str | None:
        subject = self.redemption or self.dispute
        return keys.delivery_id(subject, other) if other and subject else None


# Merchants whose webhooks are to be looked at again, by the minute: the schedule need not ask every one.
DUE = Agenda("webhooks", seconds=60, lanes=4, late_seconds=120)
LATER = timedelta(minutes=1)


def waiting(merchant: str, id: str, next_at: str) -> Listing:
    """Where the schedule finds what is to be tried (again) at ``next_at``."""
    return lists.deliveries(merchant, "pending").at(f"{next_at}:{id}")
