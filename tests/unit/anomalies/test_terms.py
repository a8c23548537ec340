"""The stream's batches share what was read of the scenarios: it is remembered for seconds."""

from dataclasses import replace

import pytest

from chalicelib.anomalies import queries, reactions
from chalicelib.kernel.decision import record_of
from chalicelib.kernel.record import Record
from chalicelib.scenarios.items import Scenario
from tests.unit.decisions import command
from tests.unit.reductions.test_actions import report
from tests.unit.scenarios.samples import scenario


class Register:
    """Published versions, and how often they were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.versions, self.reads, self.clock = [scenario()], 0, 1000.0
        monkeypatch.setattr(queries, "everything", self._read)
        monkeypatch.setattr(queries, "_now", lambda: self.clock)

    def _read(self) -> list[list[Scenario]]:
        self.reads += 1
        return [[*self.versions]]

    def publish(self) -> Scenario:
        self.versions.append(replace(self.versions[-1], version=self.versions[-1].version + 1))
        return self.versions[-1]


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    queries.forget()
    return Register(monkeypatch)


def stream(*versions: Scenario) -> None:
    """A batch of reports, each under one of ``versions``."""
    reactions.find_anomalies([_report(each) for each in versions])


def _report(version: Scenario) -> Record:
    return record_of(command(role="scenario_operator"), report(version), 201, "")


def test_batches_within_seconds_read_the_versions_once(register: Register) -> None:
    for _ in range(20):
        stream(register.versions[0], register.versions[0])
        register.clock += queries.REMEMBERED_SECONDS / 20
    assert register.reads == 1


def test_they_are_read_again_after_seconds(register: Register) -> None:
    stream(register.versions[0])
    register.clock += queries.REMEMBERED_SECONDS + 0.1
    stream(register.versions[0])
    stream(register.versions[0])
    assert register.reads == 2


def test_a_trip_under_a_version_that_is_not_known_is_judged_by_it(register: Register) -> None:
    stream(register.versions[0])
    newer = register.publish()
    stream(newer)
    stream(newer, register.versions[0])
    assert register.reads == 2
    assert ("metro", newer.version) in queries.remembered_terms([])


def test_a_batch_without_reports_reads_nothing(register: Register) -> None:
    reactions.find_anomalies([replace(_report(register.versions[0]), in_grams=True)])
    assert register.reads == 0
