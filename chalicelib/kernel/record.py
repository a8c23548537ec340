"""The Record: one immutable item that proves a Decision."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic import BaseModel

from chalicelib.kernel.text import STORED
from chalicelib.settings import secret, settings
from chalicelib.signing.messages import Proof
from chalicelib.table.row import dump


class Posting(NamedTuple):
    """``amount`` (whole units, positive) of ``asset`` goes from ``source`` to ``destination``."""

    source: str
    destination: str
    amount: int
    asset: str


class Trip(NamedTuple):
    """What the answer about a trip says that no other fact of its Record does."""

    record_id: str
    quantity: str
    occurred_at: str


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
    is a part of. ``trip``: what a reduction's answer is made of, where it is not kept itself. ``summed``: its account's
    own sums moved with the balance, so no projection adds to them (docs/adr/0062).
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
    trip: Trip | None = None
    summed: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Record(Facts):
    """The caller's receipt (idempotency), the audit line and, where value moved, the ledger entry. One item, not three.

    ``caller`` is the sub and ``role`` the role it acted in. ``fingerprint`` is what a replay must match. ``answer`` is
    the JSON that was answered with ``status``. ``publish``: the stream passes it on though no value moved. ``form``:
    how its item keeps it, None in full (docs/adr/0056).
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
    form: int | None = None

    @staticmethod
    def in_full(item: Mapping[str, Any]) -> Mapping[str, Any]:
        """What ``item`` leaves out because it follows from the rest. Raises KeyError for a form of a later version."""
        if "form" not in item:
            return item
        id = item["pk"].rpartition(":")[2]
        facts = {"id": id, "fingerprint": id, "reference": id, "counterparty": item["scenario"], **item}
        return {**facts, "answer": _ANSWERS[item["form"]](facts)}


def converted(facts: Mapping[str, Any]) -> str:
    """Form 1: the answer about a trip that was converted at once, by the facts of its Record.

    Frozen: Records stand for ever. What is answered in another way one day takes another form.
    """
    ((_, _, grams, _), (_, account, _, _)), grant = facts["postings"], facts.get("grant")
    record_id, quantity, occurred_at = facts["trip"]
    answer = {
        "id": facts["id"],
        "status": "confirmed",
        "record_id": record_id,
        "account": None if grant else account.removeprefix("account:"),
        "grant": grant,
        "scenario": facts["scenario"],
        "scenario_version": facts["scenario_version"],
        "quantity": quantity,
        "occurred_at": occurred_at,
        "grams": grams,
        "points": grams,
        "repaid_points": 0,
        "reason": None,
        "evidence_sha256": None,
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


_ANSWERS = {1: converted}  # how each form makes its answer


def formed(record: Record) -> Record:
    """``record`` in the shortest form that gives its answer back to the byte; without ``trip``, where that is none."""
    if record.trip is None:
        return record
    same = (record.reference, record.counterparty, len(record.postings)) == (record.id, record.scenario, 2)
    if settings().record_form and same and converted(vars(record)) == record.answer:
        return replace(record, form=1)
    return replace(record, trip=None)


def item_of(record: Record) -> dict[str, Any]:
    """The attributes of its item; see ``Record.in_full``."""
    item = dump(record)
    if record.form is None:
        return item
    follows = {"id", "answer", "reference", "counterparty"}
    follows |= {"fingerprint"} if record.fingerprint == record.id else set()
    return {name: value for name, value in item.items() if name not in follows}


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
