"""Writing notes into an agenda, and reading them in order."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from chalicelib.agenda.attempts import retrying
from chalicelib.agenda.model import Agenda
from chalicelib.kernel.settle import derive_each
from chalicelib.table import keys, read
from chalicelib.table.keys import Key

_KNOWN_MAX = 20_000
_known: set[Key] = set()  # notes that stand: this process need not write them again


def forget() -> None:
    """What this process knows."""
    _known.clear()


def note(agenda: Agenda, names: Iterable[str], at: datetime | None = None) -> None:
    """Each of ``names`` is looked at in the slot of ``at``; of now, where that is over or not given.

    One write a name, slot and process. Raises Contended, Unavailable.
    """
    now = datetime.now(UTC)
    moment = max(at or now, now)
    each = [agenda.noting(moment, name) for name in dict.fromkeys(names)]
    new = [write for write in each if write.key not in _known]
    if len(_known) > _KNOWN_MAX:
        _known.clear()
    retrying(lambda: derive_each(new))  # others may note the same at this moment
    _known.update(write.key for write in new)


def names_in(pk: str, after: str | None = None) -> Iterator[str]:
    """The names of one partition, in order, as of now; ``after`` one of them."""
    return (row.key.sk for row in read.partition(pk, "!", "~", before=after))


def noted(agenda: Agenda, since: datetime, until: datetime, after: Key | None = None) -> Iterator[Key]:
    """Every note from the slot of ``since`` to that of ``until``, in order; only those behind ``after``."""
    for pk, _ in agenda.partitions(since, until, until):
        if after is None or pk > after.pk:
            yield from (keys.Key(pk, name) for name in names_in(pk))
        elif pk == after.pk:
            yield from (keys.Key(pk, name) for name in names_in(pk, after.sk))
