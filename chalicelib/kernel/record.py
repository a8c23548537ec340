"""The Record: one immutable item that proves a Decision."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import BaseModel

from chalicelib.kernel.text import STORED
from chalicelib.settings import secret
from chalicelib.signing.messages import Proof


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
    ``cap_counted`` what it counted. ``methodology`` and ``month``: with the scenario, the colour of the grams.
    ``turn``: the change of a merchant's state that offers follow. ``stocked``: postings of units that came to an offer.
    ``counted_at``: the till that counts an order until it is served. ``in_grams``: a reduction is an institution's,
    which gets no points. ``grant``: the consent that this is about. ``hold``: the hold whose points move, and
    ``payer``, of a capture or of a draw's sale, the account that they came from. ``owner``: the account whose order,
    hold or donation it was, where another one gets what comes back. ``proof``: the signature of the
    request by the caller's own system. ``dispute``: what a step or a ruling is about. ``conformance``: the run that it
    is a part of.
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
    methodology: str | None = None
    month: str | None = None
    cap_day: str | None = None
    cap_counted: dict[str, int] | None = None
    in_grams: bool | None = None
    batch: str | None = None
    dispute: str | None = None
    conformance: str | None = None
    line: int | None = None
    application: str | None = None
    account: str | None = None
    merchant: str | None = None
    turn: str | None = None
    counted_at: str | None = None
    grant: str | None = None
    hold: str | None = None
    payer: str | None = None
    owner: str | None = None
    reason: str | None = None
    proof: Proof | None = None


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


class Fingerprint(NamedTuple):
    """What shows that a request is the one that made a Record. ``kept`` is kept on a new Record.

    ``earlier`` gives what older versions of the platform kept for the same request; it is asked only where a Record
    bears something else.
    """

    kept: str
    earlier: Callable[[], Collection[str]] = tuple

    def matches(self, stored: str) -> bool:
        return stored == self.kept or stored in self.earlier()


def fingerprint_of(route: str, body: BaseModel, raw: bytes) -> Fingerprint:
    """What a replay must match: the ``route`` with its path, and the body's meaning (not its spelling; a default may be
    left out).

    Half of the hash is kept, which is enough (RFC 2104 §5) and makes every Record shorter. Records of before kept all
    of it, or every field that was written, defaults too, and texts untrimmed. Keyed, because it is kept and a body may
    hold an identity number, which could be found by trying them all.
    """
    meant = body.model_dump_json(exclude_defaults=True)

    def keyed(written: str) -> bytes:
        return hmac.new(secret("identity_key"), f"{route} {written}".encode(), hashlib.sha256).digest()

    def earlier() -> set[str]:
        verbatim = type(body).model_validate_json(raw, context=STORED)
        written = (each.model_dump_json(exclude_unset=True) for each in (body, verbatim))
        return {keyed(each).hex() for each in (meant, *written)}

    return Fingerprint(base64.urlsafe_b64encode(keyed(meant)[:16]).decode().rstrip("="), earlier)
