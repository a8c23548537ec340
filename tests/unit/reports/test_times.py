"""Application times: the stays of each state, and those that took longer than the stage promises."""

import pytest

from chalicelib.reports.times import Stay, stays, times

DAY = 86_400


def at(day: int, hour: int = 0, second: int = 0) -> str:
    return f"2026-01-{day:02d}T{hour:02d}:00:{second:02d}.000Z"


def test_a_stay_lasts_from_a_step_to_the_next_that_changes_the_state() -> None:
    lines = [Stay(at(1), "draft"), Stay(at(2), "submitted"), Stay(at(3), "submitted"), Stay(at(5), "active")]
    assert stays(lines) == [("draft", DAY), ("submitted", 3 * DAY)]


@pytest.mark.parametrize(("over", "late"), [(-1, 0), (0, 0), (1, 1)])
def test_a_stay_is_late_a_second_after_what_was_promised(over: int, late: int) -> None:
    history = [Stay(at(1), "submitted"), Stay(at(4, second=max(over, 0)), "reviewed")]
    if over < 0:
        history[1] = Stay(at(3, hour=23), "reviewed")
    [submitted] = times(stays(history), 3)
    assert (submitted.promised_seconds, submitted.late) == (3 * DAY, late)


@pytest.mark.parametrize("state", ["returned", "with_operator", "acknowledged", "draft"])
def test_nobody_is_late_while_it_waits_for_another(state: str) -> None:
    [found] = times([(state, 400 * DAY)], 3)
    assert (found.promised_seconds, found.late, found.longest_seconds) == (None, 0, 400 * DAY)


def test_each_stay_counts_and_the_median_is_the_lower_one_in_the_middle() -> None:
    [found] = times([("reviewed", seconds) for seconds in (9 * DAY, 1, 3, 8 * DAY)], 7)
    assert (found.stays, found.median_seconds, found.longest_seconds, found.late) == (4, 3, 9 * DAY, 2)
