"""Until when a merchant's cooperation agreement and business licence are valid. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib import shanghai
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.decision import Command
from chalicelib.kernel.fields import stamp
from chalicelib.merchants.model import Subject
from chalicelib.table import keys, lists
from chalicelib.table.lists import UNLISTED, Listing
from chalicelib.table.row import dump
from chalicelib.table.write import Attr, ConditionBase, Write, update


@dataclass(frozen=True, kw_only=True)
class Validity:
    """Until when a merchant's agreement or licence is valid, as of ``since``.

    ``ends_on``: its last day in Shanghai; None where it has no end. ``reminded_at``: when its end was announced, and
    ``stopped_at`` when it came.
    """

    merchant: str
    subject: Subject
    since: str
    ends_on: str | None = None
    reminded_at: str | None = None
    stopped_at: str | None = None

    @property
    def ends_at(self) -> str | None:
        """The first moment after the last day."""
        return stamp(shanghai.after(self.ends_on)) if self.ends_on else None

    def days_left(self, now: datetime) -> int | None:
        """Days until the last one, negative once it is past."""
        return (date.fromisoformat(self.ends_on) - shanghai.clock(now).date()).days if self.ends_on else None


def valid_until(
    command: Command[Any], merchant: str, subject: Subject, ends_on: str | None, known: Validity | None = None
) -> Write:
    """From now on it is valid until ``ends_on``, whatever was before; ``known`` (as read) must still stand."""
    validity = Validity(merchant=merchant, subject=subject, since=command.at, ends_on=ends_on)
    listed = Listing(lists.validity(subject), f"{validity.ends_at}:{merchant}") if ends_on else None
    return update(
        keys.validity(merchant, subject),
        assign=dump(validity),
        listed=listed,
        remove=("reminded_at", "stopped_at", *(() if ends_on else ("ends_on", *UNLISTED))),
        require=_as_read(known) if known else None,
    )


def _as_read(known: Validity) -> ConditionBase:
    """Neither renewed nor ended since."""
    stopped = Attr("stopped_at")
    same = stopped.eq(known.stopped_at) if known.stopped_at else stopped.not_exists()
    return Attr("since").eq(known.since) & same


def validities(command: Command[Any], merchant: str, *, agreement: str | None, licence: str | None) -> Iterator[Write]:
    """What is known of a merchant's agreement and licence when it is admitted: their last days.

    Raises InvalidRequest for a day that is past.
    """
    days: dict[Subject, str | None] = {"agreement": agreement, "licence": licence}
    for subject, ends_on in days.items():
        if ends_on:
            not_past(command, f"/{subject}_ends_on", ends_on)
            yield valid_until(command, merchant, subject, ends_on)


def not_past(command: Command[Any], pointer: str, ends_on: str) -> None:
    """Raises InvalidRequest for a last day that is over in Shanghai."""
    if ends_on < shanghai.clock(command.now).date().isoformat():
        raise InvalidRequest.at(pointer, "Has passed", "已过有效期")
