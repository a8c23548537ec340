"""The clock of one machine fires a schedule after each of its periods."""

import threading
from types import ModuleType
from typing import Any

from infra.dev.local import schedules


class Periods(threading.Event):
    """Three periods, and then the end."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return len(self.waited) > 3


def test_a_schedule_fires_each_period_whatever_came_of_the_last_time() -> None:
    fired: list[str] = []

    def often(event: dict[str, Any], _: object) -> None:
        fired.append(event["detail-type"])
        if len(fired) == 1:
            raise ConnectionError("the store is away")

    module, periods = ModuleType("app"), Periods()
    module.often = often  # type: ignore[attr-defined]
    schedules._run(module, "often", 60, periods)
    assert fired == ["Scheduled Event"] * 3
    assert periods.waited == [60] * 4
