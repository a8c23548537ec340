"""What is found becomes an anomaly, and the bureau closes it."""

from dataclasses import replace
from typing import Any

from chalicelib.anomalies.items import STEPS, Anomaly, Finding
from chalicelib.anomalies.model import Closing, to_answer
from chalicelib.anomalies.refusals import AnomalyGrown
from chalicelib.errors import Contended, InvalidRequest, InvalidState, Refusal
from chalicelib.kernel.decision import Command, Decision
from chalicelib.kernel.record import Facts
from chalicelib.table import keys
from chalicelib.table.write import Attr, ConditionBase, Write, put, seen, update
from chalicelib.transitions import step


def note(person: str, day: str, finding: Finding, stored: Anomaly | None) -> Write | None:
    """The anomaly of a person's ``day`` names what was found, beside what ``stored`` names; None where it does.

    It follows from Records, so it needs none of its own. One that was closed is open again. Contended where it changed
    since it was read.
    """
    if stored is None:
        id = keys.anomaly_id(person, day, finding.kind)
        new = Anomaly(id=id, day=day, **vars(finding))
        return put(new.key, new, listed=new.place)
    if finding.reductions <= stored.reductions:
        return None
    grown = replace(
        stored,
        status="open",
        reductions=stored.reductions | finding.reductions,
        scenarios=stored.scenarios | finding.scenarios,
        found_at=max(stored.found_at, finding.found_at),
        edits=stored.edits + 1,
    )
    return put(grown.key, grown, listed=grown.place, require=_as_read(stored))


def close(command: Command[Closing], anomaly: Anomaly, reversed_some: bool) -> Decision:
    """The bureau has looked at it. ``reversed_some``: whether a reduction that it names was reversed.

    Raises InvalidState, AnomalyGrown, and InvalidRequest for the outcome ``reversed`` where none was. Contended where
    it has grown since it was read.
    """
    body = command.body
    status: Any = step(STEPS, anomaly.status, "close", command.caller.role)
    if body.edits not in (None, anomaly.edits):
        raise AnomalyGrown(state=anomaly.status, action="close", edits=anomaly.edits)
    if body.outcome == "reversed" and not reversed_some:
        en, zh = "None of its reductions was reversed: reverse one first", "其中没有已冲正的减排量，请先行冲正"
        raise InvalidRequest.at("/outcome", en, zh)
    changes: dict[str, Any] = {
        "status": status,
        "outcome": body.outcome,
        "reason": body.reason,
        "closed_at": command.at,
        "closed_role": command.caller.role,
    }
    closed = replace(anomaly, **changes)
    move = update(
        anomaly.key, assign=changes, listed=closed.place, require=_as_read(anomaly), refuse=seen(Anomaly, _moved)
    )
    return Decision("anomaly_closed", to_answer(closed), (move,), Facts(reference=anomaly.id, reason=body.reason))


def _as_read(anomaly: Anomaly) -> ConditionBase:
    unchanged: ConditionBase = Attr("edits").eq(anomaly.edits) & Attr("status").eq(anomaly.status)
    return unchanged


def _moved(stored: Anomaly | None) -> Refusal:
    if stored is not None and stored.status == "closed":
        return InvalidState(state=stored.status, action="close")
    return Contended()  # it has grown: read it again
