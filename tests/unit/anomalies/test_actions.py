"""What is kept when an anomaly is found, grows and is closed."""

from typing import Any

import pytest

from chalicelib.anomalies import actions
from chalicelib.anomalies.items import Anomaly
from chalicelib.anomalies.model import Closing
from chalicelib.anomalies.refusals import AnomalyGrown
from chalicelib.errors import Contended, InvalidRequest, InvalidState, RoleNotAllowed
from chalicelib.kernel.decision import Decision
from chalicelib.table import keys
from chalicelib.table.row import load
from chalicelib.table.write import Write
from tests.unit.anomalies.samples import DAY, ID, anomaly, finding
from tests.unit.decisions import AT, after, command, holds, refusal, touched, write_to

LATER = "2026-02-01T08:00:00.000Z"
KEY = keys.anomaly(ID)


def note(found: Any, stored: Anomaly | None) -> Write:
    write = actions.note("alice", DAY, found, stored)
    assert write is not None
    return write


def close(stored: Anomaly, *, reversed_some: bool = False, role: str = "bureau", **body: Any) -> Decision:
    closing = Closing.model_validate({"outcome": "dismissed", "reason": "one card for two"} | body)
    return actions.close(command(closing, role=role), stored, reversed_some)


def test_the_first_finding_makes_the_anomaly_open_and_listed() -> None:
    write = note(finding("a", "b"), None)
    assert (write.key, holds(write), holds(write, anomaly())) == (KEY, True, False)
    made = after(write)
    assert load(Anomaly, made) == anomaly()
    assert (made["list"], made["rank"]) == ("anomalies:open", f"{AT}:{ID}")


def test_an_anomaly_names_no_person() -> None:
    assert "alice" not in str(after(note(finding("a", "b"), None)))


@pytest.mark.parametrize("reductions", [("a", "b"), ("a",)])
def test_what_is_named_already_changes_nothing(reductions: tuple[str, ...]) -> None:
    for status in ("open", "closed"):
        assert actions.note("alice", DAY, finding(*reductions), anomaly(status=status)) is None


def test_another_reduction_is_added_and_the_time_is_the_latest() -> None:
    write = note(finding("b", "c", found_at=LATER), anomaly(edits=3))
    grown = load(Anomaly, after(write))
    assert ({*grown.reductions}, grown.found_at, grown.edits) == ({"a", "b", "c"}, LATER, 4)
    assert load(Anomaly, after(note(finding("b", "c", found_at="2026-01-01"), anomaly()))).found_at == AT


def test_of_two_that_add_at_once_one_reads_again() -> None:
    write = note(finding("b", "c"), anomaly(edits=3))
    assert holds(write, anomaly(edits=3))
    for meanwhile in (anomaly(edits=4), anomaly(edits=3, status="closed")):
        assert isinstance(refusal(write, meanwhile), Contended)


def test_a_closed_anomaly_that_grows_is_open_again_with_its_last_outcome() -> None:
    closed = anomaly(status="closed", outcome="dismissed", reason="why", closed_at=AT, closed_role="bureau")
    made = after(note(finding("b", "c"), closed))
    assert (made["status"], made["list"], made["outcome"]) == ("open", "anomalies:open", "dismissed")


def test_closing_moves_it_to_the_closed_ones_and_keeps_why() -> None:
    decision = close(anomaly(), edits=0)
    assert touched(decision) == [KEY]
    closed = after(write_to(decision, KEY), anomaly())
    assert (closed["status"], closed["outcome"], closed["reason"]) == ("closed", "dismissed", "one card for two")
    assert (closed["list"], closed["closed_at"], closed["closed_role"]) == ("anomalies:closed", AT, "bureau")
    assert (decision.kind, decision.facts.reference, decision.facts.reason) == (
        "anomaly_closed", ID, "one card for two",
    )  # fmt: skip


def test_what_is_closed_is_not_closed_again() -> None:
    with pytest.raises(InvalidState):
        close(anomaly(status="closed"))
    write = write_to(close(anomaly()), KEY)
    assert type(refusal(write, anomaly(status="closed"))) is InvalidState


def test_who_closes_what_has_grown_reads_it_again() -> None:
    assert isinstance(refusal(write_to(close(anomaly()), KEY), anomaly(edits=1)), Contended)
    with pytest.raises(AnomalyGrown):
        close(anomaly(edits=1), edits=0)


def test_reversed_needs_a_reduction_that_was() -> None:
    with pytest.raises(InvalidRequest):
        close(anomaly(), outcome="reversed")
    assert close(anomaly(), outcome="reversed", reversed_some=True).answer.model_dump()["outcome"] == "reversed"


def test_only_the_bureau_closes() -> None:
    with pytest.raises(RoleNotAllowed):
        close(anomaly(), role="exchange")
