"""The stream reaches the consumer in order, at least once, and its history does not grow without end."""

import sqlite3
import statistics
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.system.conftest import Sample, eventually

pytestmark = pytest.mark.system


def write(stack: Sample, *names: str) -> None:
    for name in names:
        assert httpx.put(f"{stack.url}/v1/notes/{name}").status_code == 204


def history(stack: Sample) -> list[int]:
    with closing(sqlite3.connect(f"file:{stack.data / 'table.sqlite'}?mode=ro", uri=True)) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM _stream_records ORDER BY id")]


def test_a_failing_consumer_is_asked_again_and_nothing_is_skipped(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        write(stack, "one")
        eventually(lambda: len(stack.notes("record")) == 4)
        stack.failing.touch()
        write(stack, "two", "three")
        eventually(lambda: len(stack.notes("failed")) >= 2)
        stack.kill9()  # the refused records are still in the store
        stack.start()
        stack.failing.unlink()
        eventually(lambda: len(stack.notes("record")) >= 12)
        numbers = [number for _, _, number, _ in stack.notes("record")]
        assert numbers == list(range(1, 13))


def test_processed_history_is_forgotten_and_unprocessed_history_kept(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        write(stack, *(f"n{number}" for number in range(50)))
        eventually(lambda: history(stack) == [200])  # the last one stays: the engine counts on from it
        stack.failing.touch()
        write(stack, "waiting")
        eventually(lambda: len(stack.notes("failed")) >= 1)
        assert history(stack) == [200, 201, 202, 203, 204]
        stack.failing.unlink()
        eventually(lambda: history(stack) == [204])


def reacted(stack: Sample) -> set[str]:
    return {name for name, *_ in stack.notes("reacted")}


def test_a_consumer_that_fails_holds_up_no_other_and_gets_what_it_missed(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        write(stack, "one")
        eventually(lambda: reacted(stack) == {"one"})
        failing = stack.failing.with_name("fail-react")
        failing.touch()
        write(stack, "two")
        eventually(lambda: len(stack.notes("record")) == 8)
        eventually(lambda: len(stack.notes("reaction failed")) >= 2)
        assert history(stack) == [4, 5, 6, 7, 8]  # kept for the one that has not taken them
        stack.kill9()
        stack.start()
        write(stack, "three")
        eventually(lambda: {name for name, *_ in stack.notes("record")} == {"one", "two", "three"})
        failing.unlink()
        eventually(lambda: reacted(stack) == {"one", "two", "three"})
        eventually(lambda: history(stack) == [12])


def test_a_poisonous_record_stops_a_consumer_only_for_a_while(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        write(stack, "poison", "after")
        eventually(lambda: reacted(stack) == {"after"})  # those in the same batch have their turn each time
        eventually(lambda: history(stack) == [8], 60)
        write(stack, "later")
        eventually(lambda: reacted(stack) == {"after", "later"})
        log = (stack.data / "run" / "react.log").read_text()
        assert "gave up on records 1, 2, 3, 4" in log


def test_an_idle_stream_delivers_within_half_a_second(sample: Sample) -> None:
    took = []
    for number in range(5):  # the median: a busy machine may delay one or two
        time.sleep(1)  # long enough for the pump to be at its laziest
        asked = time.time()
        write(sample, f"quick-{number}")
        eventually(lambda: len(sample.notes("record")) > number)  # noqa: B023 - it is called at once
        took.append(sample.notes("record")[number][-1] - asked)
    assert statistics.median(took) < 0.5
