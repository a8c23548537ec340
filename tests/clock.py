"""Time as a test wants it."""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

import pytest

from chalicelib import deadline
from chalicelib.edge import endpoints, queries
from chalicelib.kernel import settle


@dataclass
class Clock:
    """``now`` in seconds. What would sleep moves it on instead."""

    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    @classmethod
    def installed(cls, monkeypatch: pytest.MonkeyPatch) -> "Clock":
        clock = cls()
        monkeypatch.setattr(deadline, "_now", lambda: clock.now)
        monkeypatch.setattr("time.sleep", clock.rest)
        return clock

    def pass_by(self, seconds: float) -> None:
        self.now += seconds

    def rest(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pass_by(seconds)


class Calendar:
    """The platform's date, for requests and for what the schedule does."""

    def __init__(self, patch: pytest.MonkeyPatch, now: str) -> None:
        self.now = now
        calendar = self

        class Then(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.fromisoformat(calendar.now).astimezone(tz)

        for module in (endpoints, queries, settle):
            patch.setattr(module, "datetime", Then)
