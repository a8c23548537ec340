"""Every list of the sparse index ``listing``: partition ``list``, sort ``rank``. Eventually consistent.

An item stands in at most one list. docs/access-patterns.md gives each list its readers and cost.
"""

from datetime import datetime
from typing import NamedTuple
from zlib import crc32

from chalicelib.table.keys import Key

INDEX = "listing"
UNLISTED = ("list", "rank")  # what an update removes to take its item off its list


class Listing(NamedTuple):
    """The place of an item in a list."""

    list: str
    rank: str

    @property
    def attributes(self) -> dict[str, str]:
        return self._asdict()


class Lanes(NamedTuple):
    """A list that many write to at once: a partition of the index takes 1000 units a second, so it has several.

    They are read as one, by rank. What was listed before there were lanes stands in the list ``name`` itself.
    """

    name: str
    lanes: int

    def __str__(self) -> str:
        return self.name

    def at(self, rank: str) -> Listing:
        """The place at ``rank``, which holds an id."""
        return Listing(f"{self.name}/{crc32(rank.encode()) % self.lanes:x}", rank)

    @property
    def names(self) -> list[str]:
        return [self.name, *(f"{self.name}/{lane:x}" for lane in range(self.lanes))]

    def holds(self, name: str) -> bool:
        """Whether ``name`` is one of them."""
        return name.partition("/")[0] == self.name


ListName = str | Lanes


class Place(NamedTuple):
    """What a list names: the key of an item, and where it stands."""

    key: Key
    listing: Listing

    @property
    def position(self) -> dict[str, str]:
        """Where the next page starts."""
        return self.key.item() | self.listing.attributes


FIRST, LAST = "!", "~"  # around every rank
PAGES_MAX = 10  # of a walk that passes over what does not match: so a request never costs more, whatever else there is


class Budget:
    """What one request may read of a walk, in pages of DynamoDB. A list that is not at its end then answers what was
    found so far, fewer than asked for or none, and its cursor continues at ``stopped``.
    """

    def __init__(self, pages: int = PAGES_MAX) -> None:
        self._left = pages
        self.stopped: dict[str, str] | None = None  # the keys of the last item that was looked at

    def spent(self, last: dict[str, str]) -> bool:
        """Whether that was the last page; ``last``: the keys of its last item, for there is more behind it."""
        self._left -= 1
        self.stopped = last if self._left <= 0 else None
        return self._left <= 0

    def share(self) -> "Budget":
        """What is left of it for one of several walks."""
        return _Share(self)


class _Share(Budget):
    def __init__(self, whole: Budget) -> None:
        super().__init__()
        self._whole = whole

    def spent(self, last: dict[str, str]) -> bool:
        """What one spends, all of them have spent; each knows for itself where it stopped."""
        spent = self._whole.spent(last)
        self.stopped = last if spent else None
        return spent


OFFERS, CAMPAIGNS, MERCHANTS, PARTNERS = "offers", "campaigns", "merchants", "partners"
CAMPAIGNS_PROPOSED = "campaigns:proposed"  # campaigns that wait for the exchange; the public sees none of them
OFFERS_BY_POINTS = "offers-by-points"  # every offer (its merchant's pointer to it), by its price, in lanes by category
OFFERS_OFF = "offers-off"  # offers that are off the shelf, or whose time is over
OFFERS_ENDED_BY_POINTS = "offers-ended-by-points"  # those whose time is over, by their price
ORDERS_DUE = Lanes("orders-due", 8)  # orders that have to be fulfilled by a time
PARTNERS_DISABLED = "partners-disabled"  # they get no webhooks, so the schedule does not look at theirs
REDUCTIONS_REPORTED = Lanes("reductions", 8)  # reductions that wait for confirmation
BATCHES = "reduction-batches"
PROCEDURES = "procedures"
RENAMINGS = "renamings"  # requests of institutions for a new name, until they are decided
BUY_BACK_RUNS = "buy-back-runs"
RECONCILIATIONS = "reconciliations"
CONFORMANCE = "conformance"  # conformance runs and holds of their sandbox, by the time of what is next
DRAWS = "draws"  # events whose draw is not settled, by its time
CAMPAIGNS_CLOSED = "campaigns:closed"  # closed campaigns whose donors are being notified
CAMPAIGNS_ABANDONED = "campaigns:abandoned"  # campaigns with donors to refund, by when they are looked at next
CERTIFICATES_UNCOVERED = "certificates-uncovered"  # certificates of which some grams await recovery
DISPUTES_OPENED = "disputes-opened"  # every dispute, by the time when it was opened
DUTIES = "duties"  # merchants that do not keep a duty, by when that began, until their offers left the shelf
REPORTS_PREPARING = "reports-preparing"  # months whose report has more merchants than one answer holds
TOTALS_DIFFERING = "totals-differing"  # totals of operators, by when they began to differ
DELISTED = "delisted"  # merchants whose offers left the shelf for a duty, by when they did, until they are back
DEPARTURES = "departures"  # merchants that leave, and have not left yet
SHELVING = "shelving"  # merchants whose offers have to follow them off the shelf or back


def moved(name: str) -> dict[str, str]:
    """What an update assigns to take its item to another list, at the same rank."""
    return {"list": name}


def by_points(name: str, points: int, offer: str) -> Listing:
    """The place of an offer among others, by its price."""
    return Listing(name, f"{points:010d}:{offer}")


REDUCTION_LANES = 8  # of one scenario's reductions: a partition of the index takes 1000 writes a second


def reductions(scenario: str, lane: int) -> str:
    """Reductions that were reported under a scenario (its code in lower case)."""
    return f"reductions:{scenario}:{lane}"


def applications(status: str) -> str:
    """Applications in a state."""
    return f"applications:{status}"


def grants(purpose: str, partner: str) -> str:
    """Grants that a partner has redeemed."""
    return f"grants:{purpose}:{partner}"


def holds_due(lane: int) -> str:
    """Holds by the time of their expiry, until the schedule has seen to them."""
    return f"holds:{lane}"


def validity(subject: str) -> str:
    """Agreements, or licences, by the moment when they end."""
    return f"validity:{subject}"


def deliveries(merchant: str, status: str) -> Lanes:
    """A merchant's webhooks that wait ("pending") or that were given up ("failed")."""
    return Lanes(f"deliveries:{merchant}:{status}", 4)


def unread(account: str) -> str:
    """Messages that the holder of an account has not marked as read, by their ids."""
    return f"unread:{account}"


def batches_open(day: datetime) -> str:
    """Batches announced, or judged, on a day (UTC) that a worker has to finish."""
    return f"batches:{day:%Y%m%d}"


def anomalies(status: str) -> str:
    """Anomalies that are open, or closed."""
    return f"anomalies:{status}"


def disputes(judge: str, status: str) -> str:
    """Disputes in a state that the exchange, or the bureau, rules."""
    return f"disputes:{judge}:{status}"


def disputes_of(party: Key, status: str) -> str:
    """Disputes in a state, of one party (see ``keys.own_disputes`` and those beside it)."""
    return f"disputes-of:{party.pk}/{party.sk}{status}"
