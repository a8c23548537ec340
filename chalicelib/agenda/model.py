"""Agendas: names noted in slots of time. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from chalicelib.table import keys
from chalicelib.table.write import Write, update

KEPT = timedelta(days=30)  # then DynamoDB forgets a note, wherever the walks are by then
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHANGHAI = timedelta(hours=8)


class Partition(NamedTuple):
    """A lane of a slot: ``closed`` where nobody writes there any more."""

    pk: str
    closed: bool


@dataclass(frozen=True)
class Agenda:
    """Names noted in slots of ``seconds`` each, which begin on the clock in Shanghai: a day's turns there at midnight.

    A slot's names lie in ``lanes``, each a partition of the table. A note never moves and is never taken back, so a
    walk in the order of slots, lanes and names misses nothing. ``late_seconds``: so long after a slot's end it is
    closed, for a writer may stand still between choosing a slot and writing there (a function lives for 15 minutes).
    """

    name: str
    seconds: int
    lanes: int
    late_seconds: int

    def slot(self, moment: datetime) -> str:
        """The slot of a moment. Slots sort by time."""
        return _name(self._number(moment))

    def lane(self, name: str) -> int:
        """Where a name is noted."""
        return sum(name.encode()) % self.lanes

    def key(self, moment: datetime, name: str) -> keys.Key:
        """The note of a name for a moment."""
        return keys.noted(self.name, self.slot(moment), self.lane(name), name)

    def noting(self, moment: datetime, name: str) -> Write:
        """The Write of that note, in the transaction of what makes it due."""
        return update(self.key(moment, name), assign={"expires_at": int((moment + KEPT).timestamp())})

    def partitions(self, since: datetime, until: datetime, now: datetime) -> Iterator[Partition]:
        """From the slot of ``since`` to that of ``until``, in the order of a walk."""
        for number in range(self._number(since), self._number(until) + self.seconds, self.seconds):
            closed = number + self.seconds + self.late_seconds <= _seconds(now)
            for lane in range(self.lanes):
                yield Partition(keys.noted(self.name, _name(number), lane, "").pk, closed)

    def open_since(self, now: datetime) -> datetime:
        """A moment of the first slot that is not closed at ``now``."""
        return now - timedelta(seconds=self.late_seconds)

    def _number(self, moment: datetime) -> int:
        """The second when the slot begins."""
        seconds = _seconds(moment)
        return seconds - seconds % self.seconds


def begins(pk: str) -> datetime:
    """When the slot of a partition begins."""
    return datetime.strptime(pk.split(":")[2], _FORM).replace(tzinfo=UTC) - _SHANGHAI


_FORM = "%Y%m%dT%H%M"


def _seconds(moment: datetime) -> int:
    """On the clock in Shanghai."""
    return int((moment + _SHANGHAI - _EPOCH).total_seconds())


def _name(number: int) -> str:
    return f"{_EPOCH + timedelta(seconds=number):{_FORM}}"
