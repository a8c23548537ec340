"""Merchants' systems of the demo (docs/examples/partner.py): they live as long as the run, where they always were."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.dev import issuer
from infra.dev.local import processes
from infra.dev.local.engines import free_port
from infra.dev.local.settings import Local
from infra.here import ROOT

_PROGRAM = ROOT / "docs" / "examples" / "partner.py"
_READY_SECONDS = 20.0


class Partners:
    """What each was started with lies in ``partners/<login>.json`` of the data folder, its key beside it.

    Its token is new with each run.
    """

    def __init__(self, local: Local, url: str) -> None:
        self._run, self._folder, self._url, self._keys = local.run, local.data / "partners", url, local.keys

    def start(self, merchant: str, sub: str) -> dict[str, Any]:
        """A new system, or the one that runs already; the body of its integration step.

        Raises SystemExit if it does not come up.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{sub}.json"
        if not kept.exists():
            integration = self._spawn(sub, merchant, free_port())
            kept.write_text(json.dumps({"merchant": merchant, "integration": integration}))
        found: dict[str, Any] = json.loads(kept.read_text())["integration"]
        return found

    def again(self) -> None:
        """Start those of an earlier run where they were. One whose port is taken by now stays away."""
        for kept in sorted(self._folder.glob("*.json")):
            known = json.loads(kept.read_text())
            self._process(kept.stem, known["merchant"], _port(known["integration"]))

    def _spawn(self, sub: str, merchant: str, port: int) -> dict[str, Any]:
        child = self._process(sub, merchant, port)
        log, deadline = self._run / f"partner-{sub}.log", time.monotonic() + _READY_SECONDS
        while "\n" not in (printed := log.read_text()):
            if child.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The demo's partner {sub} does not start: see {log}")
            time.sleep(0.02)
        integration: dict[str, Any] = json.loads(printed.splitlines()[0])
        return integration

    def _process(self, sub: str, merchant: str, port: int) -> processes.Child:
        key: Path = self._folder / f"{sub}.key"
        where = ["--merchant", merchant, "--platform", self._url, "--key", str(key), "--port", str(port)]
        command = [sys.executable, str(_PROGRAM), *where, "--sign"]
        env = os.environ | {"TOKEN": issuer.token(self._keys, "institution", sub)}
        return processes.spawn(command, run=self._run, name=f"partner-{sub}", env=env)


def _port(integration: Mapping[str, Any]) -> int:
    return int(integration["callback_url"].rstrip("/").rpartition(":")[2])
