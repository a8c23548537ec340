"""The environment of a stage, for a run outside pytest: tests/conftest.py has the same for tests."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch


@contextmanager
def stage(folder: Path) -> Iterator[None]:
    from infra.release.deploy.secret import SECRETS

    secret = base64.b64encode(b"k" * 32).decode()
    (folder / "secrets.json").write_text(json.dumps(dict.fromkeys(SECRETS, secret)))
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "TABLE_NAME": "carbon-points-local",
        "SECRETS_FILE": str(folder / "secrets.json"),
        "ALLOW_LOCAL_PARTNERS": "1",
    }
    with patch.dict(os.environ, environment):
        yield
