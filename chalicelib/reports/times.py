"""How long applications took, state by state. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kernel.fields import Answer

OFFICIALLY = ("submitted", "reviewed", "opinion_filed")  # states in which the exchange or the bureau has to act


class StateTimes(Answer):
    """How long the applications that were decided in the month had been in a state, each stay counted.

    ``promised_seconds``: how long an application may wait for the exchange or the bureau, by what the stage promises
    (calendar days); null where it waits for somebody else. ``late``: stays that took longer.
    """

    state: str
    stays: int
    median_seconds: int
    longest_seconds: int
    promised_seconds: int | None = None  # earlier reports have none
    late: int = 0


class Applications(Answer):
    """Applications that were decided in the month: how many by outcome, and how long each state took."""

    active: int
    rejected: int
    withdrawn: int
    times: list[StateTimes]


@dataclass(frozen=True)
class Stay:
    """A line of an application's history: from when on it was in which state."""

    at: str
    status: str


def stays(lines: Iterable[Stay]) -> list[tuple[str, int]]:
    """How many seconds an application was in each state, by its history, the oldest line first."""
    found: list[tuple[str, int]] = []
    since: Stay | None = None
    for line in lines:
        if since and line.status != since.status:
            spent = datetime.fromisoformat(line.at) - datetime.fromisoformat(since.at)
            found.append((since.status, int(spent.total_seconds())))
        if since is None or line.status != since.status:
            since = line
    return found


def times(spent: Iterable[tuple[str, int]], promised_days: int) -> list[StateTimes]:
    """The states' median and longest stay; of an even number, the lower one in the middle."""
    by_state: dict[str, list[int]] = {}
    for state, stay in spent:
        by_state.setdefault(state, []).append(stay)
    promised = dict.fromkeys(OFFICIALLY, promised_days * 86_400)
    return [
        StateTimes(
            state=state,
            stays=len(seconds),
            median_seconds=sorted(seconds)[(len(seconds) - 1) // 2],
            longest_seconds=max(seconds),
            promised_seconds=promised.get(state),
            late=sum(each > promised.get(state, each) for each in seconds),
        )
        for state, seconds in sorted(by_state.items())
    ]
