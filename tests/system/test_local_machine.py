"""What the host lacks is one line of output."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from infra.dev.local.settings import read
from infra.here import ROOT
from tests.system.conftest import Sample, eventually

pytestmark = pytest.mark.system


def run(**env: str) -> str:
    """The output of a start that must fail."""
    started = subprocess.run(
        [sys.executable, "-m", "infra.dev.local"],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert started.returncode == 1
    assert "Traceback" not in started.stderr
    return started.stderr.strip()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        printed = run(DATA=str(tmp_path), PORT=str(port))
    expected = (
        f"Port {port} is not available (address already in use): free it, or choose another: make run PORT={port + 1}"
    )
    assert printed == expected


def test_a_folder_in_use_is_one_line(sample: Sample) -> None:
    expected = f"Another run uses {sample.data}: stop it, or choose another folder: make run DATA=<folder>"
    assert run(DATA=str(sample.data), PORT="0") == expected


def test_missing_engines_are_one_line(tmp_path: Path) -> None:
    printed = run(DATA=str(tmp_path / "data"), TOOLS=str(tmp_path), PORT="0")
    assert printed == f"{tmp_path}/ministack/bin/ministack is missing. Run: make tools"


def test_without_node_it_runs_and_says_what_that_costs(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ministack").symlink_to(read().tools / "ministack")
    with Sample(tmp_path, TOOLS=str(tools)) as stack:
        assert httpx.put(f"{stack.url}/v1/notes/a").status_code == 204
        assert "kill -9 loses what was written since this start" in stack.output
        assert stack.dynamodb_endpoint == stack.environment["AWS_ENDPOINT_URL"]
        stack.restart()  # in order: nothing is lost
        found = stack.client("dynamodb").scan(TableName=stack.environment["TABLE_NAME"])
        assert found["Count"] == 4


def test_the_users_own_engine_is_used_and_none_is_started(tmp_path: Path, sample: Sample) -> None:
    own = {"AWS_ENDPOINT_URL_DYNAMODB": sample.dynamodb_endpoint}
    with Sample(tmp_path, **own) as stack:
        assert "dynoxide" not in stack.pids()
        assert httpx.put(f"{stack.url}/v1/notes/from-afar").status_code == 204
        found = sample.client("dynamodb").get_item(
            TableName=sample.environment["TABLE_NAME"], Key={"pk": {"S": "from-afar"}, "sk": {"S": "0"}}
        )
        assert "Item" in found


def test_requests_come_first_then_the_consumers_of_the_stream(sample: Sample) -> None:
    expected = {"worker-0": 0, "project": 5, "react": 5, "pumps": 10}
    eventually(lambda: {name: os.getpriority(os.PRIO_PROCESS, sample.pids()[name]) for name in expected} == expected)
