"""Which certificates bear a debt, and how it is published. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from chalicelib.certificates.items import Certificate
from chalicelib.certificates.model import SERIAL, URL, Kind, Status
from chalicelib.kernel.fields import Answer, Paged, Time, example
from chalicelib.kernel.record import Record
from chalicelib.ledger.model import DEBT

CERTIFIED = ("cancellation", "donation", "retirement")  # movements that give their holder a certificate
PAGE = 40  # flags a transaction: each may also move the sum of its campaign


class Flag(NamedTuple):
    """``grams`` of a certificate await recovery. ``place``: where its line stands in the statement."""

    place: str
    certificate: Certificate
    grams: int


class Flags(NamedTuple):
    """Flags that change in one transaction. ``reach``: the place of the oldest one that stands then; None: none."""

    changed: tuple[Flag, ...]
    reach: str | None


def allotted(debt: int, certified: Iterable[tuple[str, Certificate]], reach: str | None) -> list[Flag]:
    """How many grams of each certificate await recovery; ``certified`` are the holder's, the newest first.

    The latest use bears first, each at most what it proves, until ``debt`` is used up; what is left was used in
    another way. Certificates back to the place ``reach`` may bear a flag from before.
    """
    flags: list[Flag] = []
    for place, certificate in certified if debt or reach else ():
        if not debt and (reach is None or place < reach):
            break
        grams = min(debt, certificate.proven)
        flags.append(Flag(place, certificate, grams))
        debt -= grams
    return flags


def pages(flags: Sequence[Flag], reach: str | None) -> Iterator[Flags]:
    """The flags that are not what is kept, some at a time. Until the last page, flags back to ``reach`` may stand."""
    changed = [flag for flag in flags if flag.grams != flag.certificate.uncovered_grams]
    for start in range(0, len(changed), PAGE):
        some = changed[start : start + PAGE]
        reach = _oldest(some, reach)
        yield Flags(tuple(some), reach if start + PAGE < len(changed) else _oldest(flags))


def _oldest(flags: Iterable[Flag], before: str | None = None) -> str | None:
    """The place of the oldest certificate that bears anything, or ``before`` where that is older."""
    places = (flag.place for flag in flags if flag.grams)
    return min([*places, before] if before else places, default=None)


def debtors(record: Record) -> list[str]:
    """The ids of the accounts whose debt a Record changes."""
    owed = (posting for posting in record.postings if posting.asset in DEBT.values())
    names = {name for posting in owed for name in posting[:2] if name.startswith("account:")}
    return sorted(name.partition(":")[2] for name in names)


class FlaggedSerial(Answer):
    """How many grams of a certificate await recovery from now on."""

    serial: str
    uncovered_grams: int


class FlaggedAnswer(Answer):
    """What a change of a debt did to certificates: the Record's answer."""

    certificates: list[FlaggedSerial]


class UncoveredParams(Paged):
    """Pages of certificates of which some grams await recovery."""

    uncovered: Literal["true"] = "true"


class UncoveredAnswer(Answer):
    """A certificate of which some grams await recovery. The sum of all is at most the supply's ``grams_uncovered``.

    ``campaign``: to which a donation went.
    """

    model_config = example(
        serial=SERIAL,
        url=URL,
        kind="cancellation",
        holder="王**",
        campaign=None,
        grams=5000,
        uncovered_grams=500,
        issued_at="2026-01-31T08:00:00.000Z",
        status="valid",
    )

    serial: str
    url: str
    kind: Kind
    holder: str
    campaign: str | None
    grams: int
    uncovered_grams: int
    issued_at: Time
    status: Status


def to_answer(certificate: Certificate) -> UncoveredAnswer:
    facts = {name: value for name, value in vars(certificate).items() if name in UncoveredAnswer.model_fields}
    return UncoveredAnswer(url=certificate.reference.url, **facts)
