"""Nothing that was acknowledged is lost, whoever is killed; and nothing is left behind."""

import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from infra.dev.local.processes import _born
from infra.dev.local.settings import WAKING
from tests.system.conftest import Sample, eventually

pytestmark = pytest.mark.system


def kept_keys(stack: Sample) -> list[bytes]:
    """The content of every key file."""
    return [path.read_bytes() for path in sorted((stack.data / "keys").rglob("*")) if path.is_file()]


def write_until(stack: Sample, stop: threading.Event, prefix: str, acknowledged: list[str]) -> None:
    with httpx.Client() as client:
        number = 0
        while not stop.is_set():
            name = f"{prefix}-{number}"
            try:
                answer = client.put(f"{stack.url}/v1/notes/{name}", timeout=5)
            except httpx.HTTPError:
                continue
            if answer.status_code == 204:
                acknowledged.append(name)
            number += 1


def stored(stack: Sample) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.environment["TABLE_NAME"])
    for page in pages:
        for item in page["Items"]:
            found.setdefault(item["pk"]["S"], set()).add(item["sk"]["S"])
    return found


def delivered(stack: Sample) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, part, _, _ in stack.notes("record"):
        found.setdefault(name, set()).add(part)
    return found


def test_kill_9_of_everything_under_load_loses_nothing(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with Sample(tmp_path) as stack:
        for kill in range(3):
            stop = threading.Event()
            clients = [
                threading.Thread(target=write_until, args=(stack, stop, f"{kill}-{each}", acknowledged))
                for each in range(8)
            ]
            for client in clients:
                client.start()
            goal = len(acknowledged) + 150
            eventually(lambda goal=goal: len(acknowledged) >= goal)  # type: ignore[misc]
            stack.kill9()
            stop.set()
            for client in clients:
                client.join()
            stack.start()
        items = stored(stack)
        assert set(acknowledged) <= set(items)
        assert all(parts == {"0", "1", "2", "3"} for parts in items.values()), "a torn transaction"
        eventually(lambda: delivered(stack) == items)


def test_children_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        children = {pid: _born(pid) for pid in stack.pids().values()}
        assert stack._process
        os.kill(stack._process.pid, signal.SIGKILL)
        stack._process.wait()
        eventually(lambda: not any(_born(pid) == born for pid, born in children.items()))
        stack.start()
        assert httpx.get(f"{stack.url}/v1/health").status_code == 200


@pytest.mark.parametrize("part", ["dynoxide", "ministack", "worker-0", *WAKING])
def test_a_part_that_dies_is_started_again_and_loses_nothing(tmp_path: Path, part: str) -> None:
    with Sample(tmp_path) as stack:
        assert httpx.put(f"{stack.url}/v1/notes/before").status_code == 204
        victim = stack.pids()[part]
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: stack.pids().get(part, victim) != victim)
        eventually(lambda: put(stack, "after"))
        eventually(lambda: set(delivered(stack)) == {"before", "after"})


def put(stack: Sample, name: str) -> bool:
    try:
        return httpx.put(f"{stack.url}/v1/notes/{name}").status_code == 204
    except httpx.HTTPError:
        return False


def test_a_second_start_keeps_data_keys_and_port(tmp_path: Path) -> None:
    with Sample(tmp_path) as stack:
        assert put(stack, "kept")
        url, before = stack.url, kept_keys(stack)
        stack.restart()
        assert stack.url == url
        assert "kept" in stored(stack)
        assert kept_keys(stack) == before
        assert all(path.stat().st_mode & 0o077 == 0 for path in (stack.data / "keys").rglob("*"))
