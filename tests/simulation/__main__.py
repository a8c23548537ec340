"""``make simulate SECONDS=60 SEED=``: run seed after seed, and say what was reached.

``make replay`` runs one of them again, as its story says.
"""

import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.environment import stage


def main() -> int:
    seconds, seed = float(os.environ.get("SECONDS") or 60), os.environ.get("SEED") or secrets.token_hex(4)
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)):
        from tests.simulation.report import replay, simulate

        if "replay" in sys.argv:
            return replay(dict(os.environ))
        return simulate(seed, until=time.monotonic() + seconds)


if __name__ == "__main__":
    sys.exit(main())
