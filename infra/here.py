"""Where this is: the repository's root, and the local stack that runs in DATA."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGION = "us-east-1"  # the local stack's, and that of a template made without an account
# The emulator's own root credentials: they open nothing else.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def data() -> Path:
    """The local stack's folder: DATA, else .local."""
    return Path(os.environ.get("DATA") or ROOT / ".local").resolve()


def running() -> dict[str, str]:
    """The environment of the local stack that runs in DATA. Raises FileNotFoundError where none runs."""
    described: dict[str, str] = json.loads((data() / "run" / "run.json").read_text())["env"]
    return CREDENTIALS | described
