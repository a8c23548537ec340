"""The Record: one immutable item that proves a Decision."""

from dataclasses import dataclass
from typing import NamedTuple


class Posting(NamedTuple):
    """``amount`` (whole units, positive) of ``asset`` goes from ``source`` to ``destination``."""

    source: str
    destination: str
    amount: int
    asset: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a Record keeps beside its answer. A new fact is one line here.

    ``movement`` and ``postings``: the Transfer, where value moved. ``holder``: the account name whose statement shows
    what its tills earned. ``counterparty`` and ``reference``: what the statement names. ``limited``: a refund gives a
    limited purchase back. ``cap_day``: the day (Asia/Shanghai) whose cap a reduction counts against, and
    ``cap_counted`` what it counted. ``in_grams``: a reduction is an institution's, which gets no points. ``turn``: the
    change of a merchant's state that offers follow. ``stocked``: postings of units that came to an offer.
    """

    movement: str | None = None
    postings: tuple[Posting, ...] = ()
    stocked: tuple[Posting, ...] = ()
    holder: str | None = None
    counterparty: str | None = None
    reference: str | None = None
    limited: bool | None = None
    certificate: str | None = None
    scenario: str | None = None
    scenario_version: int | None = None
    cap_day: str | None = None
    cap_counted: dict[str, int] | None = None
    in_grams: bool | None = None
    batch: str | None = None
    line: int | None = None
    application: str | None = None
    account: str | None = None
    merchant: str | None = None
    turn: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Record(Facts):
    """The caller's receipt (idempotency), the audit line and, where value moved, the ledger entry. One item, not three.

    ``caller`` is the sub and ``role`` the role it acted in. ``fingerprint`` is what a replay must match. ``answer`` is
    the JSON that was answered with ``status``. ``publish``: the stream passes it on though no value moved.
    """

    id: str
    at: str
    kind: str
    caller: str
    role: str
    fingerprint: str
    status: int
    answer: str
    publish: bool | None = None
