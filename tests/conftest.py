"""The platform in one process: a fake AWS, tokens, and a client that speaks to app.py as API Gateway does."""

import base64
import gc
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.release.deploy.secret import SECRETS
from tests.tokens import make_jwks, new_signing_key
from tests.world import World
from tests.worlds import WORLDS, forget_everything


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--store", choices=sorted(WORLDS), help="what stands in for DynamoDB, in every test")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A World's table is a dictionary (tests/store.py); tests marked ``engine`` run over dynoxide too.

    Both must answer alike. ``--store engine`` runs every test over dynoxide, which takes minutes.
    """
    if "store" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--store")
        both = metafunc.definition.get_closest_marker("engine") is not None
        metafunc.parametrize("store", [chosen] if chosen else ["quick", "engine"] if both else ["quick"])


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: to look through it again and again takes a twentieth of all."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def trust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The environment of a stage, with keys that only these tests trust."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "jwks.json").write_text(json.dumps(make_jwks()))
    secret = base64.b64encode(b"k" * 32).decode()
    (folder / "secrets.json").write_text(json.dumps(dict.fromkeys(SECRETS, secret)))
    new_signing_key(folder / "signing" / "0001.pem")
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": "carbon-points-local",
        "OIDC_ISSUER": "carbon-points-local",
        "OIDC_AUDIENCE": "carbon-points",
        "OIDC_JWKS_URL": (folder / "jwks.json").as_uri(),
        "SECRETS_FILE": str(folder / "secrets.json"),
        "SIGNING_KEYS_DIR": str(folder / "signing"),
        "ALLOW_LOCAL_PARTNERS": "1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
            patch.delenv(name)
        forget_everything()  # an app that was imported before has read another environment
        yield folder


@pytest.fixture
def world(store: str) -> Iterator[World]:
    """A new, empty platform, for one thread: neither moto nor the dictionary takes several."""
    with WORLDS[store]() as world:
        yield world


@pytest.fixture(autouse=True)
def partners_answer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Applicants' systems prove themselves, unless a test has one of its own: no test calls out of this machine."""
    if "store" in request.fixturenames:
        for room in ("onboarding", "messages"):
            monkeypatch.setattr(f"chalicelib.{room}.prepare.handshake", lambda **_: None)
