"""What follows from reports: a person's trips of a day are compared, whatever order they come in."""

from collections.abc import Sequence

from chalicelib.anomalies import detection, queries
from chalicelib.anomalies.actions import note
from chalicelib.anomalies.items import Finding, Trip
from chalicelib.errors import Contended
from chalicelib.kernel.record import Record
from chalicelib.kernel.settle import derive, derive_each
from chalicelib.reductions.items import Reduction
from chalicelib.reductions.lookup.queries import as_reported, is_report, recipients
from chalicelib.table import keys
from chalicelib.table.write import put

_ATTEMPTS_MAX = 5


def find_anomalies(records: Sequence[Record]) -> None:
    """Each trip is put among those of its person's day, then the day is judged: the last to come sees all of them.

    Raises Contended, Unavailable: the stream brings the Records again, which changes nothing that is done.
    """
    reports = [as_reported(each) for each in records if is_report(each) and not each.in_grams]
    if reports:
        placed = _placed(reports)
        derive_each(
            put(keys.trip(person, day, trip.starts_at, trip.reduction), trip)
            for person, trip in placed
            for day in detection.days(trip)
        )
        for person, day in dict.fromkeys((person, day) for person, trip in placed for day in detection.days(trip)):
            _judge(person, day)


def _placed(reports: Sequence[Reduction]) -> list[tuple[str, Trip]]:
    """Persons and their trips, of the scenarios that are compared. A person is one, in whichever account."""
    named = {each.answer.id: _version(each) for each in reports}
    terms = queries.remembered_terms(named.values())
    watched = detection.watched(terms.values())
    compared = [each for each in reports if named[each.answer.id][0] in watched]
    persons = recipients(dict.fromkeys(each.recipient.id for each in compared))
    return [
        (person, detection.trip(each, terms[named[each.answer.id]]))
        for each in compared
        if (person := persons[each.recipient.id].person)
    ]


def _version(reduction: Reduction) -> tuple[str, int]:
    """Code (lower case) and number of the version that governed it."""
    return keys.scenario_code(reduction.answer.scenario), reduction.answer.scenario_version


def _judge(person: str, day: str) -> None:
    """What was reversed or rejected counts no more; that is read only where there is something to judge."""
    trips = queries.trips(person, day)
    if detection.found(trips, day):
        for finding in detection.found(queries.standing(trips), day):
            _keep(person, day, finding)


def _keep(person: str, day: str, finding: Finding) -> None:
    for _ in range(_ATTEMPTS_MAX):
        write = note(person, day, finding, queries.stored(person, day, finding.kind))
        if write is None or derive(write).done:
            return
    raise Contended()
