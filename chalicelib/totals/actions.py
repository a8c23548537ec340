"""An operator uploads what it counts for a day; either side's change is compared."""

from collections.abc import Sequence
from datetime import timedelta

from chalicelib import shanghai
from chalicelib.errors import InvalidRequest
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.fields import stamp
from chalicelib.kernel.record import Facts
from chalicelib.scenarios.items import Scenario
from chalicelib.scenarios.validity import operated
from chalicelib.table import keys
from chalicelib.table.lists import UNLISTED
from chalicelib.table.write import Attr, Write, put, update
from chalicelib.totals.items import Compared, OperatorTotals, Uploaded
from chalicelib.totals.model import NewTotals, to_answer

UPLOADED = "operator_totals_uploaded"
_FIRST = "1971-01-02"  # no scenario was in force before


def upload(command: Command[NewTotals], versions: Sequence[Scenario], found: Compared) -> Decision:
    """A day's totals, or their next version. ``found``: both sides as they stand.

    Raises InvalidRequest for another's scenario, a day that is not over or on which it was not this operator's, and a
    correction without a reason. Contended where another version was committed meanwhile.
    """
    body, before = command.body, found.theirs
    _permitted(command, versions)
    if before and body.reason is None:
        en = f"Version {before.version} stands already: say why it is corrected"
        raise InvalidRequest.at("/reason", en, f"该日合计已有第 {before.version} 版，更正须说明理由")
    new = Uploaded(
        version=before.version + 1 if before else 1,
        trips=body.trips,
        grams=body.grams,
        at=command.at,
        reason=body.reason,
    )
    kept = OperatorTotals(
        **vars(new),
        id=found.id,
        scenario=found.scenario,
        day=found.day,
        operator=found.operator,
        since=before.since if before else None,
        edits=before.edits + 1 if before else 0,
    ).judged(found.ours, command.at)
    as_read = Attr("version").eq(before.version) if before else None
    history = keys.totals_version(kept.scenario, kept.day, keys.operator_id(kept.operator), kept.version)
    writes = (put(kept.key, kept, listed=kept.place, require=as_read), put(history, new))
    answer = to_answer(Compared(found.scenario, found.day, found.operator, found.ours, kept))
    facts = Facts(scenario=found.scenario, reference=kept.id, reason=body.reason)
    return Decision(UPLOADED, answer, writes, facts, publish=True)


def _permitted(command: Command[NewTotals], versions: Sequence[Scenario]) -> None:
    body, caller = command.body, command.caller
    if not any(map(caller.operates, versions)):
        raise InvalidRequest.at("/scenario", "Is no scenario of this operator", "不是该运营方的场景")
    if body.day >= f"{shanghai.clock(command.now):%Y-%m-%d}":
        raise InvalidRequest.at("/day", "The day is not over in Shanghai", "该日（北京时间）尚未结束")
    if body.day < _FIRST or not operated(versions, caller.sub, *_around(body.day)):
        en = "The scenario was not in force on this day, or another operator's"
        raise InvalidRequest.at("/day", en, "该日场景未生效，或由其他运营方负责")


def _around(day: str) -> tuple[str, str]:
    """The first and the last moment of a day in Shanghai."""
    end = shanghai.after(day)
    return stamp(end - timedelta(days=1)), stamp(end - timedelta(milliseconds=1))


def compare(found: Compared, at: str) -> Write | None:
    """What was uploaded gets the status that it has by now; None where it has it. It follows from Records."""
    if found.theirs is None:
        return None
    judged = found.theirs.judged(found.ours, at)
    if judged == found.theirs:
        return None
    as_read = Attr("version").eq(judged.version) & Attr("edits").eq(judged.edits)
    changed = {"status": judged.status, "edits": judged.edits + 1}
    if judged.place:
        return update(judged.key, assign=changed | {"since": judged.since}, listed=judged.place, require=as_read)
    return update(judged.key, assign=changed, remove=(*UNLISTED, "since"), require=as_read)
