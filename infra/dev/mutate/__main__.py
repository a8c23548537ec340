"""``make mutate``: what the unit tests of the money path would not notice."""

import os
import subprocess
import sys
from collections import Counter

from infra.dev.mutate import mutate, share, survivors, table, verdicts

SHARE_MIN = 0.9


def main() -> int:
    """1 where the tests notice too little. ``ONLY`` names mutants, with stars."""
    try:
        mutate(os.environ.get("ONLY", "").split())
    except subprocess.CalledProcessError as error:
        print(f"mutmut ended with {error.returncode}: its last lines say why", file=sys.stderr)
        return 1
    found = list(verdicts())
    print("\n".join(["", *table(found), "", "Nobody noticed:", *survivors(found)]))
    return int(share(Counter(verdict for _, _, verdict in found)) < SHARE_MIN)


if __name__ == "__main__":
    sys.exit(main())
