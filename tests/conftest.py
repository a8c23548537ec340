"""The platform in one process: a fake AWS (moto), tokens, and a client that speaks to app.py as API Gateway does."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

for name, value in {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "TABLE_NAME": "carbon-points-local",
    "OIDC_ISSUER": "carbon-points-local",
    "OIDC_AUDIENCE": "carbon-points",
}.items():
    os.environ[name] = value

import boto3
from chalice.test import Client
from moto import mock_aws

from chalicelib import settings
from chalicelib.edge import caller
from chalicelib.mall import queries, tills
from chalicelib.table import client
from infra.local.resources import ensure_table
from tests.tokens import make_jwks
from tests.world import World


@pytest.fixture(scope="session", autouse=True)
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that only these tests trust."""
    folder = tmp_path_factory.mktemp("keys")
    (folder / "jwks.json").write_text(json.dumps(make_jwks()))
    secret = base64.b64encode(b"k" * 32).decode()
    (folder / "secrets.json").write_text(json.dumps({"identity_key": secret, "cursor_key": secret}))
    os.environ["OIDC_JWKS_URL"] = (folder / "jwks.json").as_uri()
    os.environ["SECRETS_FILE"] = str(folder / "secrets.json")
    return folder


def forget_everything() -> None:
    """What a warm process remembers, and another would not."""
    for remembered in (settings.settings, settings._secrets, caller._issuer_keys, queries.terms, client.client):
        remembered.cache_clear()
    tills.forget()


@pytest.fixture
def world() -> Iterator[World]:
    """A new, empty platform. moto loses updates under threads: single-threaded tests only."""
    forget_everything()
    with mock_aws():
        import app

        table = ensure_table(boto3.client("dynamodb"))
        assert table.name == os.environ["TABLE_NAME"]
        with Client(app.app, stage_name="test") as http:
            yield World(http, os.environ["TABLE_NAME"])
    forget_everything()
