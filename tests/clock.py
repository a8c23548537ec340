"""Time as a test wants it."""

from dataclasses import dataclass, field

import pytest

from chalicelib import deadline


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
