"""``make fuzz SECONDS=60``: each role of the demo sends generated requests to a stack of its own."""

import os
import sys
import tempfile
from pathlib import Path

from chalicelib.kernel.caller import AUDITOR, BUREAU, EXCHANGE, INDIVIDUAL, INSTITUTION, SCENARIO_OPERATOR
from infra.dev.fuzz import fuzz
from infra.dev.local.stack import LocalStack

CALLERS = {
    INDIVIDUAL: "alice",
    INSTITUTION: "teahouse",
    SCENARIO_OPERATOR: "metro-operator",
    EXCHANGE: "exchange",
    BUREAU: "bureau",
    AUDITOR: "auditor",
}
_DEMO_SECONDS = 900.0


def main() -> int:
    """Exits 1 where an answer fails a check, and prints what Schemathesis says of it."""
    seconds, seed = int(os.environ.get("SECONDS") or 60), int(os.environ.get("SEED") or 0) or None
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder) / "data", demo=True)
        stack.ready_seconds = _DEMO_SECONDS
        print("Loading the demo's city (about two minutes)", flush=True)
        with stack:
            for role, sub in CALLERS.items():
                print(f"{role}, {seconds} seconds", flush=True)
                report = Path(folder) / f"{role}.txt"
                if fuzz(stack.url, stack.token(role, sub), seconds, report, seed):
                    failed += 1
                    print(report.read_text(), flush=True)
    print(f"{failed} of {len(CALLERS)} roles met an answer that fails a check." if failed else "Every answer passes.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
